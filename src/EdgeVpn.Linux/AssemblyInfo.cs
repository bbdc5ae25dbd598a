using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

// Every call below crosses to C with plain integers and pointers: nothing for the runtime to marshal.
[assembly: DisableRuntimeMarshalling]
[assembly: SupportedOSPlatform("linux")]
[assembly: InternalsVisibleTo("EdgeVpn.Linux.Tests")]
[assembly: InternalsVisibleTo("EdgeVpn.Appliance.Tests")]
