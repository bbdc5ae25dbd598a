using System.Buffers.Binary;
using System.Security.Cryptography;
using BclGcm = System.Security.Cryptography.AesGcm;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>AES-GMAC in ESP (RFC 4543) over the platform's library: everything is authenticated and nothing encrypted.</summary>
/// <remarks>
/// The tag of AES-GCM with an empty plaintext, over the packet from its SPI to its trailer; the IV is part of that (§3.4), unlike with RFC 4106.
/// To verify is to compute the tag again: no exception, and no garbage, for a forged packet.
/// </remarks>
public struct BclAesGmac : IPacketAead
{
    public const int IcvOctets = 16;
    private const int IvOffset = 8;
    private const int BodyOffset = IvOffset + AesGcmKey.IvOctets;
    private const int SequenceOffset = 4;
    private const int HighOctets = 4;

    private readonly BclGcm _gcm;
    private readonly byte[] _salt;
    private readonly bool _extended;

    /// <param name="keyAndSalt">16, 24 or 32 octets of key and 4 of salt (RFC 4543 §5.1).</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    public BclAesGmac(ReadOnlySpan<byte> keyAndSalt, bool extendedSequenceNumbers)
        : this(new BclGcm(keyAndSalt[..^AesGcmKey.SaltOctets], IcvOctets), keyAndSalt[^AesGcmKey.SaltOctets..].ToArray(), extendedSequenceNumbers)
    {
    }

    private BclAesGmac(BclGcm gcm, byte[] salt, bool extended)
    {
        _gcm = gcm;
        _salt = salt;
        _extended = extended;
    }

    public readonly void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(packet[IvOffset..], sequence);
        inner.CopyTo(packet[BodyOffset..]);
        Span<byte> icv = stackalloc byte[IcvOctets];
        Compute(packet, sequence, icv);
        icv.CopyTo(packet[^IcvOctets..]);
    }

    public readonly bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> came = stackalloc byte[IcvOctets];
        Span<byte> icv = stackalloc byte[IcvOctets];
        packet[^IcvOctets..].CopyTo(came);
        Compute(packet, sequence, icv);
        came.CopyTo(packet[^IcvOctets..]);
        return CryptographicOperations.FixedTimeEquals(icv, came);
    }

    public readonly void Dispose()
    {
        _gcm.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }

    /// <summary>The ICV of a packet. What stands in its place in the packet is lost, all else is as it was.</summary>
    private readonly void Compute(Span<byte> packet, ulong sequence, Span<byte> icv)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        EspNonce.Write(packet, _salt, nonce);
        var covered = packet[..^IcvOctets];
        if (!_extended)
        {
            _gcm.Encrypt(nonce, default, default, icv, covered);
            return;
        }

        // The library takes associated data in one piece: the packet makes room for the high half, for as long as it is looked at.
        var low = covered[SequenceOffset..];
        var shifted = packet.Slice(SequenceOffset + HighOctets, low.Length);
        low.CopyTo(shifted);
        BinaryPrimitives.WriteUInt32BigEndian(packet[SequenceOffset..], (uint)(sequence >> 32));
        _gcm.Encrypt(nonce, default, default, icv, packet[..(covered.Length + HighOctets)]);
        shifted.CopyTo(low);
    }
}
