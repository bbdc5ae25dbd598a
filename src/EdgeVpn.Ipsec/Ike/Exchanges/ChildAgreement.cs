using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>What both ends agreed on for a pair of ESP SAs, before its keys are made.</summary>
internal sealed record ChildAgreement(
    uint InboundSpi,
    uint OutboundSpi,
    EspSuite Suite,
    bool ExtendedSequenceNumbers,
    KeyExchangeMethod KeyExchange,
    ImmutableArray<TrafficSelector> LocalSelectors,
    ImmutableArray<TrafficSelector> RemoteSelectors)
{
    /// <summary>Key exchanges behind the first: the pair is made after the last of them (RFC 9370 §2.2.4).</summary>
    public ImmutableArray<KeyExchangeMethod> AdditionalKeyExchanges { get; init; } = [];
}
