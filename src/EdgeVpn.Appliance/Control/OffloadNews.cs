using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Control;

/// <summary>What the kernel does for the data plane, said once; and once more when it turns out to do less than it had agreed to.</summary>
/// <remarks>A line names what it speaks of before its colon, as in <c>udp4: gso gro</c>.</remarks>
internal sealed class OffloadNews
{
    private readonly HashSet<string> _told = [];

    /// <param name="offloads">As <c>status</c> shows them now.</param>
    /// <returns>Sentences that were not said yet.</returns>
    public IEnumerable<string> Of(ImmutableArray<string> offloads)
    {
        foreach (var line in offloads)
        {
            var subject = line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)];
            var isLess = _told.Any(told => told.StartsWith(subject, StringComparison.Ordinal));
            if (_told.Add(line)) yield return isLess ? $"an offload was refused in use and is done without: {line}" : $"offloads: {line}";
        }
    }
}
