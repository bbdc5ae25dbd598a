using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Appliance.Local;

/// <summary>A network interface as the kernel has it.</summary>
public sealed record InterfaceStatus
{
    public required string Name { get; init; }

    /// <summary><c>wan</c>, <c>lan</c>, <c>tunnel</c>; null if the configuration gives it none.</summary>
    public string? Role { get; init; }

    /// <summary>The kernel's operational state: <c>up</c>, <c>down</c>, <c>missing</c> …</summary>
    public required string State { get; init; }

    /// <summary>The configuration names it, and the machine has none of that name.</summary>
    [JsonIgnore]
    public bool IsMissing => State == Missing;

    public const string Missing = "missing";

    /// <summary>With prefix length.</summary>
    public ImmutableArray<string> Addresses { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Of a PPPoE session: its port's.</summary>
    public bool Carrier { get; init; }

    /// <summary>The provider did not accept the PPPoE session's user name or password.</summary>
    public bool Refused { get; init; }

    /// <summary>The next hop of its default route answers on the link; null: there is none, or nobody wanted it yet.</summary>
    public bool? GatewayAnswers { get; init; }

    /// <summary>Somebody beyond this WAN answers; null: nobody is asked, for there is no other to fall back to.</summary>
    public bool? Leads { get; init; }

    /// <summary>Octets.</summary>
    public int Mtu { get; init; }

    /// <summary>The driver's name; null where there is none, as of a tunnel.</summary>
    public string? Driver { get; init; }

    /// <summary>Negotiated with the other end of the cable, in Mbit/s; null without a cable, and where the driver does not say.</summary>
    public int? SpeedMegabits { get; init; }

    /// <summary>False tells of a bad cable, or of a speed that is fixed at the other end.</summary>
    public bool? FullDuplex { get; init; }

    /// <summary>What the port takes off the processor, in ethtool's words: <c>rx</c>, <c>tx</c>, <c>sg</c>, <c>tso</c>, <c>gso</c>, <c>gro</c>, <c>lro</c>.</summary>
    public ImmutableArray<string> Offloads { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>Since the interface was made; null of one that is missing.</summary>
    public InterfaceCounters? Counters { get; init; }
}

/// <summary>What passed an interface, and what did not.</summary>
public sealed record InterfaceCounters(
    ulong PacketsIn, ulong PacketsOut, ulong OctetsIn, ulong OctetsOut, ulong ErrorsIn, ulong ErrorsOut, ulong DropsIn, ulong DropsOut);
