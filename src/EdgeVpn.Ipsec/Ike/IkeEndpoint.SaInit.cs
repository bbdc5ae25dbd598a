using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What a stranger can reach: IKE_SA_INIT as responder. Cheap checks first, nothing kept before a cookie under load (RFC 7296 §2.6).</summary>
public sealed partial class IkeEndpoint
{
    /// <summary>Two SAs of opposite direction count as a simultaneous initiation when established within this of each other: two lossy set-ups.</summary>
    private static readonly TimeSpan SimultaneousWithin = TimeSpan.FromSeconds(60);

    /// <summary>Authorities that a stranger is told of: the answer in clear stays in one packet.</summary>
    private const int MaxAuthorities = 16;

    private readonly CookieJar _cookies;
    private readonly Dictionary<(ulong InitiatorSpi, IpEndpoint Source), IkeSa> _initiations = [];
    private readonly Dictionary<IpAddress, int> _halfOpenBySource = [];
    private readonly TokenBucket _refusals = new();
    private int _halfOpen;

    internal void ReportRefusal(Path path, CloseReason reason, Instant now)
    {
        Counters.AttemptsRefused++;
        if (_refusals.TryTake(now)) Emit(new IkeOutput.AttemptRefused(path, reason));
    }

    /// <summary>The connections that an SA in IKE_AUTH may turn out to belong to.</summary>
    internal IEnumerable<IkeConnection> Candidates(IkeSa sa) => _connections.Values
        .Where(c => c.MayRespond && c.AcceptsFrom(sa.Path.Remote.Address)
            && sa.ChosenProposal is { } chosen && ProposalSelection.Choose(Accepted(c), [chosen]) is not null)
        .OrderBy(static c => c.RemoteAddresses.IsEmpty)
        .ThenBy(static c => c.Name, StringComparer.Ordinal);

    internal void OnEstablished(IkeSa sa, Instant now)
    {
        EndHalfOpen(sa);
        ResolveDuplicates(sa, now);
    }

    /// <summary>Both ends may have initiated at once: of two SAs the one with the lower initiator SPI stays, and its loser's initiator closes it.</summary>
    /// <remarks>Not before the peer was heard on the one that stays: our answer to its IKE_AUTH may be on its way still, and traffic would go where nobody receives.</remarks>
    private void ResolveDuplicates(IkeSa sa, Instant now)
    {
        foreach (var other in SasOf(sa.ConnectionName))
        {
            if (other == sa || !other.IsEstablished) continue;
            if (!AreSimultaneous(sa, other)) continue;
            var (winner, loser) = other.InitiatorSpi < sa.InitiatorSpi ? (other, sa) : (sa, other);
            if (!loser.WeInitiated) continue;
            winner.Outlast(loser, now);
            Touch(winner);
        }
    }

    private static IEnumerable<Proposal> Accepted(IkeConnection connection) =>
        connection.IkeProposals.Concat(connection.AcceptedIkeProposals);

