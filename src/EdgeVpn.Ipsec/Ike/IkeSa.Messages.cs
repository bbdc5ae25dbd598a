using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Our requests, their answers and retransmissions: message IDs and the SK envelope of one IKE SA (RFC 7296 §2.1–2.3). The peer's requests are in <c>IkeSa.Requests.cs</c>.</summary>
internal sealed partial class IkeSa
{
    private const int UdpHeaderOctets = 8;
    private readonly MessageWindow _window = new();

    /// <summary>The message ID that the next request of ours will carry.</summary>
    public uint NextRequestId => _window.NextRequestId;

    /// <summary>Both ends said IKEV2_FRAGMENTATION_SUPPORTED in the IKE_SA_INIT that began it all (RFC 7383 §2.3).</summary>
    public bool UsesFragments { get; set; }

    /// <summary>Octets of an IKE message whose IP packet is not fragmented; 0 where the peer reads no fragments.</summary>
    private int FragmentLimit => UsesFragments
        ? Endpoint.Options.FragmentOctets - (Path.Remote.Address.IsIPv6 ? 40 : 20) - UdpHeaderOctets - (Path.HasNonEspMarker ? 4 : 0)
        : 0;

    /// <summary>Our exchange that is on its way.</summary>
    public Exchange? Current { get; private set; }

    /// <summary>Sends our IKE_SA_INIT request, or sends it again with a cookie or another group: always message ID 0.</summary>
    public byte[] SendSaInit(Exchange exchange, IReadOnlyList<Payload> payloads, Instant now)
    {
        _window.RestartSaInit();
        Current = exchange;
        var header = Header(ExchangeType.IkeSaInit, isResponse: false, _window.StartRequest());
        var datagram = PayloadChain.WriteMessage(header, payloads);
        Track(header, [datagram], payloads, now);
        return datagram;
    }

    /// <summary>Records the answer to the request that made this SA, and sends it.</summary>
    public void AnswerSaInit(ReadOnlySpan<byte> request, PayloadList requestPayloads, byte[] response, IReadOnlyList<Payload> payloads, Instant now)
    {
        _window.Answered(0, request, [response]);
        _lastHeard = now;
        var header = Header(ExchangeType.IkeSaInit, isResponse: true, 0);
        See(sent: false, false, header with { Flags = header.Flags & ~IkeHeaderFlags.Response }, requestPayloads);
        See(sent: true, false, header, payloads);
        Endpoint.Transmit(Path, response);
    }

    /// <summary>A datagram whose header names this SA.</summary>
    public void Receive(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        if (header.IsResponse) ReceiveResponse(header, datagram, path, now);
        else ReceiveRequest(header, datagram, path, now);
    }

    /// <summary>Begins queued exchanges while none is on its way.</summary>
    private void Pump(Instant now)
    {
        while (Current is null && State is not IkeState.Closed && _envelope is not null && Next is { } exchange)
        {
            if ((State is IkeState.Closing && exchange is not IkeDelete) || (State is IkeState.Replaced && exchange is not (IkeDelete or MobikeUpdate)))
            {
                TakeNext();
                exchange.Abandon();
                continue;
            }

            if (!exchange.IsReady(this, now)) return;
            TakeNext();
            if (exchange.Begin(this, now) is not { } payloads)
            {
                exchange.Abandon();
                continue;
            }

            Current = exchange;
            var header = Header(exchange.Type, isResponse: false, _window.StartRequest());
            NoteIntermediateSent(header, payloads);
            Track(header, _envelope.Seal(header, payloads, FragmentLimit), payloads, now);
        }
    }

    private void Track(IkeHeader header, ImmutableArray<byte[]> datagrams, IReadOnlyList<Payload> payloads, Instant now)
    {
        _window.Sent(new PendingRequest(header.MessageId, datagrams, now));
        Timers.Set(IkeTimer.Retransmit, now + Policy.Wait(1, Endpoint.Entropy));
        See(sent: true, false, header, payloads);
        Transmit(Current?.Way(1) ?? Path, datagrams);
        Endpoint.Touch(this); // it may not be the SA that the caller is about
    }

