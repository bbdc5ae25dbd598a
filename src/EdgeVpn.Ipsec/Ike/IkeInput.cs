using System.Collections.Immutable;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What the shell asks of the engine, or tells it.</summary>
public abstract partial record IkeInput
{
    private IkeInput()
    {
    }

    /// <summary>Start an IKE SA for a connection over <paramref name="Path"/> (ports 500, or 4500 to begin behind a known NAT).</summary>
    public sealed record Initiate(string Connection, Path Path) : IkeInput;

    /// <summary>Close every SA of a connection, telling the peer.</summary>
    public sealed record Close(string Connection) : IkeInput;

    /// <summary>Replace the IKE SAs of a connection now.</summary>
    public sealed record RekeyIke(string Connection) : IkeInput;

    /// <summary>Make an IKE SA beside that of a connection, for which both ends prove themselves anew; then the old one is deleted. Where we called.</summary>
    public sealed record Reauthenticate(string Connection) : IkeInput;

    /// <summary>Replace the child SAs of a connection now.</summary>
    public sealed record RekeyChildren(string Connection) : IkeInput;

    /// <summary>A child SA neared its limit in packets or octets: replace it.</summary>
    public sealed record ChildSaNearsLimit(ChildSaId Child) : IkeInput;

    /// <summary>A child SA reached its hard limit in packets or octets: it no longer carries traffic; replace and delete it.</summary>
    public sealed record ChildSaExhausted(ChildSaId Child) : IkeInput;

    /// <summary>An authenticated ESP packet arrived on a child SA since the last report: the peer lives.</summary>
    public sealed record PeerHeard(ChildSaId Child) : IkeInput;

    /// <summary>An authenticated ESP packet arrived from another address or port: the peer's NAT mapping moved.</summary>
    public sealed record PeerMoved(ChildSaId Child, Path Path) : IkeInput;

    /// <summary>Our own address towards the peer of a connection is another from now on: SAs that can, move (RFC 4555).</summary>
    public sealed record LocalAddressChanged(string Connection, IpAddress Local) : IkeInput;

    /// <summary>Ask the peer now whether it lives (a hint such as INVALID_IKE_SPI, or a person pressing the button).</summary>
    public sealed record CheckLiveness(string Connection) : IkeInput;

    /// <summary>The connections in force from now on. SAs of removed connections are closed; those of changed ones stay until told otherwise.</summary>
    public sealed record Configure(ImmutableArray<IkeConnection> Connections) : IkeInput;
}
