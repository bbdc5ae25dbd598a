using System.Buffers.Binary;
using System.Security.Cryptography;
using BclGcm = System.Security.Cryptography.AesGcm;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>AES-GCM in ESP (RFC 4106) over the platform's library: for processors without AES instructions.</summary>
/// <remarks>The library reports a wrong tag by an exception, caught here: a forged packet costs microseconds and some garbage. Where the
/// processor has the instructions, IntrinsicAesGcm has neither.</remarks>
public struct BclAesGcm : IPacketAead
{
    private const int BodyOffset = 8 + AesGcmKey.IvOctets;

    private readonly BclGcm _gcm;
    private readonly byte[] _salt;
    private readonly int _icvOctets;
    private readonly bool _extended;

    /// <param name="keyAndSalt">16, 24 or 32 octets of key and 4 of salt (RFC 4106 §8.1).</param>
    /// <param name="icvOctets">12 or 16; the library has no tag of 8.</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    public BclAesGcm(ReadOnlySpan<byte> keyAndSalt, int icvOctets, bool extendedSequenceNumbers)
        : this(
            new BclGcm(keyAndSalt[..^AesGcmKey.SaltOctets], icvOctets),
            keyAndSalt[^AesGcmKey.SaltOctets..].ToArray(),
            icvOctets,
            extendedSequenceNumbers)
    {
    }

    private BclAesGcm(BclGcm gcm, byte[] salt, int icvOctets, bool extended)
    {
        _gcm = gcm;
        _salt = salt;
        _icvOctets = icvOctets;
        _extended = extended;
    }

    public readonly void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], sequence);
        EspNonce.Write(packet, _salt, nonce);
        associated = associated[..EspAssociatedData.Write(packet, sequence, _extended, associated)];

        inner.CopyTo(packet[BodyOffset..]);
        var body = packet[BodyOffset..^_icvOctets];
        _gcm.Encrypt(nonce, body, body, packet[^_icvOctets..], associated);
    }

    public readonly bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        EspNonce.Write(packet, _salt, nonce);
        associated = associated[..EspAssociatedData.Write(packet, sequence, _extended, associated)];

        var body = packet[BodyOffset..^_icvOctets];
        try
        {
            _gcm.Decrypt(nonce, body, packet[^_icvOctets..], body, associated);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            body.Clear();
            return false;
        }
    }

    public readonly void Dispose()
    {
        _gcm.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }
}
