using System.Buffers.Binary;
using System.Security.Cryptography;
using BclChaCha = System.Security.Cryptography.ChaCha20Poly1305;
using BclGcm = System.Security.Cryptography.AesGcm;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634 §2) in ESP over the platform's library.</summary>
/// <remarks>The library reports a wrong tag by an exception, caught here: a forged packet costs microseconds and some garbage. Where the
/// processor has AES instructions, IntrinsicAesGcm has neither.</remarks>
public struct BclAead : IPacketAead
{
    private const int BodyOffset = 8 + EspNonce.IvOctets;
    private const int ChaChaTagOctets = 16;

    // One of the two: the library's classes are of one shape and have no common type.
    private readonly BclGcm? _gcm;
    private readonly BclChaCha? _chaCha;
    private readonly byte[] _salt;
    private readonly int _icvOctets;
    private readonly bool _extended;

    private BclAead(BclGcm? gcm, BclChaCha? chaCha, ReadOnlySpan<byte> salt, int icvOctets, bool extended)
    {
        _gcm = gcm;
        _chaCha = chaCha;
        _salt = salt.ToArray();
        _icvOctets = icvOctets;
        _extended = extended;
    }

    /// <summary>Whether the library has ChaCha20-Poly1305.</summary>
    public static bool HasChaCha20Poly1305 => BclChaCha.IsSupported;

    /// <param name="keyAndSalt">16, 24 or 32 octets of key and 4 of salt (RFC 4106 §8.1).</param>
    /// <param name="icvOctets">12 or 16; the library has no tag of 8.</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    public static BclAead AesGcm(ReadOnlySpan<byte> keyAndSalt, int icvOctets, bool extendedSequenceNumbers) =>
        new(new BclGcm(keyAndSalt[..^EspNonce.SaltOctets], icvOctets), null, keyAndSalt[^EspNonce.SaltOctets..], icvOctets, extendedSequenceNumbers);

    /// <param name="keyAndSalt">32 octets of key and 4 of salt (RFC 7634 §4).</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    public static BclAead ChaCha20Poly1305(ReadOnlySpan<byte> keyAndSalt, bool extendedSequenceNumbers) =>
        new(null, new BclChaCha(keyAndSalt[..^EspNonce.SaltOctets]), keyAndSalt[^EspNonce.SaltOctets..], ChaChaTagOctets, extendedSequenceNumbers);

    public readonly void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], sequence);
        EspNonce.Write(packet, _salt, nonce);
        associated = associated[..EspAssociatedData.Write(packet, sequence, _extended, associated)];

        inner.CopyTo(packet[BodyOffset..]);
        var body = packet[BodyOffset..^_icvOctets];
        var icv = packet[^_icvOctets..];
        if (_gcm is { } gcm)
            gcm.Encrypt(nonce, body, body, icv, associated);
        else
            _chaCha!.Encrypt(nonce, body, body, icv, associated);
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
            if (_gcm is { } gcm)
                gcm.Decrypt(nonce, body, packet[^_icvOctets..], body, associated);
            else
                _chaCha!.Decrypt(nonce, body, packet[^_icvOctets..], body, associated);
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
        _gcm?.Dispose();
        _chaCha?.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }
}
