using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA for one more pair of ESP SAs (RFC 7296 §1.3.1).</summary>
/// <param name="like">A pair of the SA that this one renews, whose traffic it is for; null: what the connection says.</param>
internal sealed class ChildCreate(ChildSa? like = null) : ChildExchange
{
    protected override bool IsWanted(IkeSa sa) => like?.IsAlive ?? !sa.Children.Live.Any();

    protected override IEnumerable<Payload> Preamble() => [];

    protected override ChildNegotiation Negotiate(IkeSa sa) => like is null
        ? base.Negotiate(sa)
        : new ChildNegotiation(sa, sa.Connection, withKeyExchange: true) { LocalSelectors = like.LocalSelectors, RemoteSelectors = like.RemoteSelectors };

    protected override void Succeeded(IkeSa sa, Agreed agreed, Instant now)
    {
        sa.Children.Install(agreed.Child, agreed.Shared, agreed.Ni, agreed.Nr, weInitiated: true, replaces: null, use: true, now, further: agreed.Further);
        sa.CarryOn(now);
    }

    protected override void Failed(IkeSa sa, NotifyPayload? error, CloseReason reason, Instant now)
    {
        if (error?.NotifyType == NotifyType.TemporaryFailure)
        {
            sa.EnqueueLater(new ChildCreate(like), RetryWait, now);
            return;
        }

        sa.Endpoint.Emit(new IkeOutput.ChildSaFailed(sa.Id, sa.ConnectionName, reason, like?.Id));
        if (sa.Children.Live.Any()) sa.CarryOn(now); // what this pair carried is the peer's to ask for again

        // Without a child the IKE SA carries nothing, and will not; a new one may have what this one is refused, since IKE_AUTH asks for no PFS.
        else if (error?.NotifyType is NotifyType.NoProposalChosen or NotifyType.InvalidKePayload) sa.StartClose(reason, now);
    }
}
