using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Netlink;

/// <summary>FR_ACT_*.</summary>
public enum RuleAction : byte
{
    Unspecified = 0,
    Lookup = 1,
    Goto = 2,
    Nop = 3,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
}

/// <summary>A routing policy rule: which table decides for which packets.</summary>
public sealed record Rule
{
    public required AddressFamily Family { get; init; }

    /// <summary>Lower is asked first; 0 local, 32766 main, 32767 default.</summary>
    public required uint Priority { get; init; }

    public RuleAction Action { get; init; } = RuleAction.Lookup;

    public uint Table { get; init; }

    /// <summary>Packet mark to match under <see cref="MarkMask"/>, or null.</summary>
    public uint? Mark { get; init; }

    /// <summary>Null with a mark: all bits.</summary>
    public uint? MarkMask { get; init; }

    public IPNetwork? Source { get; init; }

    public IPNetwork? Destination { get; init; }

    public string? InputInterface { get; init; }

    /// <summary>Match what does not match.</summary>
    public bool IsInverted { get; init; }

    /// <summary>Routes found with a prefix of at most this length are passed over: 0 passes over default routes. Null: none.</summary>
    public int? SuppressPrefixLength { get; init; }
}

/// <summary>Lists, adds and removes rules of both IP versions.</summary>
public sealed class Rules
{
    private const ushort FRA_DST = 1, FRA_SRC = 2, FRA_IIFNAME = 3, FRA_PRIORITY = 6, FRA_FWMARK = 10, FRA_SUPPRESS_PREFIXLEN = 14,
        FRA_TABLE = 15, FRA_FWMASK = 16;

    private const uint FIB_RULE_INVERT = 2;

    private readonly NetlinkSocket _socket;

    internal Rules(NetlinkSocket socket) => _socket = socket;

    /// <summary>In the order they are asked.</summary>
    public IReadOnlyList<Rule> List(AddressFamily family)
    {
        var request = new NetlinkRequest(RtMessage.RTM_GETRULE, NetlinkFlags.Dump).Header(new RuleHeader { Family = Netlink.Family.Of(family) });
        return [.. _socket.Dump(request).Select(message => Read(message.Body)).OrderBy(rule => rule.Priority)];
    }

    /// <exception cref="LinuxException">EEXIST: the same rule is there.</exception>
    public void Add(Rule rule) => _socket.Execute(Build(RtMessage.RTM_NEWRULE, NetlinkFlags.Ack | NetlinkFlags.Create | NetlinkFlags.Exclusive, rule), Describe(rule));

    /// <exception cref="LinuxException">ENOENT: it is not there.</exception>
    public void Delete(Rule rule) => _socket.Execute(Build(RtMessage.RTM_DELRULE, NetlinkFlags.Ack, rule), Describe(rule));

    internal static Rule Read(ReadOnlySpan<byte> body)
    {
        var header = MemoryMarshal.Read<RuleHeader>(body);
        var rule = new Rule
        {
            Family = header.Family == Libc.AF_INET6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            Priority = 0,
            Action = header.Action,
            Table = header.Table,
            IsInverted = (header.Flags & FIB_RULE_INVERT) != 0,
        };
        var attributes = new AttributeReader(body[RuleHeader.Size..]);
        while (attributes.MoveNext())
        {
            rule = attributes.Type switch
            {
                FRA_DST when attributes.Address is { } address => rule with { Destination = new IPNetwork(address, header.DestinationLength) },
                FRA_SRC when attributes.Address is { } address => rule with { Source = new IPNetwork(address, header.SourceLength) },
                FRA_IIFNAME => rule with { InputInterface = attributes.Text },
                FRA_PRIORITY => rule with { Priority = (uint)attributes.Number },
                FRA_FWMARK => rule with { Mark = (uint)attributes.Number },
                FRA_FWMASK => rule with { MarkMask = (uint)attributes.Number },
                FRA_TABLE => rule with { Table = (uint)attributes.Number },
                FRA_SUPPRESS_PREFIXLEN when (int)attributes.Number >= 0 => rule with { SuppressPrefixLength = (int)attributes.Number },
                _ => rule,
            };
        }

        return rule;
    }

    private static NetlinkRequest Build(RtMessage type, NetlinkFlags flags, Rule rule)
    {
        var request = new NetlinkRequest(type, flags).Header(new RuleHeader
        {
            Family = Netlink.Family.Of(rule.Family),
            DestinationLength = (byte)(rule.Destination?.PrefixLength ?? 0),
            SourceLength = (byte)(rule.Source?.PrefixLength ?? 0),
            Table = rule.Table < 256 ? (byte)rule.Table : (byte)0,
            Action = rule.Action,
            Flags = rule.IsInverted ? FIB_RULE_INVERT : 0,
        });
        request.Value(FRA_PRIORITY, rule.Priority).Value(FRA_FWMARK, rule.Mark).Value(FRA_FWMASK, rule.MarkMask ?? (rule.Mark is null ? null : uint.MaxValue));
        if (rule.Action == RuleAction.Lookup) request.Value(FRA_TABLE, rule.Table);
        if (rule.Source is { PrefixLength: > 0 } source) request.Address(FRA_SRC, source.BaseAddress);
        if (rule.Destination is { PrefixLength: > 0 } destination) request.Address(FRA_DST, destination.BaseAddress);
        if (rule.InputInterface is { } input) request.Text(FRA_IIFNAME, input);
        return request.Value(FRA_SUPPRESS_PREFIXLEN, rule.SuppressPrefixLength);
    }

    private static string Describe(Rule rule) => $"priority {rule.Priority} mark {rule.Mark} table {rule.Table}";

    /// <summary>struct fib_rule_hdr.</summary>
    private struct RuleHeader
    {
        public const int Size = 12;
        public byte Family { get; init; }
        public byte DestinationLength { get; init; }
        public byte SourceLength { get; init; }
        public byte Tos { get; init; }
        public byte Table { get; init; }
        public byte Reserved1 { get; init; }
        public byte Reserved2 { get; init; }
        public RuleAction Action { get; init; }
        public uint Flags { get; init; }
    }
}
