using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What the engine asks of the shell, or tells it. Outputs are taken in the order in which they were made.</summary>
public abstract partial record IkeOutput
{
    private IkeOutput()
    {
    }

    /// <summary>Install both directions. Inbound at once; outbound at once if <paramref name="UseOutbound"/>, else when <see cref="UseChildSa"/> follows.</summary>
    /// <remarks>
    /// The responder of a rekey goes on sending on the old SA until the peer deletes it, because the peer may not have the new one yet (RFC 7296 §2.8).
    /// The shell owns and disposes the parameters' secrets.
    /// </remarks>
    public sealed record InstallChildSa(
        ChildSaId Child,
        IkeSaId IkeSa,
        string Connection,
        EspSaParameters Inbound,
        EspSaParameters Outbound,
        ImmutableArray<TrafficSelector> LocalSelectors,
        ImmutableArray<TrafficSelector> RemoteSelectors,
        Path Path,
        bool UdpEncapsulated,
        ChildSaId? Replaces,
        bool UseOutbound) : IkeOutput;

    /// <summary>From now on send on this child SA.</summary>
    public sealed record UseChildSa(ChildSaId Child) : IkeOutput;

    /// <summary>Remove both directions. A replaced SA still receives for <paramref name="Linger"/>, so that packets on the wire are not lost.</summary>
    public sealed record RemoveChildSa(ChildSaId Child, string Connection, CloseReason Reason, TimeSpan Linger) : IkeOutput;

    /// <summary>The peer's address, port or encapsulation changed for these child SAs.</summary>
    public sealed record MoveChildSas(ImmutableArray<ChildSaId> Children, Path Path, bool UdpEncapsulated) : IkeOutput;

    /// <summary>An IKE SA is authenticated and in use.</summary>
    /// <param name="Replaces">The SA whose children it inherits, after a rekey.</param>
    public sealed record IkeSaEstablished(
        IkeSaId IkeSa,
        string Connection,
        bool WeInitiated,
        ulong InitiatorSpi,
        ulong ResponderSpi,
        Identification PeerIdentity,
        Path Path,
        NatSituation Nat,
        IkeSuite Suite,
        IkeSaId? Replaces) : IkeOutput;

    /// <summary>The peer gave us addresses; the child SA for them follows.</summary>
    public sealed record ConfigurationAssigned(IkeSaId IkeSa, string Connection, AssignedConfiguration Assigned) : IkeOutput;

    /// <summary>An IKE SA is gone; every child it still had was removed before this.</summary>
    public sealed record IkeSaClosed(IkeSaId IkeSa, string Connection, CloseReason Reason, bool WasEstablished) : IkeOutput;

    /// <summary>A child SA could not be made or replaced; the IKE SA may live on.</summary>
    public sealed record ChildSaFailed(IkeSaId IkeSa, string Connection, CloseReason Reason, ChildSaId? Rekeying) : IkeOutput;

    /// <summary>An IKE SA could not be replaced yet; it lives on until its hard lifetime.</summary>
    public sealed record IkeRekeyFailed(IkeSaId IkeSa, string Connection, CloseReason Reason) : IkeOutput;

    /// <summary>A responder attempt was refused before a connection was known. Rate-limited by the engine.</summary>
    public sealed record AttemptRefused(Path Path, CloseReason Reason) : IkeOutput;

    /// <summary>One IKE message of a known SA, sent or received: what <c>watch</c>, the flight recorder and the demo show.</summary>
    public sealed record MessageSeen(
        IkeSaId IkeSa,
        string Connection,
        bool Sent,
        bool Retransmission,
        ExchangeType Exchange,
        bool IsResponse,
        uint MessageId,
        ImmutableArray<string> Payloads,
        Path Path) : IkeOutput;

    /// <summary>The keys of a new IKE SA, made only where the endpoint was told to export them (a lab's packet capture).</summary>
    public sealed record KeysExported(IkeSaId IkeSa, ulong InitiatorSpi, ulong ResponderSpi, IkeSuite Suite, IkeKeyExport Keys) : IkeOutput;
}

/// <summary>Copies of the four IKE keys that a capture tool needs.</summary>
public sealed record IkeKeyExport(byte[] SkAi, byte[] SkAr, byte[] SkEi, byte[] SkEr);

/// <summary>Where NATs were found (RFC 7296 §2.23).</summary>
[Flags]
public enum NatSituation
{
    None = 0,

    /// <summary>Our own address is translated: we send keepalives.</summary>
    Local = 1,

    /// <summary>The peer's address is translated: we follow its mapping.</summary>
    Remote = 2,
}

/// <summary>The negotiated algorithms of an IKE SA.</summary>
public sealed record IkeSuite(
    EncryptionAlgorithm Encryption,
    int KeyLength,
    IntegrityAlgorithm Integrity,
    PrfAlgorithm Prf,
    KeyExchangeMethod KeyExchange)
{
    /// <summary>Key exchanges behind the first, in their order (RFC 9370).</summary>
    public ImmutableArray<KeyExchangeMethod> AdditionalKeyExchanges { get; init; } = [];

    public bool Equals(IkeSuite? other) => other is not null
        && (Encryption, KeyLength, Integrity, Prf, KeyExchange) == (other.Encryption, other.KeyLength, other.Integrity, other.Prf, other.KeyExchange)
        && AdditionalKeyExchanges.AsSpan().SequenceEqual(other.AdditionalKeyExchanges.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Encryption, KeyLength, Integrity, Prf, KeyExchange, AdditionalKeyExchanges.Length);

    public override string ToString() =>
        $"{Encryption}-{KeyLength}/{Integrity}/{Prf}/{string.Join('+', AdditionalKeyExchanges.Prepend(KeyExchange))}";
}
