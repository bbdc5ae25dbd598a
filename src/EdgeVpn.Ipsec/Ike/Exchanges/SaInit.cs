using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>IKE_SA_INIT as initiator (RFC 7296 §1.2), with cookies (§2.6) and another group on request (§1.2).</summary>
internal sealed class SaInit(IkeConnection connection) : Exchange
{
    /// <summary>Cookies and other groups together: a peer cannot keep us asking.</summary>
    private const int MaxRestarts = 5;

    private readonly KeyExchangeOffer _keyExchange = new([.. ProposalSelection.Methods(connection.IkeProposals)]);
    private readonly System.Collections.Immutable.ImmutableArray<Proposal> _offers = ProposalSelection.Offer(connection.IkeProposals, []);
    private byte[] _ni = [];
    private byte[]? _cookie;
    private byte[] _request = [];
    private int _restarts;
    private SaInitTranscript? _transcript;

    public override ExchangeType Type => ExchangeType.IkeSaInit;

    /// <summary>Sends the first request.</summary>
    public void Start(IkeSa sa, Instant now)
    {
        _ni = sa.Endpoint.NewNonce();
        _keyExchange.Start(sa);
        Send(sa, now);
    }

    public override bool IsReadyFor(IkeSa sa, PayloadList response, Instant now) =>
        ErrorNotify.Find(response) is not null || _keyExchange.IsReadyFor(sa, response, now);

    public override IReadOnlyList<Payload>? Begin(IkeSa sa, Instant now) => throw new InvalidOperationException("IKE_SA_INIT is not queued.");

    public override void Complete(IkeSa sa, PayloadList response, Instant now) =>
        throw new InvalidOperationException("The answer to IKE_SA_INIT comes in clear.");

    // <-- HDR, SAr1, KEr, Nr, N(NATD_S), N(NATD_D)   |   HDR, N(COOKIE)   |   HDR, N(INVALID_KE_PAYLOAD)   |   HDR, N(error)
    public void Complete(IkeSa sa, IkeHeader header, ReadOnlySpan<byte> datagram, PayloadList response, Instant now)
    {
        if (response.Notify(NotifyType.Cookie) is { Data.Length: >= 1 and <= 64 } cookie && ErrorNotify.Find(response) is null
            && response.Find<SaPayload>() is null)
        {
            if (_cookie is not null && cookie.Data.AsSpan().SequenceEqual(_cookie)) return; // a copy of an answer to an earlier request
            _cookie = cookie.Data;
            Restart(sa, CloseCause.PeerBusy, "the peer asks for another cookie each time", now);
            return;
        }

        if (ErrorNotify.Find(response) is { } error)
        {
            if (_restarts > 0 && _keyExchange.IsCurrent(error)) return; // likewise: we do as it says already
            if (error.NotifyType == NotifyType.InvalidKePayload && _keyExchange.TryRestart(sa, error)) Restart(sa, CloseCause.InvalidKeyExchange, "the peer keeps asking for another group", now);
            else sa.Closed(ErrorNotify.ToIkeReason(error), now);
            return;
        }

        if (Agree(sa, header, datagram, response) is { } fault) sa.Closed(fault, now);
        else Proceed(sa, response, now);
    }

    public override void Abandon() => _keyExchange.Discard();

    private void Restart(IkeSa sa, CloseCause tooOften, string detail, Instant now)
    {
        if (++_restarts > MaxRestarts)
            sa.Closed(new CloseReason(tooOften, Detail: detail), now);
        else
            Send(sa, now);
    }

