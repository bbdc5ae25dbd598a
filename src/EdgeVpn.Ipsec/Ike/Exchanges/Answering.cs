using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>The answer to a request of the peer's, and what happens once it is sent.</summary>
internal readonly record struct Answer(IReadOnlyList<Payload> Payloads, Action? Then = null)
{
    /// <summary>INVALID_SYNTAX ends the IKE SA at both ends, without a Delete (RFC 7296 §2.21.3).</summary>
    public bool IsFatal => Payloads.Any(static p => p is NotifyPayload { NotifyType: NotifyType.InvalidSyntax });

    /// <summary>Not yet: work of the shell's was asked for, and the request is looked at again when it is done.</summary>
    public bool IsLater => Payloads is null;

    public static Answer Later => default;

    public static Answer Error(NotifyType type) => new([ErrorNotify.Of(type)]);
}

/// <summary>Which request goes where; an ordered table, every state and exchange written out.</summary>
internal static class Answering
{
    public static Answer Request(IkeSa sa, ExchangeType exchange, PayloadList request, Path from, Instant now) => (sa.State, exchange) switch
    {
        (IkeState.AwaitAuth await, ExchangeType.IkeIntermediate) => AnswerIntermediate.To(sa, await.Transcript, request, now),
        (IkeState.AwaitAuth, ExchangeType.IkeAuth) when sa.NextIntermediate != KeyExchangeMethod.None => Answer.Error(NotifyType.InvalidSyntax),
        (IkeState.AwaitAuth await, ExchangeType.IkeAuth) => AnswerIkeAuth.To(sa, await.Transcript, request, now),
        (IkeState.AwaitAuth, _) => Answer.Error(NotifyType.InvalidSyntax),
        (IkeState.Established, ExchangeType.CreateChildSa) => AnswerCreateChildSa.To(sa, request, now),
        (IkeState.Established, ExchangeType.IkeFollowupKe) => sa.AnswerFollowUp(request, now),
        (IkeState.Replaced or IkeState.Closing, ExchangeType.IkeFollowupKe) => Answer.Error(NotifyType.StateNotFound),
        (IkeState.Replaced or IkeState.Closing, ExchangeType.CreateChildSa) => Answer.Error(NotifyType.TemporaryFailure),
        (IkeState.Established or IkeState.Replaced or IkeState.Closing, ExchangeType.Informational) =>
            AnswerInformational.To(sa, request, from, now),
        _ => Answer.Error(NotifyType.InvalidSyntax),
    };
}
