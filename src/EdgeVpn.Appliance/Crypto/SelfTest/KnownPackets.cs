using System.Collections.Immutable;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>An ESP packet that another implementation sealed.</summary>
/// <param name="Suite">Its algorithms.</param>
/// <param name="Octets">From SPI to ICV.</param>
internal sealed record KnownPacket(EspSuite Suite, ImmutableArray<byte> Octets);

/// <summary>The ICMP echo of RFC 7634 appendix A in tunnel mode, sealed under every suite by OpenSSL; AES-GMAC by scapy 2.6.1 over it.</summary>
/// <remarks>
/// SPI 01020304, sequence number 1, 32-bit numbers. Encryption keys with their salts count up from 80, integrity keys from 00. An AEAD's IV is the
/// sequence number, as ours is; CBC's counts up from 10. Padding 1, 2, 3 … to the block, next header 4.
/// </remarks>
internal static class KnownPackets
{
    public const uint Spi = 0x0102_0304;

    /// <summary>192.0.2.5 is asked by 198.51.100.5.</summary>
    public static readonly ImmutableArray<byte> Inner = Hex(
        "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f1011" +
        "12131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637");

    public static readonly ImmutableArray<KnownPacket> All =
    [
        new(new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None), Hex(
            "01020304000000010000000000000001c2cdffad835ef02a928dec9794955f93cf11aa5618be572b07024475e025126bfd524dd63d8c4930" +
            "241b5247bd58d6eba822c8a7291f921bc1ba479cc19b2f89cb8369bae1fc3655a57c28cde89dc4005fcfdbac70305efa3908cf18070bcbe4" +
            "91a107e6d4bff2a4")),
        new(new(EncryptionAlgorithm.AesGcm16, 192, IntegrityAlgorithm.None), Hex(
            "0102030400000001000000000000000119443538c6830bf05b3b8a2cdf2557beede1e911241bd2062e35def827920b44fe112c115c954e3d" +
            "1fb2c063bd0bf16178f33f43b3bc2e7dbcc569740daea6a08cba01b457fe7c6d1475eb20307cdadef752c4630b125e1315fcef87a6fea206" +
            "935dc792c4748e40")),
        new(new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None), Hex(
            "01020304000000010000000000000001b32d62528266255f74418c084a25c80ff0a79b1c1b727a31664c3e52e8bc1f619cafd94134dc0bf2" +
            "7f731a0a0e5b79b2afc3417b5399e49515f7d80cc0028ec114ce4cec52f122e82deeb5405fbd56dd4bb9402ade3f35e8d21f08b00b6fe7ee" +
            "f6aea7a38f6a554b")),
        new(new(EncryptionAlgorithm.AesGcm12, 256, IntegrityAlgorithm.None), Hex(
            "01020304000000010000000000000001b32d62528266255f74418c084a25c80ff0a79b1c1b727a31664c3e52e8bc1f619cafd94134dc0bf2" +
            "7f731a0a0e5b79b2afc3417b5399e49515f7d80cc0028ec114ce4cec52f122e82deeb5405fbd56dd4bb9402ade3f35e8d21f08b00b6fe7ee" +
            "f6aea7a3")),
        new(new(EncryptionAlgorithm.AesGcm8, 128, IntegrityAlgorithm.None), Hex(
            "01020304000000010000000000000001c2cdffad835ef02a928dec9794955f93cf11aa5618be572b07024475e025126bfd524dd63d8c4930" +
            "241b5247bd58d6eba822c8a7291f921bc1ba479cc19b2f89cb8369bae1fc3655a57c28cde89dc4005fcfdbac70305efa3908cf18070bcbe4")),
        new(new(EncryptionAlgorithm.NullAuthAesGmac, 128, IntegrityAlgorithm.None), Hex(
            "0102030400000001000000000000000145000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b" +
            "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363701020204206555b0d2fdd788" +
            "10056efc35b68de0")),
        new(new(EncryptionAlgorithm.NullAuthAesGmac, 192, IntegrityAlgorithm.None), Hex(
            "0102030400000001000000000000000145000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b" +
            "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637010202044b21b8210c1d9d2e" +
            "1c5a1f6507ff6acf")),
        new(new(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None), Hex(
            "0102030400000001000000000000000145000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b" +
            "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536370102020419ae278330007159" +
            "7252e13dc7203d85")),
        new(new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None), Hex(
            "01020304000000010000000000000001df63ec517e5cea43bcd5a97de1d90d61a0e0d5fd1f81e038e56faa1a8904125829c2a5acd10f6949" +
            "c402b6fdddfe00acecdaa655d15c58bf904546a0d3028563dc9eec5c5ec03e91a71c521276e51ceab09d5bdcdd610e01ec1725da2c7b0cba" +
            "e177c257fcc9b55f")),
        new(new(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96), Hex(
            "0102030400000001101112131415161718191a1b1c1d1e1f65c9317916e3926d7cb6484261afbaf3961dd20a8723be9b15ad70f05de011de" +
            "8c98e04bb7886d0130a0a082dea912ba143c5e101f773e2e0bb005b78475db8b1d8b2782a6dc77226e79cd664aeadf5bcf3b204862deddbe" +
            "9161b1f26907eb7b5b6ee900b67fdd4e490b082d")),
        new(new(EncryptionAlgorithm.AesCbc, 192, IntegrityAlgorithm.HmacSha384_192), Hex(
            "0102030400000001101112131415161718191a1b1c1d1e1fa21a16cb950565620ab1524d44681e66e99dae1ac24ee8f9bf08a51a98921846" +
            "0c04c61748d1c9b751b30a49a5e294e9b1cfa95aaddcce51f6268ee67b9dc55f5855942bb23eb77d5e9e1b2c4f1188ca3464618412a25565" +
            "624f7fc3c4f205d1e6e0ebf207640c80e937bf14bb36db0da2d4969e6339f17b")),
        new(new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128), Hex(
            "0102030400000001101112131415161718191a1b1c1d1e1f40c38ed1af9f700e2170d916452578fe45717c72d55b14f09bd3146e51526d1c" +
            "698766580d042f666e109e00c127ca82f21fd9e15b3c16bed7e1e06470a56b9334dff4c9f088907df0d57b498be134e217344562c94b8e35" +
            "fda9b8dd4716eedbf847d7d1d9e031b39823ebac5ed00331")),
        new(new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha512_256), Hex(
            "0102030400000001101112131415161718191a1b1c1d1e1f40c38ed1af9f700e2170d916452578fe45717c72d55b14f09bd3146e51526d1c" +
            "698766580d042f666e109e00c127ca82f21fd9e15b3c16bed7e1e06470a56b9334dff4c9f088907df0d57b498be134e217344562c94b8e35" +
            "fda9b8dd4716eedb5d870b9eef21cfe351b13f30f85f3d30b465f0920ca2bbc34fec8081231662c6")),
        new(new(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96), Hex(
            "010203040000000110111213141516175163960aa6bc33a4485c6168570ae101da460af0a901662cd86750e9f2b25e9afb2a00c5b7ed04b6" +
            "8d5a915e85d60ed54f4596ca65f8c37e7c9d1e8d2fe00c2bc20e508b69a8cb4b8c48113b75060d4f20e712a32c189166dcf06c88392c903c" +
            "f6ed1b8f")),
    ];

    /// <summary>The keys of every packet here.</summary>
    public static byte[] Key(int octets, byte first) => [.. Enumerable.Range(first, octets).Select(value => (byte)value)];

    private static ImmutableArray<byte> Hex(string digits) => [.. Convert.FromHexString(digits)];
}
