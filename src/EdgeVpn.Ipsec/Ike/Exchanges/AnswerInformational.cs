using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>INFORMATIONAL as responder: deletes, errors, and the empty question whether we live (RFC 7296 §1.4).</summary>
internal static class AnswerInformational
{
    public static Answer To(IkeSa sa, PayloadList request, Path from, Instant now)
    {
        var deletes = request.All<DeletePayload>().ToList();
        if (deletes.Exists(static d => d.Protocol == ProtocolId.Ike))
            return new Answer([], () => DeletedByPeer(sa, ErrorNotify.Find(request), now));
        if (ErrorNotify.Find(request) is { NotifyType: NotifyType.AuthenticationFailed } refused)
            return new Answer([], () => sa.Closed(sa.Connection.Refused(ErrorNotify.ToIkeReason(refused)), now));

        var ours = new List<byte[]>();
        foreach (var spi in deletes.Where(static d => d.Protocol == ProtocolId.Esp).SelectMany(static d => d.Spis))
        {
            if (sa.Children.FindByPeerSpi(spi) is not { } child)
            {
                (sa.Current as ChildExchange)?.Deleted(spi);
                continue;
            }

            if (child.State != ChildState.Deleting) ours.Add(Octets.Of(child.InboundSpi)); // crossed Deletes name nothing (§1.4.1)
            sa.Children.Remove(
                child,
                new CloseReason(child.State switch
                {
                    ChildState.Replaced => CloseCause.Rekeyed,
                    ChildState.Rekeying when sa.Children.HasReplacement(child) => CloseCause.Rekeyed, // its rekey, ours is on its way
                    ChildState.Redundant => CloseCause.Redundant,
                    _ => CloseCause.PeerDeleted,
                }));
        }

        sa.HeedAuthenticationLifetime(request);
        var mobike = AnswerMobike.To(sa, request, from, now);
        return new Answer(ours.Count == 0 ? [.. mobike] : [new DeletePayload(ProtocolId.Esp, [.. ours]), .. mobike]);
    }

    private static void DeletedByPeer(IkeSa sa, NotifyPayload? error, Instant now)
    {
        switch (sa.State)
        {
            case IkeState.Closing closing:
                sa.Closed(closing.Reason, now);
                break;
            case IkeState.Replaced:
                sa.Closed(new CloseReason(CloseCause.Rekeyed), now);
                break;
            case IkeState.Established when sa.IsContender:
                sa.Closed(new CloseReason(CloseCause.Redundant), now);
                break;
            case IkeState.Established when sa.CollidingRekey is { } collision:
                // It replaced this SA by its own rekey and forgets ours; so do we (§2.25.2).
                IkeSuccessor.TakeOver(sa, collision.Sa, now);
                sa.Closed(new CloseReason(CloseCause.Rekeyed), now);
                break;
            default:
                sa.Closed(error is null ? new CloseReason(CloseCause.PeerDeleted) : sa.Connection.Refused(ErrorNotify.ToIkeReason(error)), now);
                break;
        }
    }
}