    private RetransmitPolicy Policy => State is IkeState.SaInitSent or IkeState.AuthSent
        ? Connection.SetUpRetransmission ?? Endpoint.Options.SetUpRetransmission
        : RetransmitPolicy.Established(Connection.DpdTimeout);

    private void Retransmit(Instant now)
    {
        if (_window.Outstanding is not { } request) return;
        if (now - request.FirstSent >= Policy.GiveUpAfter)
        {
            GiveUp(now);
            return;
        }

        request.Transmissions++;
        Timers.Set(
            IkeTimer.Retransmit,
            Instant.Min(now + Policy.Wait(request.Transmissions, Endpoint.Entropy), request.FirstSent + Policy.GiveUpAfter));
        Repeat(Current?.Way(request.Transmissions) ?? Path, request.Datagrams);
        ProbeOtherPaths(request);
    }

    private void GiveUp(Instant now) => Closed(
        Current?.KnownFault ?? State switch
        {
            IkeState.SaInitSent => new CloseReason(CloseCause.PeerSilent),
            IkeState.AuthSent when Path.HasNonEspMarker => new CloseReason(CloseCause.PeerSilentAfterNat),
            IkeState.AuthSent => new CloseReason(CloseCause.PeerSilentAfterSaInit),
            IkeState.Closing closing => closing.Reason,
            IkeState.Replaced => new CloseReason(CloseCause.Rekeyed),
            _ => new CloseReason(CloseCause.PeerGone),
        },
        now);

    private void ReceiveResponse(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        if (IsHint(header, datagram, now)) return;
        if (Current is not { } exchange || _window.Outstanding is not { } request || _waitingResponse is not null
            || header.MessageId != request.MessageId || header.Exchange != exchange.Type)
        {
            Endpoint.Counters.UnexpectedResponses++;
            return;
        }

        if (exchange is SaInit)
        {
            ReceiveSaInitResponse(header, datagram, path, now);
            return;
        }

        switch (Open(header, datagram, now, out var payloads))
        {
            case SkEnvelope.OpenResult.Incomplete:
                return;
            case SkEnvelope.OpenResult.NotAuthentic:
                Endpoint.Counters.NotAuthentic++;
                return;
            case SkEnvelope.OpenResult.Malformed:
                Settle();
                exchange.Abandon();
                Fail(new CloseReason(CloseCause.ProtocolError, Detail: "the peer's answer cannot be read"), now);
                return;
            case SkEnvelope.OpenResult.Ok:
                break;
            default:
                throw new InvalidOperationException();
        }

        See(sent: false, false, header, payloads!);
        FollowProbe(path, now);
        if (path == exchange.Way(1)) Heard(now); // a way that was asked is no mapping that moved
        else Authentic(path, now);
        exchange.AnsweredOver(path);
        Take(new WaitingMessage(header, [], payloads!, path), now);
    }

    /// <summary>The answer to the request on its way, as soon as everything that its handling needs is there.</summary>
    private void Take(WaitingMessage response, Instant now)
    {
        var exchange = Current!;
        var (header, datagram, payloads, _) = response;
        if (!exchange.IsReadyFor(this, payloads, now))
        {
            _waitingResponse = response;
            Timers.Stop(IkeTimer.Retransmit); // it is answered; what is left is ours to do
            return;
        }

        _waitingResponse = null;
        if (exchange is SaInit saInit)
        {
            saInit.Complete(this, header, datagram, payloads, now);
            Pump(now);
            return;
        }

        Settle();
        if (State is IkeState.Closing && exchange is not IkeDelete && payloads.Notify(NotifyType.InvalidSyntax) is null)
            exchange.Overtaken(this, payloads, now);
        else if (payloads.UnsupportedCritical is { } critical)
        {
            exchange.Abandon();
            Fail(new CloseReason(CloseCause.ProtocolError, Detail: $"the peer's answer holds critical payload {(byte)critical}"), now);
        }
        else if (payloads.Notify(NotifyType.InvalidSyntax) is { } fatal)
        {
            exchange.Abandon();
            Closed((State as IkeState.Closing)?.Reason ?? ErrorNotify.ToIkeReason(fatal), now); // the peer is rid of it already (§2.21.3)
        }
        else if (MessageRules.FaultOfResponse(header.Exchange, PayloadPlace.Encrypted, payloads) is { } fault)
        {
            exchange.Abandon();
            Fail(new CloseReason(CloseCause.ProtocolError, Detail: fault), now);
        }
        else
        {
            exchange.Complete(this, payloads, now);
        }

        Pump(now);
    }

