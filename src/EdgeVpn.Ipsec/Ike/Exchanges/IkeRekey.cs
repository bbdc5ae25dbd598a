using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CREATE_CHILD_SA that replaces the IKE SA itself (RFC 7296 §1.3.2, §2.8, §2.18).</summary>
internal sealed class IkeRekey : Exchange
{
    /// <summary>After TEMPORARY_FAILURE: long enough for the other end's exchange, and never in step with it.</summary>
    private static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(5);

    private KeyExchangeOffer? _keyExchange;
    private System.Collections.Immutable.ImmutableArray<Proposal> _offers;
    private byte[] _ni = [];
    private ulong _spi;

    public override ExchangeType Type => ExchangeType.CreateChildSa;

    // --> HDR, SK { SA, Ni, KEi }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (!sa.IsEstablished) return null;
        if (_keyExchange is null)
        {
            _spi = sa.Endpoint.NewIkeSpi();
            _offers = ProposalSelection.Offer(sa.Connection.IkeProposals, Octets.Of(_spi));
            _keyExchange = new KeyExchangeOffer([.. ProposalSelection.Methods(_offers)]);
            _keyExchange.Start(sa);
        }

        _ni = sa.Endpoint.NewNonce();
        return [new SaPayload(_offers), new NoncePayload(_ni), .. _keyExchange.Payloads()];
    }

    public override bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) => _keyExchange!.IsReadyFor(sa, response, now);

    // <-- HDR, SK { SA, Nr, KEr }   |   { N(error) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (response.Find<SaPayload>() is null && ErrorNotify.Find(response) is { } error)
        {
            if (error.NotifyType == NotifyType.InvalidKePayload && _keyExchange!.TryRestart(sa, error)) sa.Enqueue(this, now);
            else Failed(sa, error.NotifyType, ErrorNotify.ToIkeReason(error), now);
            return;
        }

        if (Agree(sa, response, out var nr, out var fault) is not { } made) Failed(sa, null, fault!, now);
        else Succeeded(sa, made, new Collisions.NoncePair(_ni, nr), now);
    }

    // The peer moved its children to the successor: that is closed too.
    public override void Overtaken(IkeSa sa, PayloadList response, Instant now)
    {
        if (sa.State is IkeState.Closing closing && Agree(sa, response, out _, out _) is { } made)
            made.StartClose(closing.Reason, now);
        Abandon();
    }

    public override void Abandon() => _keyExchange?.Discard();

    private IkeSa? Agree(IkeSa sa, PayloadList response, out byte[] nr, out CloseReason? fault)
    {
        nr = [];
        fault = null;
        if (response.Find<SaPayload>() is not { Proposals: [var chosen] }
            || response.Find<NoncePayload>() is not { } nonce
            || response.Find<KePayload>() is not { } ke)
        {
            fault = new CloseReason(CloseCause.ProtocolError, Detail: "the answer to an IKE rekey lacks SA, KE or Nonce");
            return null;
        }

        if (chosen.IkeSaSpi is not { } responderSpi || responderSpi == 0
            || !ProposalSelection.IsAnswerTo(_offers, chosen)
            || !ProposalSelection.TryReadIkeSuite(chosen, out var suite)
            || !_keyExchange!.TryFinish(ke, out var shared))
        {
            fault = new CloseReason(CloseCause.NoIkeProposalChosen, Detail: "the peer's answer to an IKE rekey is not one of our offers");
            return null;
        }

        nr = nonce.Nonce;
        using (shared)
        {
            return IkeSuccessor.Make(sa, weInitiated: true, _spi, responderSpi, suite, shared, _ni, nr);
        }
    }

    private static void Succeeded(IkeSa sa, IkeSa made, Collisions.NoncePair nonces, Instant now)
    {
        var lost = sa.State is IkeState.Replaced; // the peer already speaks on the successor that it made
        if (sa.CollidingRekey is { } theirs && !sa.Endpoint.Options.OursSurvives(nonces, theirs.Nonces))
        {
            lost = true;
            IkeSuccessor.TakeOver(sa, theirs.Sa, now);
        }

        if (lost)
        {
            IkeSuccessor.Idle(made);
            made.StartClose(new CloseReason(CloseCause.Redundant), now);
            return;
        }

        if (sa.CollidingRekey is { } loser) IkeSuccessor.Discard(loser.Sa, now);
        IkeSuccessor.TakeOver(sa, made, now);
        sa.StartClose(new CloseReason(CloseCause.Rekeyed), now);
    }

    private void Failed(IkeSa sa, NotifyType? error, CloseReason reason, Instant now)
    {
        Abandon();
        if (sa.State is IkeState.Replaced) return;
        if (sa.CollidingRekey is { } collision)
        {
            IkeSuccessor.TakeOver(sa, collision.Sa, now); // the peer's own rekey stands, and it deletes the old SA
            return;
        }

        if (error == NotifyType.TemporaryFailure)
        {
            sa.EnqueueLater(new IkeRekey(), RetryWait, now);
            return;
        }

        sa.Endpoint.Emit(new IkeOutput.IkeRekeyFailed(sa.Id, sa.ConnectionName, reason));
        sa.PostponeRekey(now);
    }
}
