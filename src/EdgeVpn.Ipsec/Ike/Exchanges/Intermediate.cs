using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_INTERMEDIATE as initiator: one more key exchange before anybody says who he is (RFC 9242, RFC 9370 §2.2.2).</summary>
internal sealed class Intermediate(SaInitTranscript transcript, Func<SaInitTranscript, Exchange> then) : Exchange
{
    private KeyExchangeOffer? _keyExchange;

    public static NotifyPayload Supported => new(ProtocolId.None, [], NotifyType.IntermediateExchangeSupported, []);

    public override ExchangeType Type => ExchangeType.IkeIntermediate;

    /// <summary>The exchange that follows IKE_SA_INIT: this one while key exchanges are left, then <paramref name="then"/>.</summary>
    public static Exchange Next(IkeSa sa, SaInitTranscript transcript, Func<SaInitTranscript, Exchange> then) =>
        sa.NextIntermediate == KeyExchangeMethod.None ? then(transcript) : new Intermediate(transcript, then);

    // --> HDR, SK { KEi(n) }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        _keyExchange = new KeyExchangeOffer([sa.NextIntermediate]);
        _keyExchange.Start(sa);
        return [.. _keyExchange.Payloads()];
    }

    public override bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) => _keyExchange!.IsReadyFor(sa, response, now);

    // <-- HDR, SK { KEr(n) }   |   { N(error) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (!_keyExchange!.TryFinish(response.Find<KePayload>(), out var shared))
        {
            Abandon();
            sa.Closed(
                ErrorNotify.Find(response) is { } error
                    ? ErrorNotify.ToIkeReason(error)
                    : new CloseReason(CloseCause.InvalidKeyExchange, Detail: $"the peer's public value for {_keyExchange.Method} is not valid"),
                now);
            return;
        }

        Abandon();
        using (shared) sa.Enqueue(Next(sa, sa.CompleteIntermediate(transcript, shared), then), now);
    }

    public override void Abandon() => _keyExchange?.Discard();
}
