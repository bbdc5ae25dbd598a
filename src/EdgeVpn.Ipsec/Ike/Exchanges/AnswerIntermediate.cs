using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_INTERMEDIATE as responder (RFC 9242, RFC 9370 §2.2.2): as many as were agreed, in their order, no more.</summary>
internal static class AnswerIntermediate
{
    // <-- HDR, SK { KEr(n) }
    public static Answer To(IkeSa sa, SaInitTranscript transcript, PayloadList request, Instant now)
    {
        var method = sa.NextIntermediate;
        if (method == KeyExchangeMethod.None || request.Find<KePayload>() is not { } ke || ke.Method != method)
            return Answer.Error(NotifyType.InvalidSyntax);
        var agreed = sa.ForAnswer.Respond(ke, now, out var publicValue, out var shared);
        if (agreed == KeyAnswer.Later) return Answer.Later;
        if (agreed == KeyAnswer.Refused) return Answer.Error(NotifyType.InvalidSyntax);
        return new Answer([new KePayload(method, publicValue!)], () =>
        {
            using (shared) sa.Become(new IkeState.AwaitAuth(sa.CompleteIntermediate(transcript, shared!)));
        });
    }
}
