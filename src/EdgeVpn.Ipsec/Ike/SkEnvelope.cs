using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>
/// Puts payloads into an Encrypted and Authenticated payload, or into the fragments of one, and takes them out (RFC 7296 §3.14, RFC 7383).
/// </summary>
internal sealed class SkEnvelope(SkCipher outbound, SkCipher inbound) : IDisposable
{
    /// <summary>A protected message holds no more payload octets than this: a UDP datagram's worth.</summary>
    private const int MaxMessageOctets = 65_507;

    private const int SkOffset = IkeHeader.Size + PayloadView.HeaderSize;
    private const int SkfOffset = SkOffset + EncryptedFragmentView.HeaderSize;
    private readonly FragmentBuffer _requests = new();
    private readonly FragmentBuffer _responses = new();

    public enum OpenResult
    {
        Ok,

        /// <summary>Not from the peer: drop it, count it, change nothing.</summary>
        NotAuthentic,

        /// <summary>From the peer, but it cannot be read: INVALID_SYNTAX.</summary>
        Malformed,

        /// <summary>A fragment from the peer; others are missing.</summary>
        Incomplete,
    }

    /// <summary>When the fragments of a message that never became whole are dropped.</summary>
    public Instant Deadline => Instant.Min(_requests.Deadline, _responses.Deadline);

    /// <summary>The inner chain of the IKE_INTERMEDIATE message opened last, as it went over the wire; of any other nothing is kept.</summary>
    public ReadOnlyMemory<byte> OpenedChain { get; private set; }

    /// <summary>The first payload of that chain.</summary>
    public PayloadType OpenedFirst { get; private set; }