    // --> HDR, [N(COOKIE),] SAi1, KEi, Ni, N(NATD_S), N(NATD_D), N(FRAGMENTATION_SUPPORTED), N(SIGNATURE_HASH_ALGORITHMS), [N(INTERMEDIATE_EXCHANGE_SUPPORTED),] [N(USE_PPK),] [V, ...]
    private void Send(IkeSa sa, Instant now)
    {
        var payloads = new List<Payload>();
        if (_cookie is not null) payloads.Add(new NotifyPayload(ProtocolId.None, [], NotifyType.Cookie, _cookie));
        payloads.Add(new SaPayload(_offers));
        payloads.AddRange(_keyExchange.Payloads());
        payloads.Add(new NoncePayload(_ni));
        payloads.AddRange(NatDetection.Notifies(sa.InitiatorSpi, 0, sa.Path, connection.ForceUdpEncapsulation));
        if (sa.Endpoint.Options.FragmentOctets > 0) payloads.Add(Fragmentation.Supported);
        if (ProposalSelection.HasAdditional(_offers)) payloads.Add(Intermediate.Supported);
        if (connection.Ppk is not null) payloads.Add(Ppk.Supported);
        if (connection.Credential.WantsPeerCertificate) payloads.Add(SignatureChoice.Announcement);
        payloads.AddRange(sa.Endpoint.Options.VendorIds.Select(static id => new VendorIdPayload(id)));
        _request = sa.SendSaInit(this, payloads, now);
    }

    private CloseReason? Agree(IkeSa sa, IkeHeader header, ReadOnlySpan<byte> datagram, PayloadList response)
    {
        if (header.ResponderSpi == 0
            || response.Find<SaPayload>() is not { Proposals: [var chosen] }
            || response.Find<KePayload>() is not { } ke
            || response.Find<NoncePayload>() is not { } nonce)
            return new CloseReason(CloseCause.ProtocolError, Detail: "the answer to IKE_SA_INIT lacks SA, KE, Nonce or SPI");

        if (!ProposalSelection.IsAnswerTo(_offers, chosen)
            || !ProposalSelection.TryReadIkeSuite(chosen, out var suite)
            || suite.KeyExchange != _keyExchange.Method)
            return new CloseReason(CloseCause.NoIkeProposalChosen, Detail: "the peer chose an IKE proposal that was not offered");

        if (suite.AdditionalKeyExchanges.Length > 0 && response.Notify(NotifyType.IntermediateExchangeSupported) is null)
            return new CloseReason(CloseCause.ProtocolError, Detail: "the peer chose further key exchanges, but not IKE_INTERMEDIATE");

        if (!_keyExchange.TryFinish(ke, out var shared))
            return new CloseReason(CloseCause.InvalidKeyExchange, Detail: $"the peer's public value for {suite.KeyExchange} is not valid");

        using (shared)
        {
            var prf = sa.Endpoint.Algorithms.Prf(suite.Prf)!;
            sa.ResponderSpi = header.ResponderSpi;
            sa.SetKeys(suite, prf, IkeKeys.Derive(prf, suite, shared, _ni, nonce.Nonce, sa.InitiatorSpi, sa.ResponderSpi));
        }

        _transcript = new SaInitTranscript(_request, datagram.ToArray(), _ni, nonce.Nonce);
        return null;
    }

    private void Proceed(IkeSa sa, PayloadList response, Instant now)
    {
        // §2.23: the peer's hashes were made over the addresses it saw.
        var situation = NatDetection.Evaluate(response, sa.InitiatorSpi, sa.ResponderSpi, sa.Path);
        sa.Nat = situation ?? NatSituation.None;
        sa.PeerHashes = SignatureChoice.AnnouncedIn(response);
        sa.SpeaksOfPpk = response.Notify(NotifyType.UsePpk) is not null;
        sa.IsPeerChildless = response.Notify(NotifyType.ChildlessIkev2Supported) is not null;
        sa.UsesFragments = Fragmentation.IsAgreed(sa.Endpoint.Options, response);
        sa.PretendsNat = connection.ForceUdpEncapsulation;
        if (!sa.Path.HasNonEspMarker && situation is not null
            && (situation != NatSituation.None || connection.ForceUdpEncapsulation || connection.Mobike)) // RFC 4555 §3.3: a NAT may come later
        {
            sa.MoveTo(new Path(
                sa.Path.Local with { Port = sa.Endpoint.Options.NatTraversalPort },
                sa.Path.Remote with { Port = Path.NatTraversalPort }));
        }

        sa.Settle();
        sa.Become(new IkeState.AuthSent());
        sa.Enqueue(Intermediate.Next(sa, _transcript!, signed => new IkeAuth(connection, signed)), now);
    }
}
