using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Local;

/// <summary>Named counters in a stable order.</summary>
internal static class Counts
{
    public static readonly ImmutableSortedDictionary<string, long> None = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);
}
