using System.Buffers.Binary;
using System.Security.Cryptography;
using BclChaCha = System.Security.Cryptography.ChaCha20Poly1305;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>ChaCha20-Poly1305 in ESP (RFC 7634 §2) over the platform's library.</summary>
/// <remarks>As with <see cref="BclAesGcm"/>, the library reports a wrong tag by an exception, caught here.</remarks>
public struct BclChaCha20Poly1305 : IPacketAead
{
    public const int KeyOctets = 32;
    public const int SaltOctets = 4;
    public const int IvOctets = 8;
    public const int IcvOctets = 16;
    private const int BodyOffset = 8 + IvOctets;

    private readonly BclChaCha _cipher;
    private readonly byte[] _salt;
    private readonly bool _extended;

    /// <param name="keyAndSalt">32 octets of key and 4 of salt (RFC 7634 §4).</param>
    /// <param name="extendedSequenceNumbers">Whether the high half of the sequence number is authenticated.</param>
    public BclChaCha20Poly1305(ReadOnlySpan<byte> keyAndSalt, bool extendedSequenceNumbers)
        : this(new BclChaCha(keyAndSalt[..KeyOctets]), keyAndSalt[KeyOctets..].ToArray(), extendedSequenceNumbers)
    {
    }

    private BclChaCha20Poly1305(BclChaCha cipher, byte[] salt, bool extended)
    {
        _cipher = cipher;
        _salt = salt;
        _extended = extended;
    }

    /// <summary>Whether the platform's library has the cipher.</summary>
    public static bool IsSupported => BclChaCha.IsSupported;

    public readonly void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        BinaryPrimitives.WriteUInt64BigEndian(packet[8..], sequence);
        EspNonce.Write(packet, _salt, nonce);
        associated = associated[..EspAssociatedData.Write(packet, sequence, _extended, associated)];

        inner.CopyTo(packet[BodyOffset..]);
        var body = packet[BodyOffset..^IcvOctets];
        _cipher.Encrypt(nonce, body, body, packet[^IcvOctets..], associated);
    }

    public readonly bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        EspNonce.Write(packet, _salt, nonce);
        associated = associated[..EspAssociatedData.Write(packet, sequence, _extended, associated)];

        var body = packet[BodyOffset..^IcvOctets];
        try
        {
            _cipher.Decrypt(nonce, body, packet[^IcvOctets..], body, associated);
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
        _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }
}
