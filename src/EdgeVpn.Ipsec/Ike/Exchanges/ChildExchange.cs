using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>What creating and rekeying a child SA have in common: SA, nonces, an optional key exchange, selectors.</summary>
internal abstract class ChildExchange : Exchange
{
    /// <summary>After TEMPORARY_FAILURE: long enough for the other end's exchange, and never in step with it.</summary>
    protected static readonly TimeSpan RetryWait = TimeSpan.FromSeconds(5);

    /// <summary>Delete payloads name what exists; this is for a peer that names what does not.</summary>
    private const int MaxDeleted = 16;

    private ChildNegotiation? _child;
    private KeyExchangeOffer? _keyExchange;
    private FollowUps? _followUps;
    private Agreed? _agreed;
    private readonly List<byte[]> _deleted = [];
    private byte[] _ni = [];

    public override ExchangeType Type => _followUps is null ? ExchangeType.CreateChildSa : ExchangeType.IkeFollowupKe;

    // --> HDR, SK { [N(REKEY_SA),] SA, Ni, [KEi,] TSi, TSr }
    public sealed override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now)
    {
        if (_followUps is not null) return _followUps.Begin(sa);
        if (!IsWanted(sa)) return null;
        _child ??= Negotiate(sa);
        _keyExchange ??= new KeyExchangeOffer([.. ProposalSelection.Methods(_child.Offers)]);
        _keyExchange.Start(sa);
        _ni = sa.Endpoint.NewNonce();
        var parts = _child.Payloads().ToList();
        return [.. Preamble(), parts[0], new NoncePayload(_ni), .. _keyExchange.Payloads(), parts[1], parts[2]];
    }

    public sealed override bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) =>
        _followUps?.IsReadyFor(sa, response, now) ?? _keyExchange!.IsReadyFor(sa, response, now);

    // <-- HDR, SK { SA, Nr, [KEr,] TSi, TSr [, N(ADDITIONAL_KEY_EXCHANGE)] }   |   { N(error) }
    public sealed override void Complete(IkeSa sa, PayloadList response, Instant now)
    {
        if (_followUps is not null)
        {
            CompleteFollowUp(sa, response, now);
            return;
        }

        if (response.Find<SaPayload>() is null && ErrorNotify.Find(response) is { } error)
        {
            if (error.NotifyType == NotifyType.InvalidKePayload && _keyExchange!.TryRestart(sa, error))
            {
                Again(sa, now);
                return;
            }

            Release();
            Failed(sa, error, ErrorNotify.ToChildReason(error), now);
            return;
        }

        _agreed = Agree(response, out var fault);
        if (_agreed is not null) _keyExchange!.Discard();
        if (_agreed is null || IsDeleted(_agreed.Child, out fault)) Fault(sa, fault!, now);
        else if (_agreed.Child.AdditionalKeyExchanges.IsEmpty) Finish(sa, now);
        else if ((_followUps = FollowUps.Of(_agreed.Child.AdditionalKeyExchanges, response, out fault)) is null) Fault(sa, fault!, now);
        else sa.Continue(this);
    }

    private void CompleteFollowUp(IkeSa sa, PayloadList response, Instant now)
    {
        if (!_followUps!.TryTake(response, out var error, out var fault))
        {
            if (error is null)
            {
                Fault(sa, fault!, now);
                return;
            }

            Release();
            Failed(sa, error, ErrorNotify.ToChildReason(error), now);
        }
        else if (!_followUps.AreDone) sa.Continue(this);
        else if (IsDeleted(_agreed!.Child, out fault)) Fault(sa, fault!, now);
        else Finish(sa, now);
    }

    private void Finish(IkeSa sa, Instant now)
    {
        _child = null;
        using var shared = _agreed!.Shared;
        using var further = _followUps?.Secrets();
        Succeeded(sa, _agreed with { Further = further }, now);
        _followUps?.Dispose();
    }

    private void Fault(IkeSa sa, CloseReason fault, Instant now)
    {
        // The peer may think that the pair exists: tell it otherwise before failing.
        if (fault.Cause != CloseCause.PeerDeleted) sa.Enqueue(new ExpiredChildDelete(_child!.InboundSpi), now);
        Release();
        Failed(sa, null, fault, now);
    }

    /// <summary>The peer deletes a pair that we do not know: perhaps the one that its answer, still on its way, would tell us of.</summary>
    public void Deleted(byte[] peerSpi)
    {
        if (_deleted.Count < MaxDeleted) _deleted.Add(peerSpi);
    }

    public override void Abandon() => Release();

    /// <summary>Whether the exchange still makes sense when its turn comes.</summary>
    protected abstract bool IsWanted(IkeSa sa);

    /// <summary>Payloads before SA.</summary>
    protected abstract IEnumerable<Payload> Preamble();

    protected abstract void Succeeded(IkeSa sa, Agreed agreed, Instant now);

    /// <param name="error">The peer's notification, or null if its answer was not one to our offer.</param>
    protected abstract void Failed(IkeSa sa, NotifyPayload? error, CloseReason reason, Instant now);

    protected virtual ChildNegotiation Negotiate(IkeSa sa) => new(sa, sa.Connection, withKeyExchange: true);

    /// <summary>The same request with another group.</summary>
    protected virtual void Again(IkeSa sa, Instant now) => sa.Enqueue(this, now);

    private bool IsDeleted(ChildAgreement child, out CloseReason? fault)
    {
        var isDeleted = _deleted.Exists(spi => spi.AsSpan().SequenceEqual(Octets.Of(child.OutboundSpi)));
        fault = isDeleted ? new CloseReason(CloseCause.PeerDeleted, Detail: "deleted before we knew of it") : null;
        return isDeleted;
    }

    private Agreed? Agree(PayloadList response, out CloseReason? fault)
    {
        if (response.Find<NoncePayload>() is not { } nonce)
        {
            fault = new CloseReason(CloseCause.ProtocolError, Detail: "the answer to CREATE_CHILD_SA lacks a nonce");
            return null;
        }

        if (_child!.Accept(response, out fault) is not { } child) return null;
        Secret? shared = null;
        if (child.KeyExchange != KeyExchangeMethod.None
            && (child.KeyExchange != _keyExchange!.Method || !_keyExchange.TryFinish(response.Find<KePayload>(), out shared)))
        {
            fault = new CloseReason(CloseCause.InvalidKeyExchange, Detail: $"no valid public value for {child.KeyExchange}");
            return null;
        }

        return new Agreed(child, shared, _ni, nonce.Nonce);
    }

    private void Release()
    {
        _keyExchange?.Discard();
        _followUps?.Dispose();
        _agreed?.Shared?.Dispose();
        _child?.Release();
        _child = null;
    }

    /// <summary>Everything needed to make the keys.</summary>
    protected internal sealed record Agreed(ChildAgreement Child, Secret? Shared, byte[] Ni, byte[] Nr)
    {
        /// <summary>The secrets of IKE_FOLLOWUP_KE.</summary>
        public Secret? Further { get; init; }
    }
}
