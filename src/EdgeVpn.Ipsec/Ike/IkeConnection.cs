using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Who may start: Azure's own words for it.</summary>
public enum ConnectionMode
{
    /// <summary>Initiate and respond.</summary>
    Default,

    /// <summary>Initiate only: the peer's IKE_SA_INIT is not for this connection; if there is no other, it is not answered.</summary>
    InitiatorOnly,

    /// <summary>Respond only.</summary>
    ResponderOnly,
}

/// <summary>What becomes of an IKE SA when its peer calls again. It is asked only once the caller proved who it is.</summary>
public enum Uniqueness
{
    /// <summary>The newer one stays: the older is closed as soon as the peer was heard on the newer.</summary>
    Replace,

    /// <summary>Who is connected stays, as long as it answers; the same identity from another address is refused.</summary>
    Keep,

    /// <summary>Any number stay side by side, and INITIAL_CONTACT is neither said nor heeded: an identity that many share.</summary>
    Never,
}

/// <summary>One connection as the engine needs it: translated, validated, immutable.</summary>
public sealed record IkeConnection
{
    /// <summary>With <see cref="UsualRekeyJitter"/>, an SA is replaced at 81–90 % of its lifetime.</summary>
    public const double UsualRekeyPoint = 0.9;

    public const double UsualRekeyJitter = 0.1;

    /// <summary>Unique within the endpoint.</summary>
    public required string Name { get; init; }

    public ConnectionMode Mode { get; init; }

    /// <summary>Addresses the peer may come from; empty is any.</summary>
    public ImmutableArray<IpAddress> RemoteAddresses { get; init; } = [];

    /// <summary>What we call ourselves (IDi or IDr).</summary>
    public required Identification LocalIdentity { get; init; }

    /// <summary>What the peer must call itself; null accepts any identity that authenticates.</summary>
    public Identification? RemoteIdentity { get; init; }

    public required AuthenticationCredential Credential { get; init; }

    /// <summary>IKE proposals, best first. SPIs are empty; numbers are assigned when sent.</summary>
    public required ImmutableArray<Proposal> IkeProposals { get; init; }

    /// <summary>ESP proposals, best first. A proposal's key exchange transforms are its PFS groups; none, or NONE, allows no PFS.</summary>
    public required ImmutableArray<Proposal> EspProposals { get; init; }

    /// <summary>Further ESP proposals that are accepted from a peer but never offered: what a gateway's own list may pick at its rekey.</summary>
    public ImmutableArray<Proposal> AcceptedEspProposals { get; init; } = [];

    /// <summary>Further IKE proposals that are accepted from a peer but never offered.</summary>
    public ImmutableArray<Proposal> AcceptedIkeProposals { get; init; } = [];

    public required ImmutableArray<TrafficSelector> LocalSelectors { get; init; }

    public required ImmutableArray<TrafficSelector> RemoteSelectors { get; init; }

    /// <summary>
    /// As responder, take whatever part of anything the peer proposes, instead of <see cref="LocalSelectors"/> and <see cref="RemoteSelectors"/>:
    /// those are for our own proposals only. A habit of Azure's gateways.
    /// </summary>
    public bool AcceptsAnySelectors { get; init; }

    /// <summary>Hard lifetime of an IKE SA; it is replaced well before.</summary>
    public TimeSpan IkeLifetime { get; init; } = TimeSpan.FromSeconds(28_800);

    /// <summary>Hard lifetime of a child SA; it is replaced well before.</summary>
    public TimeSpan ChildLifetime { get; init; } = TimeSpan.FromSeconds(27_000);

    /// <summary>An SA is replaced at this part of its lifetime at the latest, …</summary>
    public double RekeyPoint { get; init; } = UsualRekeyPoint;

    /// <summary>… and earlier by up to this part of that: not in step with others.</summary>
    public double RekeyJitter { get; init; } = UsualRekeyJitter;

    /// <summary>Silence after which the peer counts as gone, all retransmissions included.</summary>
    public TimeSpan DpdTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How long the exchanges that set an SA up are tried; null is as the endpoint does.</summary>
    public RetransmitPolicy? SetUpRetransmission { get; init; }

    /// <summary>Window of the anti-replay check in packets; 0 turns it off.</summary>
    public int ReplayWindow { get; init; } = 1024;

    /// <summary>ESP in UDP even where no NAT was detected.</summary>
    public bool ForceUdpEncapsulation { get; init; }

    /// <summary>Say INITIAL_CONTACT when no SA with this peer is known to us (RFC 7296 §2.4).</summary>
    public bool SendInitialContact { get; init; } = true;

    /// <summary>What AUTHENTICATION_FAILED from the peer is about, with what we prove ourselves by.</summary>
    internal CloseReason Refused(CloseReason reason) =>
        reason.Cause == CloseCause.AuthenticationRefusedByPeer && Credential is AuthenticationCredential.Certificate or AuthenticationCredential.EapTls
            ? reason with { Cause = CloseCause.CertificateRefusedByPeer }
            : reason;

    /// <summary>A peer that calls again.</summary>
    public Uniqueness Uniqueness { get; init; }

    /// <summary>
    /// How long a proof of identity counts; zero: rekeying alone. As initiator both prove themselves anew before its end, on an IKE SA beside
    /// the old one; as responder the peer is told (RFC 4478), and where it does not act we do, if <see cref="RemoteAddresses"/> names it. The SA ends with it.
    /// </summary>
    public TimeSpan AuthenticationLifetime { get; init; }

    /// <summary>A post-quantum preshared key beside the credential (RFC 8784).</summary>
    public Ppk? Ppk { get; init; }

    /// <summary>As initiator: make the IKE SA without a child where the peer can, and the first child with a key exchange of its own (RFC 6023).</summary>
    public bool Childless { get; init; }

    /// <summary>As initiator: offer to keep the SAs when our address changes (RFC 4555). As responder it is always granted.</summary>
    public bool Mobike { get; init; }

    /// <summary>Our addresses beside the one in use: where the peer understands MOBIKE it is told of them, and they are tried when the way in use dies.</summary>
    public ImmutableArray<IpAddress> AdditionalAddresses { get; init; } = [];

    /// <summary>As initiator: ask the peer for addresses; <see cref="LocalSelectors"/> are what is proposed until it gave some.</summary>
    public ConfigurationRequest? ConfigurationRequest { get; init; }

    /// <summary>As responder: give every peer addresses, and protect nothing but these at its end.</summary>
    public AddressPool? AddressPool { get; init; }

    public bool MayInitiate => Mode != ConnectionMode.ResponderOnly;

    public bool MayRespond => Mode != ConnectionMode.InitiatorOnly;

    internal bool AcceptsFrom(IpAddress remote) => RemoteAddresses.IsEmpty || RemoteAddresses.Contains(remote);
}
