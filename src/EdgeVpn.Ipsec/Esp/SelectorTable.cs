using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>Which slot an outbound packet belongs to: the most specific traffic selectors that it fits (RFC 4301 §5.1). Immutable.</summary>
/// <remarks>
/// Most specific: the narrowest remote range, then the narrowest local range, then a named protocol, then the narrowest ports, then the slot
/// given first. The remote addresses of all selectors cut the address space into intervals, each with its candidates in that order: a look-up is a
/// binary search and, as a rule, one comparison. Building takes as long as sorting, where few ranges overlap; quadratic where all do.
/// </remarks>
public sealed class SelectorTable
{
    /// <summary>No slot carries this packet.</summary>
    public const int None = -1;

    private readonly Rule[] _rules;
    private readonly Intervals _ipv4;
    private readonly Intervals _ipv6;

    /// <param name="slots">The selectors of slot 0, 1, 2 …</param>
    public SelectorTable(IReadOnlyList<EspSelectors> slots)
    {
        ArgumentNullException.ThrowIfNull(slots);
        var rules =
            from slot in Enumerable.Range(0, slots.Count)
            from remote in slots[slot].Remote
            from local in slots[slot].Local
            where remote.IsIPv6 == local.IsIPv6
            select new Rule(slot, local, remote);
        _rules = [.. rules
            .OrderBy(rule => Width(rule.Remote))
            .ThenBy(rule => Width(rule.Local))
            .ThenBy(rule => (rule.Remote.IpProtocol == 0 ? 1 : 0) + (rule.Local.IpProtocol == 0 ? 1 : 0))
            .ThenBy(rule => Ports(rule.Remote) + Ports(rule.Local))];
        _ipv4 = new(_rules, ipv6: false);
        _ipv6 = new(_rules, ipv6: true);
    }

    public static SelectorTable Empty { get; } = new([]);

    /// <summary>The slot of a packet, or <see cref="None"/>.</summary>
    public int Find(in InnerPacket packet)
    {
        foreach (var candidate in (packet.IsIPv6 ? _ipv6 : _ipv4).Candidates(packet.Destination))
        {
            var rule = _rules[candidate];
            if (EspSelectors.Fits(rule.Local, packet, isSource: true) && EspSelectors.Fits(rule.Remote, packet, isSource: false))
                return rule.Slot;
        }

        return None;
    }

    /// <summary>The slots whose remote selectors hold an address; one may come more than once.</summary>
    public IEnumerable<int> SlotsTowards(IpAddress address)
    {
        foreach (var candidate in (address.IsIPv6 ? _ipv6 : _ipv4).Candidates(address.Value).ToArray()) yield return _rules[candidate].Slot;
    }

    private static UInt128 Width(in TrafficSelector selector) => selector.End.Value - selector.Start.Value;

    private static int Ports(in TrafficSelector selector) => Math.Max(0, selector.EndPort - selector.StartPort);

    // An object: as a value it takes 170 octets, and a table of a thousand, made anew for each tunnel that comes up, would be a large object for the collector.
    private sealed class Rule(int slot, TrafficSelector local, TrafficSelector remote)
    {
        public readonly int Slot = slot;
        public readonly TrafficSelector Local = local;
        public readonly TrafficSelector Remote = remote;
    }

    /// <summary>The address space of one family, cut where a remote range begins or ends.</summary>
    private sealed class Intervals
    {
        private readonly UInt128[] _starts;
        private readonly int[][] _candidates;

        internal Intervals(Rule[] rules, bool ipv6)
        {
            var own = Enumerable.Range(0, rules.Length).Where(i => rules[i].Remote.IsIPv6 == ipv6).ToArray();
            var ends = own.Select(i => rules[i].Remote.End.Value).Where(end => end != UInt128.MaxValue).Select(end => end + 1);
            _starts = [.. own.Select(i => rules[i].Remote.Start.Value).Concat(ends).Append(UInt128.Zero).Distinct().Order()];

            // Rule by rule, so that every interval has its candidates in the rules' order.
            var candidates = _starts.Select(_ => new List<int>(1)).ToArray();
            foreach (var i in own)
            {
                var end = rules[i].Remote.End.Value;
                for (var at = IndexOf(rules[i].Remote.Start.Value); at < _starts.Length && _starts[at] <= end; at++)
                    candidates[at].Add(i);
            }

            _candidates = [.. candidates.Select(list => list.ToArray())];
        }

        /// <summary>The rules whose remote range holds an address, most specific first.</summary>
        internal ReadOnlySpan<int> Candidates(UInt128 address) => _candidates[IndexOf(address)];

        private int IndexOf(UInt128 address)
        {
            var (low, high) = (0, _starts.Length - 1);
            while (low < high)
            {
                var middle = (low + high + 1) / 2;
                if (_starts[middle] <= address)
                    low = middle;
                else
                    high = middle - 1;
            }

            return low;
        }
    }
}
