using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("EdgeVpn.Rehearsal.Tests")]
