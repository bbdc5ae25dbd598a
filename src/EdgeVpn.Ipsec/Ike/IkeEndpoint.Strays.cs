using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Messages outside of any SA: what is answered in clear, and what such an answer means to us (RFC 7296 §1.5, §2.5, §2.21.4).</summary>
public sealed partial class IkeEndpoint
{
    /// <summary>A header, a generic payload header and a notification without SPI or data.</summary>
    private const int StrayAnswerOctets = IkeHeader.Size + PayloadView.HeaderSize + 4;

    private readonly TokenBucket _strayAnswers = new();

    /// <summary>Whether the message is for a higher major version than ours; the header of the answer says which one we speak (§2.5).</summary>
    private bool IsForLaterVersion(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        if (header.MajorVersion <= 2) return false;
        Counters.LaterVersions++;
        AnswerStray(header, datagram, NotifyType.InvalidMajorVersion, path, now);
        return true;
    }

    /// <summary>A message for an SPI that we do not know: perhaps we restarted, and the peer does not know yet (§2.21.4).</summary>
    private void ReceiveUnknownSpi(IkeHeader header, ReadOnlySpan<byte> datagram, Path path, Instant now)
    {
        Counters.UnknownSpis++;
        if (header.Exchange != ExchangeType.IkeSaInit) AnswerStray(header, datagram, NotifyType.InvalidIkeSpi, path, now);
    }

    /// <summary>
    /// Says in clear why a request is not answered. Never in answer to an answer, never longer than what came, ten at once and then one a second.
    /// </summary>
    private void AnswerStray(IkeHeader request, ReadOnlySpan<byte> datagram, NotifyType why, Path path, Instant now)
    {
        if (request.IsResponse || datagram.Length < StrayAnswerOctets || !_strayAnswers.TryTake(now)) return;
        Counters.StraysAnswered++;
        Transmit(path, PayloadChain.WriteMessage(
            request with
            {
                Version = IkeHeader.Version2,
                Flags = IkeHeaderFlags.Response | (request.IsFromOriginalInitiator ? IkeHeaderFlags.None : IkeHeaderFlags.Initiator),
            },
            [new NotifyPayload(ProtocolId.None, [], why, [])]));
    }
}
