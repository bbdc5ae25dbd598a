using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>The peer's requests: each is answered once, and its answer given again to whoever asks again (RFC 7296 §2.1–2.3).</summary>
internal sealed partial class IkeSa
{
    private void ReceiveRequest(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        var again = header.NextPayload == PayloadType.EncryptedFragment
            ? AnswerToFragment(header, datagram)
            : _window.AnswerAgain(header.MessageId, datagram);
        if (!again.IsDefault)
        {
            Endpoint.Counters.RepeatedRequests++;
            _heldAnswer = null;
            Repeat(path, again);
            return;
        }

        if (_laterKeys is { } later && header.MessageId == _window.ExpectedRequestId)
        {
            WaitForKeys(later, datagram, path, now);
            return;
        }

        if (_waitingRequest is { } waiting && header.MessageId == waiting.Header.MessageId)
        {
            Endpoint.Counters.RepeatedRequests++; // its answer is being worked out
            return;
        }

        if (_envelope is null || header.MessageId != _window.ExpectedRequestId || State is IkeState.Closed or IkeState.AuthSent)
        {
            ReceiveOutsideWindow(header, datagram, now);
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
                Endpoint.Counters.MalformedMessages++;
                Respond(header, datagram, [ErrorNotify.Of(NotifyType.InvalidSyntax)], path);
                Closed(new CloseReason(CloseCause.ProtocolError, Detail: "the peer's request cannot be read"), now);
                return;
            case SkEnvelope.OpenResult.Ok:
                break;
            default:
                throw new InvalidOperationException();
        }

        See(sent: false, false, header, payloads!);
        Authentic(path, now);
        Children.Confirm();
        if (ContenderFor is { } old && !payloads!.All<DeletePayload>().Any(static d => d.Protocol == ProtocolId.Ike))
            IkeSuccessor.TakeOver(old, this, now); // whoever speaks on it took it for the survivor
        if (payloads!.UnsupportedCritical is { } critical)
        {
            Respond(
                header, datagram, [new NotifyPayload(ProtocolId.None, [], NotifyType.UnsupportedCriticalPayload, [(byte)critical])], path);
            return;
        }

        if (MessageRules.FaultOfRequest(header.Exchange, PayloadPlace.Encrypted, payloads) is { } fault)
        {
            Endpoint.Counters.MalformedMessages++;
            Respond(header, datagram, [ErrorNotify.Of(NotifyType.InvalidSyntax)], path);
            Closed(new CloseReason(CloseCause.ProtocolError, NotifyType.InvalidSyntax, fault), now);
            return;
        }

        Answer(new WaitingMessage(header, datagram.ToArray(), payloads, path), now);
    }

    /// <summary>Answers a request of the peer's, as soon as everything that the answer needs is there.</summary>
    private void Answer(WaitingMessage request, Instant now)
    {
        var (header, datagram, payloads, path) = request;
        var drains = Drains(payloads, now);
        var answering = Answering.Request(this, header.Exchange, payloads, path, now);
        if (answering.IsLater)
        {
            _waitingRequest = request;
            return;
        }

        _waitingRequest = null;
        _forAnswer?.Dispose();
        _forAnswer = null;
        var answer = Seal(header, datagram, answering.Payloads);
        answering.Then?.Invoke();
        if (drains) Hold(path, answer, now);
        else Transmit(path, answer);
        if (answering.IsFatal) Closed(new CloseReason(CloseCause.ProtocolError, NotifyType.InvalidSyntax), now);
        Pump(now);
    }

    private void Respond(IkeHeader request, ReadOnlySpan<byte> datagram, IReadOnlyList<Payload> payloads, Path path) =>
        Transmit(path, Seal(request, datagram, payloads));

    /// <summary>Makes the answer to a request, which is given from now on to whoever asks again.</summary>
    private ImmutableArray<byte[]> Seal(IkeHeader request, ReadOnlySpan<byte> datagram, IReadOnlyList<Payload> payloads)
    {
        var header = Header(request.Exchange, isResponse: true, request.MessageId);
        var response = _envelope!.Seal(header, payloads, FragmentLimit);
        NoteIntermediateSent(header, payloads);
        _window.Answered(request.MessageId, datagram, response);
        See(sent: true, false, header, payloads);
        return response;
    }

    /// <summary>Fragments of an answered request may have other sizes the second time: its first one, if authentic, asks again.</summary>
    private ImmutableArray<byte[]> AnswerToFragment(IkeHeader header, ReadOnlySpan<byte> datagram) =>
        _window.AnswerTo(header.MessageId) is { IsDefault: false } answer && UsesFragments && IsFirstFragment(datagram) ? answer : default;
}
