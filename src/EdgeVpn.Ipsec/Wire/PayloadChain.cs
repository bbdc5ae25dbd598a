using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>Writes chains of payloads: the mirror of <see cref="PayloadReader"/> and <see cref="PayloadList"/>.</summary>
public static class PayloadChain
{
    /// <summary>Octets that <see cref="Write"/> needs, generic headers included.</summary>
    public static int Measure(IReadOnlyList<Payload> payloads)
    {
        var length = 0;
        for (var index = 0; index < payloads.Count; index++) length += PayloadView.HeaderSize + payloads[index].BodyLength;
        return length;
    }

    /// <summary>Writes the payloads behind each other, each with its generic header; the last Next is zero.</summary>
    /// <param name="payloads">In the order they shall stand in.</param>
    /// <param name="destination">At least <see cref="Measure"/> octets, else <see cref="ArgumentException"/>.</param>
    /// <param name="first">What the IKE header or the SK payload has to name.</param>
    /// <returns>Octets written.</returns>
    public static int Write(IReadOnlyList<Payload> payloads, Span<byte> destination, out PayloadType first)
    {
        first = payloads.Count == 0 ? PayloadType.None : payloads[0].Type;
        var writer = new WireWriter(destination);
        for (var index = 0; index < payloads.Count; index++)
        {
            var payload = payloads[index];
            var start = writer.Position;
            writer.WriteByte((byte)(index + 1 < payloads.Count ? payloads[index + 1].Type : PayloadType.None));
            // Zero for every type of RFC 7296: receivers are required to understand those (§2.5).
            writer.WriteByte(payload is UnknownPayload { IsCritical: true } ? PayloadView.CriticalBit : (byte)0);
            var length = writer.ReserveLength(start);
            payload.WriteBody(ref writer);
            writer.CloseLength(length);
        }

        return writer.Position;
    }

    /// <summary>A whole message in clear: IKE_SA_INIT, or an answer outside of any SA.</summary>
    /// <param name="header">Its NextPayload and Length are replaced by the right ones.</param>
    /// <param name="payloads">In the order they shall stand in.</param>
    public static byte[] WriteMessage(in IkeHeader header, IReadOnlyList<Payload> payloads)
    {
        var message = new byte[IkeHeader.Size + Measure(payloads)];
        Write(payloads, message.AsSpan(IkeHeader.Size), out var first);
        (header with { NextPayload = first, Length = (uint)message.Length }).Write(message);
        return message;
    }

    /// <summary>The generic header of an SK or SKF payload, at the front of <paramref name="destination"/>.</summary>
    /// <param name="destination">At least <see cref="PayloadView.HeaderSize"/> octets.</param>
    /// <param name="firstInner">The first payload inside; <see cref="PayloadType.None"/> if empty, and in later fragments.</param>
    /// <param name="bodyLength">Octets behind the generic header: in SKF its numbers, then IV, ciphertext, ICV.</param>
    public static void WriteEncryptedHeader(Span<byte> destination, PayloadType firstInner, int bodyLength)
    {
        var writer = new WireWriter(destination);
        writer.WriteByte((byte)firstInner);
        writer.WriteReserved(1);
        writer.WriteUInt16(checked((ushort)(PayloadView.HeaderSize + bodyLength)));
    }
}