    private void ReceiveSaInitResponse(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        if (PayloadList.TryRead(header.NextPayload, datagram[IkeHeader.Size..], out var payloads) != WireError.None
            || payloads!.UnsupportedCritical is not null
            || MessageRules.FaultOfResponse(header.Exchange, PayloadPlace.Clear, payloads) is not null
            || path.Remote.Address != Path.Remote.Address)
        {
            Endpoint.Counters.MalformedMessages++; // anyone could have sent it: go on waiting (§2.21.1)
            return;
        }

        See(sent: false, false, header, payloads);
        Take(new WaitingMessage(header, datagram.ToArray(), payloads, path), now);
    }

    /// <summary>The answer to the outstanding request is in: the next may begin.</summary>
    public void Settle()
    {
        _window.Settle();
        Timers.Stop(IkeTimer.Retransmit);
        Current = null;
    }

    private SkEnvelope.OpenResult Open(IkeHeader header, ReadOnlySpan<byte> datagram, Instant now, out PayloadList? payloads)
    {
        var result = _envelope!.TryOpen(header, datagram, UsesFragments, now, out payloads);
        Timers.Set(IkeTimer.Reassembly, _envelope.Deadline);
        NoteIntermediateReceived(header, result);
        return result;
    }

    private void Repeat(Path path, ImmutableArray<byte[]> datagrams)
    {
        if (IkeHeader.TryRead(datagrams[0], out var header) == WireError.None) See(sent: true, retransmission: true, header, []);
        Transmit(path, datagrams);
    }

    private void Transmit(Path path, ImmutableArray<byte[]> datagrams)
    {
        foreach (var datagram in datagrams) Endpoint.Transmit(path, datagram);
    }

    /// <summary>An authentic, new message came: the peer lives, and if it is behind a NAT its mapping may have moved (§2.23).</summary>
    private void Authentic(Path path, Instant now)
    {
        Heard(now);
        if (State is IkeState.AwaitAuth || Nat.HasFlag(NatSituation.Remote)) MoveTo(path);
    }

    /// <summary>The peer broke the protocol inside an authenticated exchange: say so by deleting the SA.</summary>
    private void Fail(CloseReason reason, Instant now)
    {
        Endpoint.Counters.MalformedMessages++;
        StartClose(reason, now, NotifyType.InvalidSyntax);
    }

    private IkeHeader Header(ExchangeType exchange, bool isResponse, uint messageId) => new(
        InitiatorSpi,
        ResponderSpi,
        PayloadType.None,
        IkeHeader.Version2,
        exchange,
        (WeInitiated ? IkeHeaderFlags.Initiator : IkeHeaderFlags.None) | (isResponse ? IkeHeaderFlags.Response : IkeHeaderFlags.None),
        messageId,
        0);

    private void See(bool sent, bool retransmission, IkeHeader header, IReadOnlyList<Payload> payloads) =>
        Endpoint.Emit(new IkeOutput.MessageSeen(
            Id,
            ConnectionName,
            sent,
            retransmission,
            header.Exchange,
            header.IsResponse,
            header.MessageId,
            MessageSummary.Of(payloads),
            Path));
}