    private void ReceiveSaInit(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        if (header.InitiatorSpi == 0)
        {
            Counters.InvalidHeaders++;
            return;
        }

        if (_initiations.TryGetValue((header.InitiatorSpi, path.Remote), out var known))
        {
            known.Receive(header, datagram, path, now);
            Touch(known);
            return;
        }

        if (!IsExpected(path.Remote.Address))
        {
            Counters.UnknownSources++;
            return;
        }

        if (_halfOpen >= Options.CookieThreshold && !HasGoodCookie(header, datagram, path, now)) return;
        if (_halfOpen >= Options.MaxHalfOpen
            || (_halfOpenBySource.TryGetValue(path.Remote.Address, out var count) && count >= Options.MaxHalfOpenPerSource))
        {
            Counters.HalfOpenRefused++;
            return;
        }

        if (PayloadList.TryRead(header.NextPayload, datagram[IkeHeader.Size..], out var request) != WireError.None)
        {
            Counters.MalformedMessages++;
            return;
        }

        if (request!.UnsupportedCritical is { } critical)
        {
            AnswerStateless(header, new NotifyPayload(ProtocolId.None, [], NotifyType.UnsupportedCriticalPayload, [(byte)critical]), path);
            return;
        }

        if (MessageRules.FaultOfRequest(header.Exchange, PayloadPlace.Clear, request) is not null
            || request.Find<SaPayload>() is not { } offered || request.Find<KePayload>() is not { } ke || request.Find<NoncePayload>() is not { } nonce)
        {
            Counters.MalformedMessages++;
            return;
        }

        var chosen = ProposalSelection.Choose(
            _connections.Values.Where(c => c.MayRespond && c.AcceptsFrom(path.Remote.Address)).SelectMany(Accepted),
            offered.Proposals,
            preferredMethod: ke.Method,
            allowAdditional: request.Notify(NotifyType.IntermediateExchangeSupported) is not null);
        if (chosen is null || !ProposalSelection.TryReadIkeSuite(chosen, out var suite))
        {
            ReportRefusal(path, new CloseReason(CloseCause.NoIkeProposalChosen, Detail: ProposalText.Of(offered.Proposals)), now);
            AnswerStateless(header, ErrorNotify.Of(NotifyType.NoProposalChosen), path);
            return;
        }

        if (ke.Method != suite.KeyExchange)
        {
            AnswerStateless(header, ErrorNotify.InvalidKePayload(suite.KeyExchange), path);
            return;
        }

        var method = Algorithms.KeyExchange(suite.KeyExchange)!;
        var later = Defers(method) ? AgreeErrand.Of(method.Initiate(Entropy), ke.Data) : null;
        var publicValue = later?.PublicValue;
        Secret? shared = null;
        if (later is null && !method.TryRespond(ke.Data, Entropy, out publicValue, out shared))
        {
            Counters.MalformedMessages++;
            return;
        }

        using (shared)
        {
            var sa = new IkeSa(this, weInitiated: false, header.InitiatorSpi, path, connection: null)
            {
                ResponderSpi = NewIkeSpi(),
                ChosenProposal = chosen,
                Source = path.Remote,
                BegunAt = now,
                UsesFragments = Fragmentation.IsAgreed(Options, request),
            };
            sa.Nat = NatDetection.Evaluate(request, header.InitiatorSpi, 0, path) ?? NatSituation.None;
            var nr = NewNonce();
            var prf = Algorithms.Prf(suite.Prf)!;
            if (later is not null) sa.SetKeysLater(new LaterKeys(suite, later, nonce.Nonce, nr));
            else sa.SetKeys(suite, prf, IkeKeys.Derive(prf, suite, shared!, nonce.Nonce, nr, sa.InitiatorSpi, sa.ResponderSpi));

            var candidates = Candidates(sa).ToList();
            sa.PretendsNat = candidates.Exists(static c => c.ForceUdpEncapsulation);
            sa.SpeaksOfPpk = request.Notify(NotifyType.UsePpk) is not null && candidates.Exists(static c => c.Ppk is not null);
            sa.PeerHashes = SignatureChoice.AnnouncedIn(request);
            var authorities = candidates.SelectMany(static c => c.Credential.PeerAuthorities).DistinctBy(Convert.ToHexString).Take(MaxAuthorities).ToList();

            // <-- HDR, SAr1, KEr, Nr, N(NATD_S), N(NATD_D), [N(FRAGMENTATION_SUPPORTED),] [N(INTERMEDIATE_EXCHANGE_SUPPORTED),] [N(USE_PPK),] [N(CHILDLESS_IKEV2_SUPPORTED),] [V, ...], [N(SIGNATURE_HASH_ALGORITHMS), CERTREQ]
            Payload[] payloads =
            [
                new SaPayload([chosen with { Spi = [] }]),
                new KePayload(suite.KeyExchange, publicValue!),
                new NoncePayload(nr),
                .. NatDetection.Notifies(sa.InitiatorSpi, sa.ResponderSpi, path, sa.PretendsNat),
                .. sa.UsesFragments ? [Fragmentation.Supported] : Array.Empty<Payload>(),
                .. suite.AdditionalKeyExchanges.IsEmpty ? Array.Empty<Payload>() : [Intermediate.Supported],
                .. sa.SpeaksOfPpk ? [Ppk.Supported] : Array.Empty<Payload>(),
                .. Options.AnnouncesChildless ? [new NotifyPayload(ProtocolId.None, [], NotifyType.ChildlessIkev2Supported, [])] : Array.Empty<Payload>(),
                .. Options.VendorIds.Select(static id => new VendorIdPayload(id)),
                .. authorities.Count > 0 ? [SignatureChoice.Announcement, .. CertificateProof.Request(authorities)] : Array.Empty<Payload>(),
            ];
            var response = PayloadChain.WriteMessage(
                header with { ResponderSpi = sa.ResponderSpi, Flags = IkeHeaderFlags.Response }, payloads);
            sa.Become(new IkeState.AwaitAuth(new SaInitTranscript(datagram.ToArray(), response, nonce.Nonce, nr)));
            Register(sa);
            BeginHalfOpen(sa, now);
            sa.AnswerSaInit(datagram, request, response, payloads, now);
            Touch(sa);
        }
    }

