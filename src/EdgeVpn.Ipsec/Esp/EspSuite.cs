using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>The algorithms of an ESP SA, and every size that follows from them.</summary>
/// <param name="Encryption">Transform type 1.</param>
/// <param name="KeyLength">Bits, without salt; 0 where the transform carries no Key Length attribute.</param>
/// <param name="Integrity">Transform type 3; <see cref="IntegrityAlgorithm.None"/> with an AEAD.</param>
public readonly record struct EspSuite(EncryptionAlgorithm Encryption, int KeyLength, IntegrityAlgorithm Integrity)
{
    /// <summary>Next header, pad length (RFC 4303 §2).</summary>
    public const int TrailerOctets = 2;

    private const int UdpHeaderOctets = 8;

    public bool IsAead => Encryption is EncryptionAlgorithm.AesGcm8 or EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16
        or EncryptionAlgorithm.NullAuthAesGmac or EncryptionAlgorithm.ChaCha20Poly1305;

    /// <summary>False where packets are only authenticated, and anybody on the way reads them (RFC 4543).</summary>
    public bool Encrypts => Encryption != EncryptionAlgorithm.NullAuthAesGmac;

    /// <summary>Whether the parts belong together and every size is known; the sizes are meaningless otherwise.</summary>
    public bool IsValid => EncryptionKeyOctets > 0 && (IsAead ? Integrity == IntegrityAlgorithm.None : IcvOctets > 0);

    /// <summary>Octets of IV in every packet: a counter for an AEAD, a block for CBC.</summary>
    public int IvOctets => Encryption == EncryptionAlgorithm.AesCbc ? 16 : 8;

    /// <summary>Octets of integrity check value at the end of every packet.</summary>
    public int IcvOctets => Encryption switch
    {
        EncryptionAlgorithm.AesGcm8 => 8,
        EncryptionAlgorithm.AesGcm12 => 12,
        EncryptionAlgorithm.AesGcm16 or EncryptionAlgorithm.NullAuthAesGmac or EncryptionAlgorithm.ChaCha20Poly1305 => 16,
        _ => CbcThenHmac.IcvOctetsOf(Integrity),
    };

    /// <summary>Payload, padding and trailer fill a multiple of this: the cipher's block, at least 4 (RFC 4303 §2.4).</summary>
    public int BlockOctets => Encryption switch
    {
        EncryptionAlgorithm.AesCbc => 16,
        EncryptionAlgorithm.TripleDes => 8,
        _ => 4,
    };

    /// <summary>Octets taken from KEYMAT for encryption, an AEAD's salt included; −1 if the algorithm or its key length is unknown.</summary>
    public int EncryptionKeyOctets => (Encryption, KeyLength) switch
    {
        (EncryptionAlgorithm.AesCbc, 128 or 192 or 256) => KeyLength / 8,
        (EncryptionAlgorithm.AesGcm8 or EncryptionAlgorithm.AesGcm12 or EncryptionAlgorithm.AesGcm16 or EncryptionAlgorithm.NullAuthAesGmac, 128 or 192 or 256) =>
            (KeyLength / 8) + AesGcmKey.SaltOctets,
        (EncryptionAlgorithm.ChaCha20Poly1305, 0 or 256) => 32 + EspNonce.SaltOctets,
        (EncryptionAlgorithm.TripleDes, 0 or 192) => 24,
        _ => -1,
    };

    /// <summary>Octets taken from KEYMAT for integrity (RFC 4868 §2.1.1, RFC 2404 §3); 0 for an AEAD.</summary>
    public int IntegrityKeyOctets => Integrity switch
    {
        IntegrityAlgorithm.HmacSha1_96 => 20,
        IntegrityAlgorithm.HmacSha256_128 => 32,
        IntegrityAlgorithm.HmacSha384_192 => 48,
        IntegrityAlgorithm.HmacSha512_256 => 64,
        _ => 0,
    };

    /// <summary>Where the inner packet begins within the ESP packet.</summary>
    public int BodyOffset => EspHeader.Size + IvOctets;

    /// <summary>The shortest packet that can be one: header, IV, one block, ICV.</summary>
    public int MinPacketOctets => BodyOffset + BlockOctets + IcvOctets;

    /// <summary>Octets of ESP packet that <paramref name="innerOctets"/> become.</summary>
    public int SealedOctets(int innerOctets) => BodyOffset + RoundUp(innerOctets + TrailerOctets, BlockOctets) + IcvOctets;

    /// <summary>The longest inner packet whose tunnel packet fits in <paramref name="outerMtu"/> octets without fragments; never below 0.</summary>
    /// <param name="outerMtu">The path's MTU: outer IP header included.</param>
    /// <param name="ipv6Outer">Whether the tunnel runs over IPv6 (40 octets of header instead of 20).</param>
    /// <param name="udpEncapsulated">Whether ESP rides in UDP (RFC 3948; 8 octets).</param>
    public int MaxInnerOctets(int outerMtu, bool ipv6Outer, bool udpEncapsulated)
    {
        var body = outerMtu - (ipv6Outer ? 40 : 20) - (udpEncapsulated ? UdpHeaderOctets : 0) - BodyOffset - IcvOctets;
        return Math.Max(0, body - (body % BlockOctets) - TrailerOctets);
    }

    public override string ToString() =>
        (KeyLength == 0 ? $"{Encryption}" : $"{Encryption}-{KeyLength}") + (Integrity == IntegrityAlgorithm.None ? "" : $"/{Integrity}");

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) & -multiple;
}
