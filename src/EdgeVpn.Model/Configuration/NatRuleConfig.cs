using System.ComponentModel;
using System.Net;

namespace EdgeVpn.Model.Configuration;

/// <summary>Address translation inside a tunnel, one prefix to another of the same size (static) or many to few (dynamic).</summary>
public sealed record NatRuleConfig
{
    [Description("Who translates: this box (box), or the peer's gateway (peer): then the box sends and expects translated addresses, and the rule says why.")]
    public NatTranslator By { get; init; } = NatTranslator.Box;

    [Description("static: one to one; dynamic: many behind few.")]
    public NatKind Kind { get; init; } = NatKind.Static;

    [Description("Whose addresses are translated: those of this end (local) or of the peer's end (remote).")]
    public NatSide Side { get; init; } = NatSide.Local;

    [Description("Addresses as they are.")]
    public required IPNetwork Internal { get; init; }

    [Description("Addresses as the other end sees them.")]
    public required IPNetwork External { get; init; }
}

/// <summary>Which end translates.</summary>
public enum NatTranslator
{
    Box,
    Peer,
}

/// <summary>How prefixes map.</summary>
public enum NatKind
{
    Static,
    Dynamic,
}

/// <summary>Whose addresses a rule translates.</summary>
public enum NatSide
{
    Local,
    Remote,
}

/// <summary>A BGP session through the tunnel (RFC 4271), four-octet AS numbers.</summary>
public sealed record BgpConfig
{
    [Description("Our AS number.")]
    public required long LocalAsn { get; init; }

    [Description("The peer's AS number; Azure's default is 65515.")]
    public required long PeerAsn { get; init; }

    [Description("Our address in the session.")]
    public IPAddress? LocalAddress { get; init; }

    [Description("The peer's address in the session.")]
    public required IPAddress PeerAddress { get; init; }

    [Description("Time between keepalives; Azure's is 60 seconds, fixed.")]
    public TimeSpan Keepalive { get; init; } = TimeSpan.FromSeconds(60);

    [Description("Silence after which the session is lost; Azure's is 180 seconds, fixed.")]
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(180);
}
