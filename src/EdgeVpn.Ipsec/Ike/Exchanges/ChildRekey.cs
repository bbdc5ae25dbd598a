using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA that replaces a pair of ESP SAs (RFC 7296 §1.3.3, §2.8).</summary>
/// <remarks>
/// <code>
///   --> { N(REKEY_SA), SA, Ni, [KEi,] TSi, TSr }      new pair: both receive
///   &lt;-- { SA, Nr, [KEr,] TSi, TSr }                   we send on the new pair
///   --> { D(old) }                                    the peer sends on the new pair
///   &lt;-- { D(old) }                                    the old pair is gone
/// </code>
/// </remarks>
internal sealed class ChildRekey(ChildSa child) : ChildExchange
{
    private bool _begun;

    public ChildSa Child => child;

    /// <summary>The pair that the peer made by rekeying the same child while our request was on its way.</summary>
    /// <remarks>No pair while its further key exchanges are on their way.</remarks>
    public (ChildSa? Child, Collisions.NoncePair Nonces)? Collision { get; set; }

    public override void Abandon()
    {
        if (child.State == ChildState.Rekeying) child.State = ChildState.Live;
        base.Abandon();
    }

    protected override bool IsWanted(IkeSa sa)
    {
        if (child.State != ChildState.Live && !(_begun && child.State == ChildState.Rekeying)) return false;
        child.State = ChildState.Rekeying;
        _begun = true;
        return true;
    }

    protected override IEnumerable<Payload> Preamble() =>
        [new NotifyPayload(ProtocolId.Esp, Octets.Of(child.InboundSpi), NotifyType.RekeySa, [])];

    protected override ChildNegotiation Negotiate(IkeSa sa) => new(sa, sa.Connection, withKeyExchange: true)
    {
        LocalSelectors = child.LocalSelectors,
        RemoteSelectors = child.RemoteSelectors,
    };

    protected override void Succeeded(IkeSa sa, Agreed agreed, Instant now)
    {
        var survives = Collision is not { } collision
            || sa.Endpoint.Options.OursSurvives(new Collisions.NoncePair(agreed.Ni, agreed.Nr), collision.Nonces);
        var made = sa.Children.Install(
            agreed.Child, agreed.Shared, agreed.Ni, agreed.Nr, weInitiated: true, child.IsAlive ? child : null, use: survives, now,
            further: agreed.Further);
        if (survives)
        {
            if (Collision is { Child: { IsAlive: true } theirs }) theirs.State = ChildState.Redundant;
            else if (sa.Awaited is { } awaited && awaited.Rekeys == child) awaited.IsLost = true;
            if (child.IsAlive)
            {
                child.State = ChildState.Replaced;
                sa.Enqueue(new ChildDelete(child, new CloseReason(CloseCause.Rekeyed)), now);
            }
        }
        else
        {
            made.State = ChildState.Redundant;
            if (Collision is { Child: null }) sa.Children.PostponeRekey(child, now); // the peer's pair is still being made
            else if (child.IsAlive) child.State = ChildState.Replaced;
            sa.Enqueue(new ChildDelete(made, new CloseReason(CloseCause.Redundant)), now);
        }
    }

    protected override void Failed(IkeSa sa, NotifyPayload? error, CloseReason reason, Instant now)
    {
        if (!child.IsAlive) return;
        if (Collision is { Child.IsAlive: true })
        {
            child.State = ChildState.Replaced; // the peer's own rekey stands, and it deletes the old pair
            return;
        }

        child.State = ChildState.Live;
        switch (error?.NotifyType)
        {
            case NotifyType.TemporaryFailure:
                sa.EnqueueLater(new ChildRekey(child), RetryWait, now);
                break;
            case NotifyType.ChildSaNotFound:
                sa.Children.Remove(child, new CloseReason(CloseCause.PeerDeleted, error.NotifyType));
                sa.Enqueue(new ChildCreate(), now);
                break;
            default:
                sa.Endpoint.Emit(new IkeOutput.ChildSaFailed(sa.Id, sa.ConnectionName, reason, child.Id));
                sa.Children.PostponeRekey(child, now);
                break;
        }
    }
}
