using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA for one more pair of ESP SAs (RFC 7296 §1.3.1).</summary>
internal sealed class ChildCreate : ChildExchange
{
    protected override bool IsWanted(IkeSa sa) => !sa.Children.Live.Any();

    protected override IEnumerable<Payload> Preamble() => [];

    protected override void Succeeded(IkeSa sa, Agreed agreed, Instant now) =>
        sa.Children.Install(agreed.Child, agreed.Shared, agreed.Ni, agreed.Nr, weInitiated: true, replaces: null, use: true, now, further: agreed.Further);

    protected override void Failed(IkeSa sa, NotifyPayload? error, CloseReason reason, Instant now)
    {
        if (error?.NotifyType == NotifyType.TemporaryFailure)
        {
            sa.EnqueueLater(new ChildCreate(), RetryWait, now);
            return;
        }

        sa.Endpoint.Emit(new IkeOutput.ChildSaFailed(sa.Id, sa.ConnectionName, reason, null));

        // Without a child the IKE SA carries nothing, and will not; a new one may have what this one is refused, since IKE_AUTH asks for no PFS.
        if (error?.NotifyType is NotifyType.NoProposalChosen or NotifyType.InvalidKePayload && !sa.Children.Live.Any()) sa.StartClose(reason, now);
    }
}
