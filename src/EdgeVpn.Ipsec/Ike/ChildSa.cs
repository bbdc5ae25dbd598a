using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Where a child SA is in its life.</summary>
internal enum ChildState
{
    /// <summary>In use, or ready to be used.</summary>
    Live,

    /// <summary>Our request to replace it is on its way.</summary>
    Rekeying,

    /// <summary>A replacement exists; one of the ends will delete this one.</summary>
    Replaced,

    /// <summary>The loser of a simultaneous rekey: the end that made it deletes it; it never becomes the one in use.</summary>
    Redundant,

    /// <summary>Our Delete is on its way.</summary>
    Deleting,

    /// <summary>Gone.</summary>
    Removed,
}

/// <summary>A pair of ESP SAs as the control plane sees it; its keys went to the shell with the install.</summary>
internal sealed class ChildSa(ChildSaId id, uint inboundSpi, uint outboundSpi, EspSuite suite, KeyExchangeMethod keyExchange)
{
    public ChildSaId Id { get; } = id;

    /// <summary>What the peer puts into packets to us: our name for this pair in Delete and REKEY_SA.</summary>
    public uint InboundSpi { get; } = inboundSpi;

    /// <summary>What we put into packets to the peer: the peer's name for this pair.</summary>
    public uint OutboundSpi { get; } = outboundSpi;

    public EspSuite Suite { get; } = suite;

    /// <summary>The group its keys were made with; NONE if they came from SK_d alone.</summary>
    public KeyExchangeMethod KeyExchange { get; } = keyExchange;

    /// <summary>Those behind the first (RFC 9370).</summary>
    public ImmutableArray<KeyExchangeMethod> AdditionalKeyExchanges { get; init; } = [];

    public required ImmutableArray<TrafficSelector> LocalSelectors { get; init; }

    public required ImmutableArray<TrafficSelector> RemoteSelectors { get; init; }

    public ChildState State { get; set; }

    /// <summary>Whether we send on it.</summary>
    public bool IsUsed { get; set; }

    /// <summary>Made by a peer that called again: an older SA's pair carries the traffic until the peer was heard on this one's.</summary>
    public bool AwaitsPeer { get; init; }

    /// <summary>Whether the peer surely has it: it answered our request, or its next request shows that our answer arrived.</summary>
    public bool IsConfirmed { get; set; }

    /// <summary>From here on the peer has it or never will: its retransmissions are over.</summary>
    public required Instant ConfirmedFrom { get; init; }

    /// <summary>The pair it replaces, while that one lives.</summary>
    public ChildSa? Replaces { get; set; }

    /// <summary>Replace it from here on.</summary>
    public Instant RekeyAt { get; set; }

    /// <summary>Never use it after this.</summary>
    public Instant ExpireAt { get; init; }

    public bool IsAlive => State != ChildState.Removed;

    /// <summary>Another is gone: a tunnel that is rekeyed for years must not hold on to every pair that it ever had.</summary>
    public void Forget(ChildSa gone)
    {
        if (Replaces == gone) Replaces = null;
    }

    public Instant NextDeadline => State == ChildState.Live ? Instant.Min(RekeyAt, ExpireAt) : ExpireAt;
}
