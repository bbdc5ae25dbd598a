using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>AES-GMAC (RFC 4543) in ESP over a libcrypto context: the tag of a packet of which nothing is encrypted.</summary>
public readonly struct LibcryptoGmac : IPacketAead
{
    private const int SaltOctets = EspNonce.SaltOctets;
    private const int IcvOctets = 16;
    private const int BodyOffset = EspHeader.Size + EspNonce.IvOctets;

    private readonly AeadContext _context;
    private readonly byte[] _salt;
    private readonly bool _extended;

    private LibcryptoGmac(EspSaParameters parameters, AeadContext context)
    {
        _context = context;
        _salt = parameters.EncryptionKey.Octets[^SaltOctets..].ToArray();
        _extended = parameters.ExtendedSequenceNumbers;
    }

    /// <summary>Either direction: who verifies computes the tag too.</summary>
    public static LibcryptoGmac Of(EspSaParameters parameters) =>
        new(parameters, new AeadContext(LibcryptoAead.CipherOf(parameters.Suite), parameters.EncryptionKey.Octets[..^SaltOctets], isSealing: true));

    public void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        BinaryPrimitives.WriteUInt64BigEndian(packet[EspHeader.Size..], sequence);
        inner.CopyTo(packet[BodyOffset..]);
        Compute(packet, sequence, packet[^IcvOctets..]);
    }

    public bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> icv = stackalloc byte[IcvOctets];
        Compute(packet, sequence, icv);
        return CryptographicOperations.FixedTimeEquals(icv, packet[^IcvOctets..]);
    }

    public void Dispose()
    {
        _context.Dispose();
        CryptographicOperations.ZeroMemory(_salt);
    }

    /// <summary>Nonce: salt, IV. Covered: SPI, sequence number, IV, body (RFC 4543 §3.3, §3.4).</summary>
    private void Compute(ReadOnlySpan<byte> packet, ulong sequence, Span<byte> icv)
    {
        Span<byte> nonce = stackalloc byte[EspNonce.Octets];
        Span<byte> header = stackalloc byte[EspAssociatedData.MaxOctets];
        EspNonce.Write(packet, _salt, nonce);
        header = header[..EspAssociatedData.Write(packet, sequence, _extended, header)];
        _context.Authenticate(nonce, header, packet[EspHeader.Size..^IcvOctets], icv);
    }
}
