using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>CBC and then HMAC in ESP over libcrypto: AES (RFC 3602) or 3DES (RFC 2451) with HMAC-SHA1-96 (RFC 2404) or HMAC-SHA2 (RFC 4868).</summary>
/// <remarks>
/// IVs are made as <see cref="CbcThenHmac"/> makes them, the cipher of a value never encrypted before, which nobody can tell beforehand:
/// <code>
///     IV = E(last ⊕ sequence), C1 = E(P1 ⊕ IV), …     last: the block of ciphertext before; in the beginning a random one
/// </code>
/// so that IV and body are one pass of the cipher.
/// </remarks>
public readonly struct LibcryptoCbcHmac : IPacketAead
{
    private const int MaxHashOctets = 64;

    private readonly CbcContext _cipher;
    private readonly HmacContext _hmac;
    private readonly byte[] _last;
    private readonly int _icvOctets;
    private readonly bool _extended;

    private LibcryptoCbcHmac(EspSaParameters parameters, CbcContext cipher, HmacContext hmac, byte[] chainStart)
    {
        _cipher = cipher;
        _hmac = hmac;
        _last = chainStart;
        _icvOctets = parameters.Suite.IcvOctets;
        _extended = parameters.ExtendedSequenceNumbers;
    }

    /// <param name="parameters">The SA.</param>
    /// <param name="chainStart">One unpredictable block; now owned here.</param>
    public static LibcryptoCbcHmac ForSealing(EspSaParameters parameters, byte[] chainStart) =>
        new(parameters, Cipher(parameters, isEncrypting: true), Hmac(parameters), chainStart);

    public static LibcryptoCbcHmac ForOpening(EspSaParameters parameters) => new(parameters, Cipher(parameters, isEncrypting: false), Hmac(parameters), []);

    public void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence)
    {
        var block = _cipher.BlockOctets;
        inner.CopyTo(packet[(EspHeader.Size + block)..]);
        var iv = packet.Slice(EspHeader.Size, block);
        iv.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(iv[^8..], sequence);
        var chained = packet[EspHeader.Size..^_icvOctets];
        _cipher.Transform(_last, chained);
        chained[^block..].CopyTo(_last);
        Authenticate(packet, sequence, packet[^_icvOctets..]);
    }

    public bool TryOpen(Span<byte> packet, ulong sequence)
    {
        Span<byte> icv = stackalloc byte[MaxHashOctets];
        icv = icv[.._icvOctets];
        Authenticate(packet, sequence, icv);
        if (!CryptographicOperations.FixedTimeEquals(icv, packet[^_icvOctets..])) return false;
        var bodyOffset = EspHeader.Size + _cipher.BlockOctets;
        _cipher.Transform(packet[EspHeader.Size..bodyOffset], packet[bodyOffset..^_icvOctets]);
        return true;
    }

    public void Dispose()
    {
        _cipher.Dispose();
        _hmac.Dispose();
    }

    /// <summary>Over header, IV, ciphertext and, extended, the high half that is not sent (RFC 4303 §2.2.1); cut to the ICV's length.</summary>
    private void Authenticate(ReadOnlySpan<byte> packet, ulong sequence, Span<byte> icv)
    {
        _hmac.Start();
        _hmac.Append(packet[..^_icvOctets]);
        if (_extended)
        {
            Span<byte> high = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(high, (uint)(sequence >> 32));
            _hmac.Append(high);
        }

        _hmac.Finish(icv);
    }

    private static CbcContext Cipher(EspSaParameters parameters, bool isEncrypting) =>
        new(CipherOf(parameters.Suite), parameters.EncryptionKey.Octets, isEncrypting);

    private static HmacContext Hmac(EspSaParameters parameters) => new(HashOf(parameters.Suite.Integrity), parameters.IntegrityKey.Octets);

    private static CbcCipher CipherOf(EspSuite suite) => (suite.Encryption, suite.KeyLength) switch
    {
        (EncryptionAlgorithm.TripleDes, _) => CbcCipher.TripleDes,
        (_, 128) => CbcCipher.Aes128,
        (_, 192) => CbcCipher.Aes192,
        _ => CbcCipher.Aes256,
    };

    private static ShaVariant HashOf(IntegrityAlgorithm integrity) => integrity switch
    {
        IntegrityAlgorithm.HmacSha1_96 => ShaVariant.Sha1,
        IntegrityAlgorithm.HmacSha256_128 => ShaVariant.Sha256,
        IntegrityAlgorithm.HmacSha384_192 => ShaVariant.Sha384,
        IntegrityAlgorithm.HmacSha512_256 => ShaVariant.Sha512,
        _ => throw new ArgumentOutOfRangeException(nameof(integrity), integrity, "Not an HMAC."),
    };
}
