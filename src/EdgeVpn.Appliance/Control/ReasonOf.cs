using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>From the engine's evidence to the one catalogue that lights, page, commands and reports share.</summary>
public static class ReasonOf
{
    /// <summary>The reason for an SA's end or an attempt's failure; null where nothing is wrong.</summary>
    public static Reason? Cause(CloseCause cause) => cause switch
    {
        CloseCause.PeerSilent => ReasonCatalog.PeerSilent,
        CloseCause.PeerSilentAfterNat => ReasonCatalog.PeerSilentNat,
        CloseCause.PeerSilentAfterSaInit => ReasonCatalog.PeerSilentAuth,
        CloseCause.PeerGone => ReasonCatalog.PeerGone,
        CloseCause.NoIkeProposalChosen => ReasonCatalog.NoProposalIke,
        CloseCause.NoEspProposalChosen => ReasonCatalog.NoProposalEsp,
        CloseCause.InvalidKeyExchange => ReasonCatalog.KeyExchangeLoop,
        CloseCause.AuthenticationRefusedByPeer or CloseCause.SecretMismatch => ReasonCatalog.WrongSecret,
        CloseCause.IdentityMismatch => ReasonCatalog.IdentityRefused,
        CloseCause.TrafficSelectorsUnacceptable => ReasonCatalog.SelectorsRefused,
        CloseCause.ChildRefused => ReasonCatalog.ChildRefused,
        CloseCause.PeerDeleted => ReasonCatalog.PeerDeleted,
        CloseCause.LifetimeExpired => ReasonCatalog.LifetimeExpired,
        CloseCause.ProtocolError or CloseCause.PeerError => ReasonCatalog.ProtocolError,
        CloseCause.LocalRequest or CloseCause.Rekeyed or CloseCause.Redundant or CloseCause.Superseded
            or CloseCause.HalfOpenTimeout or CloseCause.ConnectionRemoved => null,
        _ => throw new ArgumentOutOfRangeException(nameof(cause)),
    };
}