    private bool IsExpected(IpAddress remote)
    {
        foreach (var connection in _connections.Values)
        {
            if (connection.MayRespond && connection.AcceptsFrom(remote)) return true;
        }

        return false;
    }

    /// <summary>Checks the cookie, or asks for one. Allocates nothing but the small answer.</summary>
    private bool HasGoodCookie(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        ReadOnlySpan<byte> cookie = default;
        ReadOnlySpan<byte> nonce = default;
        var reader = new PayloadReader(header.NextPayload, datagram[IkeHeader.Size..]);
        while (reader.MoveNext())
        {
            var payload = reader.Current;
            if (payload.Type == PayloadType.Nonce) nonce = payload.Body;
            else if (payload.Type == PayloadType.Notify && cookie.IsEmpty && IsCookie(payload.Body)) cookie = payload.Body[4..];
        }

        if (reader.Error != WireError.None || nonce.Length is < 16 or > 256)
        {
            Counters.MalformedMessages++;
            return false;
        }

        if (!cookie.IsEmpty && _cookies.Verify(cookie, nonce, header.InitiatorSpi, path.Remote, now)) return true;

        var fresh = new byte[CookieJar.CookieOctets];
        _cookies.Make(nonce, header.InitiatorSpi, path.Remote, now, fresh);
        Counters.CookiesSent++;
        AnswerStateless(header, new NotifyPayload(ProtocolId.None, [], NotifyType.Cookie, fresh), path);
        return false;
    }

    /// <summary>Protocol ID 0, SPI size 0, type COOKIE.</summary>
    private static bool IsCookie(ReadOnlySpan<byte> notify) =>
        notify.Length >= 4 && notify[1] == 0 && ((notify[2] << 8) | notify[3]) == (ushort)NotifyType.Cookie;

    private void AnswerStateless(IkeHeader request, NotifyPayload notify, Path path) =>
        Transmit(path, PayloadChain.WriteMessage(request with { ResponderSpi = 0, Flags = IkeHeaderFlags.Response }, [notify]));

    private void BeginHalfOpen(IkeSa sa, Instant now)
    {
        _initiations[(sa.InitiatorSpi, sa.Source)] = sa;
        _halfOpen++;
        sa.CountsAsHalfOpen = true;
        _halfOpenBySource[sa.Source.Address] = _halfOpenBySource.GetValueOrDefault(sa.Source.Address) + 1;
        sa.Timers.Set(IkeTimer.HalfOpen, now + Options.HalfOpenTimeout);
    }

    /// <summary>Once established or forgotten: a refused attempt that still answers retransmissions takes memory too.</summary>
    private void EndHalfOpen(IkeSa sa)
    {
        if (!sa.CountsAsHalfOpen) return;
        sa.CountsAsHalfOpen = false;
        _halfOpen--;
        if (--_halfOpenBySource[sa.Source.Address] == 0) _halfOpenBySource.Remove(sa.Source.Address);
    }
}
