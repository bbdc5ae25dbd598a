using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>From the engine's evidence to the one catalogue that lights, page, commands and reports share.</summary>
public static class ReasonOf
{
    /// <summary>The reason for an SA's end or an attempt's failure; null where nothing is wrong.</summary>
    public static Reason? Cause(CloseCause cause) => cause switch
    {
        CloseCause.PeerSilent => ReasonCode.PeerSilent,
        CloseCause.PeerSilentAfterNat => ReasonCode.PeerSilentNat,
        CloseCause.PeerSilentAfterSaInit => ReasonCode.PeerSilentAuth,
        CloseCause.PeerBusy => ReasonCode.PeerBusy,
        CloseCause.PeerGone => ReasonCode.PeerGone,
        CloseCause.NoIkeProposalChosen => ReasonCode.NoProposalIke,
        CloseCause.NoEspProposalChosen => ReasonCode.NoProposalEsp,
        CloseCause.InvalidKeyExchange => ReasonCode.KeyExchangeLoop,
        CloseCause.AuthenticationRefusedByPeer or CloseCause.SecretMismatch => ReasonCode.WrongSecret,
        CloseCause.CertificateRefused or CloseCause.CertificateRefusedByPeer => ReasonCode.CertificateRefused,
        CloseCause.IdentityMismatch or CloseCause.AlreadyConnected => ReasonCode.IdentityRefused,
        CloseCause.TrafficSelectorsUnacceptable => ReasonCode.SelectorsRefused,
        CloseCause.ChildRefused => ReasonCode.ChildRefused,
        CloseCause.PeerDeleted => ReasonCode.PeerDeleted,
        CloseCause.LifetimeExpired => ReasonCode.LifetimeExpired,
        CloseCause.ProtocolError or CloseCause.PeerError => ReasonCode.ProtocolError,
        CloseCause.LocalFailure => ReasonCode.Overloaded,
        CloseCause.LocalRequest or CloseCause.Rekeyed or CloseCause.Reauthenticated or CloseCause.Redundant or CloseCause.Superseded
            or CloseCause.HalfOpenTimeout or CloseCause.ConnectionRemoved => null,
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };
}
