using EdgeVpn.Ipsec.Ike.Auth;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Where an IKE SA is in its life; each case carries exactly what only it knows.</summary>
/// <remarks>
/// <code>
///   initiator:  SaInitSent ──► AuthSent ──► Established ──► Replaced ──► Closing ──► Closed
///   responder:  AwaitAuth  ───────────────►     │  └───────────────────────▲          ▲
///   rekeyed:    (made by the old SA) ──────►    └──────────────────────────┴──────────┘
/// </code>
/// </remarks>
internal abstract record IkeState
{
    private IkeState()
    {
    }

    /// <summary>Our IKE_SA_INIT request is on its way.</summary>
    public sealed record SaInitSent : IkeState;

    /// <summary>Our IKE_AUTH request is on its way.</summary>
    public sealed record AuthSent : IkeState;

    /// <summary>We answered IKE_SA_INIT and wait for IKE_AUTH.</summary>
    public sealed record AwaitAuth(SaInitTranscript Transcript) : IkeState;

    /// <summary>Both ends are authenticated: the proof came from verification, or was inherited at a rekey.</summary>
    public sealed record Established(AuthenticatedPeer Peer) : IkeState;

    /// <summary>A successor took the children over; the end that made the successor will delete this SA.</summary>
    public sealed record Replaced(IkeSa By, AuthenticatedPeer Peer) : IkeState;

    /// <summary>Our Delete is on its way, or waits for the answer to the request before it.</summary>
    /// <param name="Reason">Why.</param>
    /// <param name="Peer">Null if it closes before the peer proved who it is.</param>
    public sealed record Closing(CloseReason Reason, AuthenticatedPeer? Peer) : IkeState;

    /// <summary>Gone; for a while it still answers a retransmitted last request.</summary>
    public sealed record Closed(CloseReason Reason) : IkeState;
}
