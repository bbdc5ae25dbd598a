using System.Buffers.Binary;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Simulation;

/// <summary>A peer that has the keys and breaks the rules: any octets, under any header, correctly sealed.</summary>
internal static class Forger
{
    /// <summary>Seals <paramref name="inner"/> as a message of <paramref name="from"/>'s SA.</summary>
    public static byte[] Seal(
        IkeSa from, ExchangeType exchange, bool isResponse, uint messageId, PayloadType first, ReadOnlySpan<byte> inner, byte version = IkeHeader.Version2) =>
        Seal(from, exchange, isResponse, messageId, [], PayloadType.Encrypted, [], first, inner, version);

    /// <summary>Seals <paramref name="inner"/> as one fragment of a message (RFC 7383 §2.5), whatever the others are.</summary>
    /// <param name="outer">Payloads of no known type that stand in clear before it; of no octets each.</param>
    public static byte[] SealFragment(
        IkeSa from, ExchangeType exchange, bool isResponse, uint messageId, ushort number, ushort total, PayloadType first, ReadOnlySpan<byte> inner, int outer = 0)
    {
        const byte Unknown = 200;
        var clear = new byte[outer * PayloadView.HeaderSize];
        for (var at = 0; at < clear.Length; at += PayloadView.HeaderSize)
            (clear[at], clear[at + 3]) = (at + PayloadView.HeaderSize < clear.Length ? Unknown : (byte)PayloadType.EncryptedFragment, PayloadView.HeaderSize);

        Span<byte> place = stackalloc byte[EncryptedFragmentView.HeaderSize];
        BinaryPrimitives.WriteUInt16BigEndian(place, number); // what the writer of the engine would refuse too
        BinaryPrimitives.WriteUInt16BigEndian(place[sizeof(ushort)..], total);
        return Seal(from, exchange, isResponse, messageId, clear, outer == 0 ? PayloadType.EncryptedFragment : (PayloadType)Unknown, place, first, inner, IkeHeader.Version2);
    }

    public static byte[] Seal(IkeSa from, ExchangeType exchange, bool isResponse, uint messageId, params Payload[] payloads)
    {
        var inner = new byte[60_000];
        var length = PayloadChain.Write(payloads, inner, out var first);
        return Seal(from, exchange, isResponse, messageId, first, inner.AsSpan(0, length));
    }

    /// <summary>What the message that <paramref name="from"/> sealed holds.</summary>
    public static (PayloadType First, byte[] Inner) Open(IkeSa from, byte[] message)
    {
        using var cipher = Cipher(from);
        var copy = (byte[])message.Clone();
        if (!cipher.TryOpen(copy, IkeHeader.Size + PayloadView.HeaderSize, out var offset, out var length))
            throw new ArgumentException("That message is not of this end.", nameof(message));
        return ((PayloadType)message[IkeHeader.Size], copy[offset..(offset + length)]);
    }

    /// <summary>An answer of the <paramref name="responder"/>'s only SA without one of its notifications; other exchanges as they are.</summary>
    public static byte[] Without(Side responder, byte[] datagram, ExchangeType exchange, NotifyType type)
    {
        if (datagram[18] != (byte)exchange) return datagram;
        var sa = responder.Endpoint.Sas.Single();
        var (first, inner) = Open(sa, datagram);
        if (PayloadList.TryRead(first, inner, out var list) != WireError.None) throw new ArgumentException("That message cannot be read.", nameof(datagram));
        var id = BinaryPrimitives.ReadUInt32BigEndian(datagram.AsSpan(20));
        return Seal(sa, exchange, true, id, [.. list!.Where(payload => payload is not NotifyPayload notify || notify.NotifyType != type)]);
    }

    private static byte[] Seal(
        IkeSa from, ExchangeType exchange, bool isResponse, uint messageId, ReadOnlySpan<byte> clear, PayloadType type, ReadOnlySpan<byte> before, PayloadType first, ReadOnlySpan<byte> inner,
        byte version)
    {
        using var cipher = Cipher(from);
        var skOffset = IkeHeader.Size + clear.Length;
        var bodyOffset = skOffset + PayloadView.HeaderSize + before.Length;
        var message = new byte[bodyOffset + cipher.SealedLength(inner.Length)];
        var flags = (from.WeInitiated ? IkeHeaderFlags.Initiator : IkeHeaderFlags.None) | (isResponse ? IkeHeaderFlags.Response : IkeHeaderFlags.None);
        new IkeHeader(from.InitiatorSpi, from.ResponderSpi, type, version, exchange, flags, messageId, (uint)message.Length).Write(message);
        clear.CopyTo(message.AsSpan(IkeHeader.Size));
        message[skOffset] = (byte)first;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(skOffset + 2), (ushort)(message.Length - skOffset));
        before.CopyTo(message.AsSpan(bodyOffset - before.Length));
        inner.CopyTo(message.AsSpan(bodyOffset + cipher.IvOctets));
        cipher.Seal(message, bodyOffset, inner.Length);
        return message;
    }

    private static SkCipher Cipher(IkeSa from)
    {
        var suite = from.Suite!;
        var (encryption, integrity) = from.WeInitiated ? (from.Keys.SkEi, from.Keys.SkAi) : (from.Keys.SkEr, from.Keys.SkAr);
        return AlgorithmCatalog.Default.SkCipher(
            suite.Encryption, suite.KeyLength, suite.Integrity, encryption.Octets, integrity.Octets, new SeededEntropy((ulong)Environment.TickCount64))!;
    }
}
