using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>AES-GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634) in ESP over a libcrypto context that keeps its key schedule.</summary>
public readonly struct LibcryptoAead : IPacketAead
{
    private const int SaltOctets = EspNonce.SaltOctets;
    private const int BodyOffset = EspHeader.Size + EspNonce.IvOctets;

    private readonly AeadContext _context;
    private readonly byte[] _salt;
    private readonly int _icvOctets;
    private readonly bool _extended;

    private LibcryptoAead(EspSaParameters parameters, AeadContext context)
    {
        _context = context;
        _salt = parameters.EncryptionKey.Octets[^SaltOctets..].ToArray();
        _icvOctets = parameters.Suite.IcvOctets;
        _extended = parameters.ExtendedSequenceNumbers;
    }

    public static LibcryptoAead ForSealing(EspSaParameters parameters) => new(parameters, Context(parameters, isSealing: true));

    public static LibcryptoAead ForOpening(EspSaParameters parameters) => new(parameters, Context(parameters, isSealing: false));

    public void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(packet[EspHeader.Size..], sequence);
        inner.CopyTo(packet[BodyOffset..]);
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        Prepare(packet, sequence, nonce, ref associated);
        _context.Seal(nonce, associated, packet[BodyOffset..^_icvOctets], packet[^_icvOctets..]);
    }

    public bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> associated = stackalloc byte[EspAssociatedData.MaxOctets];
        Prepare(packet, sequence, nonce, ref associated);
        return _context.TryOpen(nonce, associated, packet[BodyOffset..^_icvOctets], packet[^_icvOctets..]);
    }

    public void Dispose()
    {
        _context.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }

    /// <summary>Nonce: salt, IV. Associated data: SPI and sequence number.</summary>
    private void Prepare(ReadOnlySpan<byte> packet, ulong sequence, Span<byte> nonce, ref Span<byte> associated)
    {
        EspNonce.Write(packet, _salt, nonce);
        associated = associated[..EspAssociatedData.Write(packet, sequence, _extended, associated)];
    }

    private static AeadContext Context(EspSaParameters parameters, bool isSealing) =>
        new(CipherOf(parameters.Suite), parameters.EncryptionKey.Octets[..^SaltOctets], isSealing);

    internal static AeadCipher CipherOf(EspSuite suite) => (suite.Encryption, suite.KeyLength) switch
    {
        (EncryptionAlgorithm.ChaCha20Poly1305, _) => AeadCipher.ChaCha20Poly1305,
        (_, 128) => AeadCipher.Aes128Gcm,
        (_, 192) => AeadCipher.Aes192Gcm,
        _ => AeadCipher.Aes256Gcm,
    };
}
