using System.Collections.Frozen;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>Where in the health tree a reason stands: the step that failed.</summary>
public static class ReasonSteps
{
    private static readonly FrozenDictionary<Reason, WhyStepName> s_steps = new Dictionary<Reason, WhyStepName>
    {
        [ReasonCode.NoCarrier] = WhyStepName.Cable,
        [ReasonCode.InterfaceMissing] = WhyStepName.Cable,
        [ReasonCode.NoAddress] = WhyStepName.Address,
        [ReasonCode.SessionRefused] = WhyStepName.Address,
        [ReasonCode.NoGateway] = WhyStepName.Gateway,
        [ReasonCode.NameNotResolved] = WhyStepName.Name,
        [ReasonCode.NoInternet] = WhyStepName.Internet,
        [ReasonCode.PeerSilent] = WhyStepName.Udp500,
        [ReasonCode.PeerUnreachable] = WhyStepName.Udp500,
        [ReasonCode.PeerSilentNat] = WhyStepName.Udp4500,
        [ReasonCode.PeerBusy] = WhyStepName.Peer,
        [ReasonCode.NoProposalIke] = WhyStepName.Peer,
        [ReasonCode.KeyExchangeLoop] = WhyStepName.Peer,
        [ReasonCode.ProtocolError] = WhyStepName.Peer,
        [ReasonCode.PeerSilentAuth] = WhyStepName.Authentication,
        [ReasonCode.WrongSecret] = WhyStepName.Authentication,
        [ReasonCode.IdentityRefused] = WhyStepName.Authentication,
        [ReasonCode.CertificateRefused] = WhyStepName.Authentication,
        [ReasonCode.Overloaded] = WhyStepName.Authentication,
        [ReasonCode.NoProposalEsp] = WhyStepName.Selectors,
        [ReasonCode.SelectorsRefused] = WhyStepName.Selectors,
        [ReasonCode.ChildRefused] = WhyStepName.Selectors,
        [ReasonCode.PeerGone] = WhyStepName.Lasting,
        [ReasonCode.PeerDeleted] = WhyStepName.Lasting,
        [ReasonCode.RekeyRefused] = WhyStepName.Lasting,
        [ReasonCode.IkeChurn] = WhyStepName.Lasting,
        [ReasonCode.ChildChurn] = WhyStepName.Lasting,
        [ReasonCode.LifetimeExpired] = WhyStepName.Lasting,
        [ReasonCode.EspBlocked] = WhyStepName.Traffic,
        [ReasonCode.NothingReturns] = WhyStepName.Traffic,
        [ReasonCode.PathMtuBlackHole] = WhyStepName.PathMtu,
        [ReasonCode.ProbeSilent] = WhyStepName.Probe,
    }.ToFrozenDictionary();

    /// <summary>The step; null for what is no step on the way to a peer.</summary>
    public static WhyStepName? Of(Reason reason) => s_steps.TryGetValue(reason, out var step) ? step : null;

    /// <summary>True for a reason that only somebody who answered our first message can cause, now and not some time ago.</summary>
    public static bool ProvesAnAnswer(Reason reason) => reason == ReasonCode.PeerSilentNat || (Of(reason) is { } step
        && (step is WhyStepName.Peer or WhyStepName.Authentication or WhyStepName.Selectors || reason == ReasonCode.PeerDeleted || reason == ReasonCode.RekeyRefused)
        && reason != ReasonCode.Overloaded && reason != ReasonCode.CertificateRefused);
}