    /// <summary>The message, in one datagram or, if it would be longer than <paramref name="limit"/>, in as many fragments as it takes.</summary>
    /// <param name="limit">Octets of an IKE message; 0 where the peer reads no fragments.</param>
    public ImmutableArray<byte[]> Seal(IkeHeader header, IReadOnlyList<Payload> payloads, int limit = 0)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(MaxMessageOctets);
        var length = 0;
        try
        {
            length = PayloadChain.Write(payloads, scratch.AsSpan(0, MaxMessageOctets), out var first);
            return Seal(header, first, scratch.AsSpan(0, length), limit);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scratch.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Opens a message and reads its chain. What stands in clear before the SK payload is not used.</summary>
    /// <param name="fragments">Whether both ends agreed on fragments.</param>
    public OpenResult TryOpen(IkeHeader header, ReadOnlySpan<byte> datagram, bool fragments, Instant now, out PayloadList? payloads)
    {
        payloads = null;
        if (!TryDecrypt(datagram, fragments, out var opened)) return OpenResult.NotAuthentic;
        if (opened.Total == 0) return Read(header, opened.First, opened.Plaintext, out payloads);
        var buffer = header.IsResponse ? _responses : _requests;
        return buffer.Add(header.MessageId, opened.Number, opened.Total, opened.First, opened.Plaintext.Span, now, out var whole)
            ? Read(header, buffer.First, whole, out payloads)
            : OpenResult.Incomplete;
    }

    /// <summary>Whether this is the first fragment of a message from the peer: repeated, it asks for the answer again (RFC 7383 §2.6.1).</summary>
    public bool IsFirstFragment(ReadOnlySpan<byte> datagram) => TryDecrypt(datagram, fragments: true, out var opened) && opened is { Number: 1 };

    /// <summary>Whether it comes from the peer; nothing is kept.</summary>
    public bool IsAuthentic(ReadOnlySpan<byte> datagram, bool fragments) => TryDecrypt(datagram, fragments, out _);

    /// <summary>Drops what waited too long.</summary>
    public void DropIncomplete(Instant now)
    {
        if (_requests.Deadline <= now) _requests.Clear();
        if (_responses.Deadline <= now) _responses.Clear();
    }

    public void Dispose()
    {
        outbound.Dispose();
        inbound.Dispose();
    }

    private OpenResult Read(IkeHeader header, PayloadType first, ReadOnlyMemory<byte> chain, out PayloadList? payloads)
    {
        (OpenedFirst, OpenedChain) = (first, header.Exchange == ExchangeType.IkeIntermediate ? chain : default);
        return PayloadList.TryRead(first, chain.Span, out payloads) == WireError.None ? OpenResult.Ok : OpenResult.Malformed;
    }

    private bool TryDecrypt(ReadOnlySpan<byte> datagram, bool fragments, out Opened opened)
    {
        opened = default;
        var reader = new PayloadReader((PayloadType)datagram[16], datagram[IkeHeader.Size..]);
        while (reader.MoveNext())
        {
            var payload = reader.Current;
            if (!payload.Type.EndsChain()) continue;
            var bodyOffset = IkeHeader.Size + payload.Offset + PayloadView.HeaderSize;
            if (bodyOffset + payload.Body.Length != datagram.Length) return false;
            EncryptedFragmentView fragment = default;
            if (payload.Type == PayloadType.EncryptedFragment)
            {
                if (!fragments || EncryptedFragmentView.TryRead(payload, out fragment) != WireError.None) return false;
                bodyOffset += EncryptedFragmentView.HeaderSize;
            }

            var message = datagram.ToArray();
            if (!inbound.TryOpen(message, bodyOffset, out var offset, out var length)) return false;
            opened = new Opened(payload.Next, fragment.FragmentNumber, fragment.TotalFragments, message.AsMemory(offset, length));
            return true;
        }

        return false;
    }

    private int MaxFragmentPlaintext(int limit)
    {
        var padded = limit - SkfOffset - outbound.IvOctets - outbound.IcvOctets;
        padded -= padded % outbound.BlockOctets;
        return padded > 1 ? padded - 1 : throw new InvalidOperationException($"No fragment fits into {limit} octets.");
    }

    private ImmutableArray<byte[]> Seal(IkeHeader header, PayloadType first, ReadOnlySpan<byte> plaintext, int limit)
    {
        var length = plaintext.Length;
        if (limit == 0 || SkOffset + outbound.SealedLength(length) <= limit)
            return [Seal(header, PayloadType.Encrypted, first, [], plaintext)];

        var most = MaxFragmentPlaintext(limit);
        var total = (ushort)((length + most - 1) / most);
        var fragments = ImmutableArray.CreateBuilder<byte[]>(total);
        Span<byte> numbers = stackalloc byte[EncryptedFragmentView.HeaderSize];
        for (ushort number = 1; number <= total; number++)
        {
            var at = (number - 1) * most;
            EncryptedFragmentView.WriteHeader(numbers, number, total);
            fragments.Add(Seal(
                header,
                PayloadType.EncryptedFragment,
                number == 1 ? first : PayloadType.None,
                numbers,
                plaintext.Slice(at, Math.Min(most, length - at))));
        }

        return fragments.MoveToImmutable();
    }

    private byte[] Seal(IkeHeader header, PayloadType type, PayloadType first, ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> plaintext)
    {
        var bodyOffset = SkOffset + numbers.Length;
        var message = new byte[bodyOffset + outbound.SealedLength(plaintext.Length)];
        (header with { NextPayload = type, Length = (uint)message.Length }).Write(message);
        message[IkeHeader.Size] = (byte)first;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(IkeHeader.Size + 2), (ushort)(message.Length - IkeHeader.Size));
        numbers.CopyTo(message.AsSpan(SkOffset));
        plaintext.CopyTo(message.AsSpan(bodyOffset + outbound.IvOctets));
        outbound.Seal(message, bodyOffset, plaintext.Length);
        return message;
    }

    /// <summary>An SK payload's content, or that of fragment <paramref name="Number"/> of <paramref name="Total"/>.</summary>
    private readonly record struct Opened(PayloadType First, ushort Number, ushort Total, ReadOnlyMemory<byte> Plaintext);
}
