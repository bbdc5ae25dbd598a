using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Why an SA ended or an attempt failed: what the evidence shows, before anyone words it.</summary>
public enum CloseCause
{
    /// <summary>We were asked to close it.</summary>
    LocalRequest,

    /// <summary>The peer sent Delete.</summary>
    PeerDeleted,

    /// <summary>No answer at all to IKE_SA_INIT on port 500.</summary>
    PeerSilent,

    /// <summary>IKE_SA_INIT was answered, a NAT was found, and nothing came back on port 4500.</summary>
    PeerSilentAfterNat,

    /// <summary>IKE_SA_INIT was answered without a NAT, then nothing more.</summary>
    PeerSilentAfterSaInit,

    /// <summary>IKE_SA_INIT was answered with a cookie, and each try with it by another one: the peer has no time for us, or a NAT shows us under changing addresses.</summary>
    PeerBusy,

    /// <summary>An established peer stopped answering (DPD).</summary>
    PeerGone,

    /// <summary>No common IKE proposal: the peer said so, or its offer held none of ours.</summary>
    NoIkeProposalChosen,

    /// <summary>No common ESP proposal.</summary>
    NoEspProposalChosen,

    /// <summary>The peer kept asking for another key exchange method, or one that we did not offer.</summary>
    InvalidKeyExchange,

    /// <summary>The peer answered AUTHENTICATION_FAILED: it refuses our secret or our identity.</summary>
    AuthenticationRefusedByPeer,

    /// <summary>The peer's AUTH does not verify with our secret.</summary>
    SecretMismatch,

    /// <summary>The peer's certificate, its names or its signature: expired, of an unknown authority, revoked, for another name. The detail says which.</summary>
    CertificateRefused,

    /// <summary>The peer answered AUTHENTICATION_FAILED to our certificate.</summary>
    CertificateRefusedByPeer,

    /// <summary>The peer authenticated, or asks for, an identity that no connection names.</summary>
    IdentityMismatch,

    /// <summary>Traffic selectors were refused by the peer, or nothing of its offer is ours.</summary>
    TrafficSelectorsUnacceptable,

    /// <summary>The peer will not have (another) child SA.</summary>
    ChildRefused,

    /// <summary>A message that breaks the protocol, or INVALID_SYNTAX from the peer.</summary>
    ProtocolError,

    /// <summary>An error notification that none of the others covers; the notify type says which.</summary>
    PeerError,

    /// <summary>The hard lifetime was reached without a replacement.</summary>
    LifetimeExpired,

    /// <summary>Replaced by its rekeyed successor.</summary>
    Rekeyed,

    /// <summary>Replaced by an IKE SA for which both ends proved themselves anew.</summary>
    Reauthenticated,

    /// <summary>The loser of a simultaneous rekey or initiation.</summary>
    Redundant,

    /// <summary>The peer started afresh (INITIAL_CONTACT), or called again and is there now.</summary>
    Superseded,

    /// <summary>The peer proved an identity that is connected from another address, and its connection keeps who is there.</summary>
    AlreadyConnected,

    /// <summary>A half-open responder SA whose IKE_AUTH never came.</summary>
    HalfOpenTimeout,

    /// <summary>Work of our own was not done: too much waits already, or a key of ours cannot be used.</summary>
    LocalFailure,

    /// <summary>The configuration no longer holds this connection.</summary>
    ConnectionRemoved,
}

/// <summary>A cause with its evidence.</summary>
/// <param name="Cause">What happened.</param>
/// <param name="Notify">The peer's error notification, where one was the evidence.</param>
/// <param name="Detail">What was expected and what came, for a person; never a secret.</param>
public sealed record CloseReason(CloseCause Cause, NotifyType? Notify = null, string? Detail = null)
{
    public override string ToString() =>
        Cause + (Notify is { } notify ? $" ({notify})" : "") + (Detail is null ? "" : $": {Detail}");
}
