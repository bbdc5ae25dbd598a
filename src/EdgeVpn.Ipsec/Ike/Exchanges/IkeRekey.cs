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
    private FollowUps? _followUps;
    private Agreed? _agreed;

    public override ExchangeType Type => _followUps is null ? ExchangeType.CreateChildSa : ExchangeType.IkeFollowupKe;

    // --> HDR, SK { SA, Ni, KEi }
    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (!sa.IsEstablished) return null;
        if (_followUps is not null) return _followUps.Begin(sa);
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

    public override bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) =>
        _followUps?.IsReadyFor(sa, response, now) ?? _keyExchange!.IsReadyFor(sa, response, now);

    // <-- HDR, SK { SA, Nr, KEr [, N(ADDITIONAL_KEY_EXCHANGE)] }   |   { N(error) }
    public override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (_followUps is not null)
        {
            if (!_followUps.TryTake(response, out var refusal, out var wrong))
                Failed(sa, refusal?.NotifyType, wrong ?? ErrorNotify.ToIkeReason(refusal!), now);
            else if (_followUps.AreDone) Succeeded(sa, Make(sa), new Collisions.NoncePair(_ni, _agreed!.Nr), now);
            else sa.Continue(this);
            return;
        }

        if (response.Find<SaPayload>() is null && ErrorNotify.Find(response) is { } error)
        {
            if (error.NotifyType == NotifyType.InvalidKePayload && _keyExchange!.TryRestart(sa, error)) sa.Enqueue(this, now);
            else Failed(sa, error.NotifyType, ErrorNotify.ToIkeReason(error), now);
            return;
        }

        _agreed = Agree(response, out var fault);
        if (_agreed is null) Failed(sa, null, fault!, now);
        else if (_agreed.Suite.AdditionalKeyExchanges.IsEmpty) Succeeded(sa, Make(sa), new Collisions.NoncePair(_ni, _agreed.Nr), now);
        else if ((_followUps = FollowUps.Of(_agreed.Suite.AdditionalKeyExchanges, response, out fault)) is null) Failed(sa, null, fault!, now);
        else sa.Continue(this);
    }

    // The peer moved its children to the successor: that is closed too.
    public override void Overtaken(IkeSa sa, PayloadList response, Instant now)
    {
        if (sa.State is IkeState.Closing closing && IsMadeBy(response)) Make(sa).StartClose(closing.Reason, now);
        Abandon();
    }

    public override void Abandon()
    {
        _keyExchange?.Discard();
        _followUps?.Dispose();
        _agreed?.Shared.Dispose();
    }

    /// <summary>Whether with this answer the peer has the new SA.</summary>
    private bool IsMadeBy(PayloadList response)
    {
        if (_followUps is not null) return _followUps.IsLast && _followUps.TryTake(response, out _, out _);
        _agreed = Agree(response, out _);
        return _agreed is { Suite.AdditionalKeyExchanges.IsEmpty: true };
    }

    private IkeSa Make(IkeSa sa)
    {
        using var shared = _agreed!.Shared;
        using var further = _followUps?.Secrets();
        _followUps?.Dispose();
        return IkeSuccessor.Make(
            sa, weInitiated: true, _spi, _agreed.ResponderSpi, _agreed.Suite, shared, _ni, _agreed.Nr, further);
    }

    private Agreed? Agree(PayloadList response, out CloseReason? fault)
    {
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

        return new Agreed(responderSpi, suite, shared, nonce.Nonce);
    }

    private static void Succeeded(IkeSa sa, IkeSa made, Collisions.NoncePair nonces, Instant now)
    {
        var lost = sa.State is IkeState.Replaced; // the peer already speaks on the successor that it made
        if (sa.Awaited is { IsIkeRekey: true } awaited && !sa.Endpoint.Options.OursSurvives(nonces, awaited.Nonces))
        {
            lost = true; // the peer's is still being made
            sa.PostponeRekey(now);
        }

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

        if (sa.Awaited is { IsIkeRekey: true })
        {
            sa.PostponeRekey(now); // likewise, once it is made
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

    /// <summary>Everything needed to make the keys, further secrets aside.</summary>
    private sealed record Agreed(ulong ResponderSpi, IkeSuite Suite, Crypto.Secret Shared, byte[] Nr);
}
