using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Asks for one more pair beside those that there are, once.</summary>
internal sealed class AnotherChild : ChildExchange
{
    protected override bool IsWanted(IkeSa sa) => true;

    protected override IEnumerable<Payload> Preamble() => [];

    protected override void Succeeded(IkeSa sa, Agreed agreed, Instant now) =>
        sa.Children.Install(agreed.Child, agreed.Shared, agreed.Ni, agreed.Nr, weInitiated: true, replaces: null, use: true, now, further: agreed.Further);

    protected override void Failed(IkeSa sa, NotifyPayload? error, CloseReason reason, Instant now) =>
        Assert.True(error?.NotifyType is NotifyType.TemporaryFailure or NotifyType.StateNotFound || reason.Cause == CloseCause.PeerDeleted, reason.ToString());
}
