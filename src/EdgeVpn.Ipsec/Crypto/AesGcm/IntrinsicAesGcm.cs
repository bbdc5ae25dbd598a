using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>AES-GCM in ESP (RFC 4106) with the processor's own instructions: no call out of managed code, no exception for a forged packet.</summary>
/// <typeparam name="TInstructions">The processor's; <see cref="IAesInstructions.IsSupported"/> must hold.</typeparam>
public struct IntrinsicAesGcm<TInstructions> : IPacketAead
    where TInstructions : struct, IAesInstructions
{
    private const int BodyOffset = 8 + AesGcmKey.IvOctets;

    private readonly AesGcmKey<TInstructions> _key;
    private readonly int _icvOctets;
    private readonly bool _extended;
    private uint _salt;

    /// <param name="keyAndSalt">16, 24 or 32 octets of key and 4 of salt (RFC 4106 §8.1).</param>
    /// <param name="icvOctets">8, 12 or 16.</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    public IntrinsicAesGcm(ReadOnlySpan<byte> keyAndSalt, int icvOctets, bool extendedSequenceNumbers)
        : this(new AesGcmKey<TInstructions>(keyAndSalt[..^AesGcmKey.SaltOctets]), keyAndSalt, icvOctets, extendedSequenceNumbers)
    {
    }

    private IntrinsicAesGcm(AesGcmKey<TInstructions> key, ReadOnlySpan<byte> keyAndSalt, int icvOctets, bool extended)
    {
        _key = key;
        _salt = MemoryMarshal.Read<uint>(keyAndSalt[^AesGcmKey.SaltOctets..]);
        _icvOctets = icvOctets;
        _extended = extended;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], sequence);
        SealUnderIvOf(packet, inner, sequence);
    }

    /// <summary>Seals under the IV that stands in the packet: for published vectors, whose IVs are not sequence numbers.</summary>
    internal readonly void SealUnderIvOf(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        var body = packet[BodyOffset..^_icvOctets];
        ref var target = ref MemoryMarshal.GetReference(body);
        ref var source = ref MemoryMarshal.GetReference(inner);
        var chunked = 0;
        if (!Unsafe.AreSame(ref source, ref target))
        {
            // Whole chunks are read where they are; the end must stand before its trailer.
            chunked = inner.Length & -AesGcmCore<TInstructions>.ChunkOctets;
            inner[chunked..].CopyTo(body[chunked..]);
        }

        var tag = AesGcmCore<TInstructions>.Crypt<GcmSeals>(
            _key, Nonce(packet), Associated(packet, sequence), AssociatedOctets, ref source, chunked, ref target, body.Length);
        var icv = packet[^_icvOctets..];
        if (_icvOctets == Vector128<byte>.Count)
            tag.CopyTo(icv);
        else
            PartialBlock.Store(tag, ref MemoryMarshal.GetReference(icv), _icvOctets);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryOpen(Span<byte> packet, ulong sequence)
    {
        var body = packet[BodyOffset..^_icvOctets];
        ref var data = ref MemoryMarshal.GetReference(body);
        var tag = AesGcmCore<TInstructions>.Crypt<GcmOpens>(
            _key, Nonce(packet), Associated(packet, sequence), AssociatedOctets, ref data, 0, ref data, body.Length);

        // One comparison of the whole vector: its duration says nothing of where they differ.
        ref var icv = ref MemoryMarshal.GetReference(packet[^_icvOctets..]);
        var matches = _icvOctets == Vector128<byte>.Count
            ? tag == Vector128.LoadUnsafe(ref icv)
            : (tag & PartialBlock.Mask(_icvOctets)) == PartialBlock.Load(ref icv, _icvOctets);
        if (!matches)
            CryptographicOperations.ZeroMemory(body);
        return matches;
    }

    public void Dispose()
    {
        _key.Dispose();
        _salt = 0;
    }

    private readonly int AssociatedOctets => _extended ? 12 : 8;

    /// <summary>Salt and IV (RFC 4106 §4); the last four octets are the counter's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector128<byte> Nonce(ReadOnlySpan<byte> packet)
    {
        var iv = MemoryMarshal.Read<ulong>(packet[8..]);
        return Vector128.Create(_salt | (iv << 32), iv >> 32).AsByte();
    }

    /// <summary>SPI and sequence number, zeros behind (RFC 4106 §5).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector128<byte> Associated(ReadOnlySpan<byte> packet, ulong sequence)
    {
        var header = MemoryMarshal.Read<ulong>(packet);
        if (!_extended)
            return Vector128.CreateScalar(header).AsByte();
        var high = BinaryPrimitives.ReverseEndianness((uint)(sequence >> 32));
        return Vector128.Create((uint)header | ((ulong)high << 32), header >> 32).AsByte();
    }
}
