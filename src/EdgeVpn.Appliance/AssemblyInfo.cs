using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
[assembly: InternalsVisibleTo("EdgeVpn.Appliance.Tests")]
[assembly: InternalsVisibleTo("EdgeVpn.Fuzz")]
