using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Puts payloads into an Encrypted and Authenticated payload and takes them out (RFC 7296 §3.14).</summary>
internal sealed class SkEnvelope(SkCipher outbound, SkCipher inbound) : IDisposable
{
    /// <summary>A protected message holds no more payload octets than this: a UDP datagram's worth.</summary>
    private const int MaxMessageOctets = 65_507;

    public enum OpenResult
    {
        Ok,

        /// <summary>Not from the peer: drop it, count it, change nothing.</summary>
        NotAuthentic,

        /// <summary>From the peer, but it cannot be read: INVALID_SYNTAX.</summary>
        Malformed,
    }

    public byte[] Seal(IkeHeader header, IReadOnlyList<Payload> payloads)
    {
        var plaintext = new byte[payloads.Count == 0 ? 0 : MaxMessageOctets];
        var length = PayloadChain.Write(payloads, plaintext, out var first);
        const int BodyOffset = IkeHeader.Size + PayloadView.HeaderSize;
        var message = new byte[BodyOffset + outbound.SealedLength(length)];
        (header with { NextPayload = PayloadType.Encrypted, Length = (uint)message.Length }).Write(message);
        var sk = message.AsSpan(IkeHeader.Size);
        sk[0] = (byte)first;
        sk[1] = 0;
        sk[2] = (byte)((message.Length - IkeHeader.Size) >> 8);
        sk[3] = (byte)(message.Length - IkeHeader.Size);
        plaintext.AsSpan(0, length).CopyTo(message.AsSpan(BodyOffset + outbound.IvOctets));
        outbound.Seal(message, BodyOffset, length);
        return message;
    }

    /// <summary>Opens a message and reads its chain. What stands in clear before the SK payload is not used.</summary>
    public OpenResult TryOpen(IkeHeader header, ReadOnlySpan<byte> datagram, out PayloadList? payloads)
    {
        payloads = null;
        var reader = new PayloadReader(header.NextPayload, datagram[IkeHeader.Size..]);
        while (reader.MoveNext())
        {
            var payload = reader.Current;
            if (payload.Type != PayloadType.Encrypted) continue;
            var bodyOffset = IkeHeader.Size + payload.Offset + PayloadView.HeaderSize;
            if (bodyOffset + payload.Body.Length != datagram.Length) return OpenResult.NotAuthentic;
            var message = datagram.ToArray();
            if (!inbound.TryOpen(message, bodyOffset, out var offset, out var length)) return OpenResult.NotAuthentic;
            return PayloadList.TryRead(payload.Next, message.AsSpan(offset, length), out payloads) == WireError.None
                ? OpenResult.Ok
                : OpenResult.Malformed;
        }

        return OpenResult.NotAuthentic;
    }

    public void Dispose()
    {
        outbound.Dispose();
        inbound.Dispose();
    }
}
