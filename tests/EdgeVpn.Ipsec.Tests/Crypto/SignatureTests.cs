using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

public sealed class SignatureTests
{
    private static readonly SignatureHashAlgorithm[] s_sha2 =
        [SignatureHashAlgorithm.Sha256, SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha512, SignatureHashAlgorithm.Identity];

    private static readonly byte[] s_octets = new SeededEntropy(1).Octets(300);

    public static TheoryData<SignatureKeyKind, AuthenticationMethod, SignatureScheme> Combinations { get; } = new()
    {
        { SignatureKeyKind.Rsa, AuthenticationMethod.RsaDigitalSignature, SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256) },
        { SignatureKeyKind.Rsa, AuthenticationMethod.RsaDigitalSignature, SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha384) },
        { SignatureKeyKind.Rsa, AuthenticationMethod.DigitalSignature, SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256) },
        { SignatureKeyKind.Rsa, AuthenticationMethod.DigitalSignature, SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha512) },
        { SignatureKeyKind.Rsa, AuthenticationMethod.DigitalSignature, SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha256) },
        { SignatureKeyKind.Rsa, AuthenticationMethod.DigitalSignature, SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha384) },
        { SignatureKeyKind.EcP256, AuthenticationMethod.EcdsaSha256P256, default },
        { SignatureKeyKind.EcP384, AuthenticationMethod.EcdsaSha384P384, default },
        { SignatureKeyKind.EcP521, AuthenticationMethod.EcdsaSha512P521, default },
        { SignatureKeyKind.EcP256, AuthenticationMethod.DigitalSignature, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256) },
        { SignatureKeyKind.EcP256, AuthenticationMethod.DigitalSignature, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha512) },
        { SignatureKeyKind.EcP384, AuthenticationMethod.DigitalSignature, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha384) },
        { SignatureKeyKind.EcP521, AuthenticationMethod.DigitalSignature, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha512) },
        { SignatureKeyKind.Ed25519, AuthenticationMethod.DigitalSignature, SignatureScheme.Ed25519 },
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void What_is_signed_verifies_and_nothing_else_does(SignatureKeyKind kind, AuthenticationMethod method, SignatureScheme scheme)
    {
        using var ours = TestKeys.Private(kind);
        using var peers = TestKeys.Public(kind);
        Assert.Equal((kind, kind), (ours.Kind, peers.Kind));

        var data = ours.Authenticate(method, scheme, s_octets);
        Assert.Equal(SignatureVerdict.Valid, peers.Verify(method, data, s_octets, s_sha2, out var used));
        Assert.Equal(scheme, used);

        var otherOctets = s_octets.ToArray();
        otherOctets[17] ^= 1;
        Assert.Equal(SignatureVerdict.WrongSignature, peers.Verify(method, data, otherOctets, s_sha2, out _));

        for (var bit = 0; bit < data.Length * 8; bit += 37)
        {
            var forged = data.ToArray();
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotEqual(SignatureVerdict.Valid, peers.Verify(method, forged, s_octets, s_sha2, out _));
        }

        for (var length = 0; length < data.Length; length += 5)
            Assert.NotEqual(SignatureVerdict.Valid, peers.Verify(method, data.AsSpan(0, length), s_octets, s_sha2, out _));
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void A_key_of_another_kind_neither_signs_nor_verifies(SignatureKeyKind kind, AuthenticationMethod method, SignatureScheme scheme)
    {
        using var ours = TestKeys.Private(kind);
        var data = ours.Authenticate(method, scheme, s_octets);
        foreach (var other in Enum.GetValues<SignatureKeyKind>())
        {
            var isEcdsa = scheme.Algorithm == SignatureAlgorithm.Ecdsa && method == AuthenticationMethod.DigitalSignature;
            if (other == kind || (isEcdsa && other is SignatureKeyKind.EcP256 or SignatureKeyKind.EcP384 or SignatureKeyKind.EcP521))
                continue;
            using var othersPublic = TestKeys.Public(other);
            using var othersPrivate = TestKeys.Private(other);
            Assert.Equal(SignatureVerdict.WrongKey, othersPublic.Verify(method, data, s_octets, s_sha2, out _));
            Assert.Throws<ArgumentException>(() => othersPrivate.Authenticate(method, scheme, s_octets));
        }
    }

    [Theory]
    [InlineData(AuthenticationMethod.RsaDigitalSignature)]
    [InlineData(AuthenticationMethod.DigitalSignature)]
    public void A_hash_we_did_not_announce_is_not_accepted(AuthenticationMethod method)
    {
        using var ours = TestKeys.Private(SignatureKeyKind.Rsa);
        using var peers = TestKeys.Public(SignatureKeyKind.Rsa);
        var data = ours.Authenticate(method, SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha1), s_octets);
        Assert.Equal(SignatureVerdict.HashNotAccepted, peers.Verify(method, data, s_octets, s_sha2, out _));
        Assert.Equal(SignatureVerdict.Valid, peers.Verify(method, data, s_octets, [SignatureHashAlgorithm.Sha1], out var scheme));
        Assert.Equal(SignatureHashAlgorithm.Sha1, scheme.Hash);
    }

    [Theory]
    [InlineData(AuthenticationMethod.SharedKeyMessageIntegrityCode)]
    [InlineData(AuthenticationMethod.DssDigitalSignature)]
    [InlineData(AuthenticationMethod.NullAuthentication)]
    public void A_method_without_signature_is_unsupported(AuthenticationMethod method)
    {
        using var peers = TestKeys.Public(SignatureKeyKind.Rsa);
        Assert.Equal(SignatureVerdict.UnsupportedAlgorithm, peers.Verify(method, new byte[32], s_octets, s_sha2, out _));
    }

    /// <summary>RFC 4754 §8: "abc", signed on the three curves.</summary>
    [Theory]
    [InlineData( // §8.1
        AuthenticationMethod.EcdsaSha256P256,
        "2442A5CC 0ECD015F A3CA31DC 8E2BBC70 BF42D60C BCA20085 E0822CB0 4235E970",
        "6FC98BD7 E50211A4 A27102FA 3549DF79 EBCB4BF2 46B80945 CDDFE7D5 09BBFD7D",
        "CB28E099 9B9C7715 FD0A80D8 E47A7707 9716CBBF 917DD72E 97566EA1 C066957C",
        "86FA3BB4 E26CAD5B F90B7F81 899256CE 7594BB1E A0C89212 748BFF3B 3D5B0315")]
    [InlineData( // §8.2
        AuthenticationMethod.EcdsaSha384P384,
        "96281BF8 DD5E0525 CA049C04 8D345D30 82968D10 FEDF5C5A CA0C64E6 465A97EA 5CE10C9D FEC21797 41571072 1F437922",
        "447688BA 94708EB6 E2E4D59F 6AB6D7ED FF9301D2 49FE49C3 3096655F 5D502FAD 3D383B91 C5E7EDAA 2B714CC9 9D5743CA",
        "FB017B91 4E291494 32D8BAC2 9A514640 B46F53DD AB2C6994 8084E293 0F1C8F7E 08E07C9C 63F2D21A 07DCB56A 6AF56EB3",
        "B263A130 5E057F98 4D38726A 1B468741 09F417BC A112674C 528262A4 0A629AF1 CBB9F516 CE0FA7D2 FF630863 A00E8B9F")]
    [InlineData( // §8.3
        AuthenticationMethod.EcdsaSha512P521,
        "0151518F1AF0F563517EDD5485190DF95A4BF57B5CBA4CF2A9A3F6474725A35F7AFE0A6DDEB8BEDBCD6A197E592D40188901CECD650699C9B5E456AEA5ADD19052A8",
        "006F3B142EA1BFFF7E2837AD44C9E4FF6D2D34C73184BBAD90026DD5E6E85317D9DF45CAD7803C6C20035B2F3FF63AFF4E1BA64D1C077577DA3F4286C58F0AEAE643",
        "0154FD3836AF92D0DCA57DD5341D3053988534FDE8318FC6AAAAB68E2E6F4339B19F2F281A7E0B22C269D93CF8794A9278880ED7DBB8D9362CAEACEE544320552251",
        "017705A7030290D1CEB605A9A1BB03FF9CDD521E87A696EC926C8C10C8362DF4975367101F67D1CF9BCCBF2F3D239534FA509E70AAC851AE01AAC68D62F866472660")]
    public void Rfc4754_section_8_ecdsa(AuthenticationMethod method, string gwx, string gwy, string r, string s)
    {
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = method switch
            {
                AuthenticationMethod.EcdsaSha256P256 => ECCurve.NamedCurves.nistP256,
                AuthenticationMethod.EcdsaSha384P384 => ECCurve.NamedCurves.nistP384,
                _ => ECCurve.NamedCurves.nistP521,
            },
            Q = new ECPoint { X = Hex.Octets(gwx), Y = Hex.Octets(gwy) },
        });
        Assert.True(SignaturePublicKey.TryImport(ecdsa.ExportSubjectPublicKeyInfo(), out var key));
        using (key)
        {
            byte[] data = [.. Hex.Octets(r), .. Hex.Octets(s)];
            Assert.Equal(SignatureVerdict.Valid, key.Verify(method, data, "abc"u8, [], out _));
            Assert.Equal(SignatureVerdict.WrongSignature, key.Verify(method, data, "abd"u8, [], out _));
        }
    }

    /// <summary>RFC 8032 §7.1, tests 1 and 2.</summary>
    [Theory]
    [InlineData(
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")]
    [InlineData(
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")]
    public void Rfc8032_section_7_1_ed25519(string seed, string publicKey, string message, string signature)
    {
        using var ours = SignaturePrivateKey.ImportPkcs8([.. Hex.Octets("302e 0201 00 3005 0603 2b6570 0422 0420"), .. Hex.Octets(seed)]);
        Assert.Equal(signature, Hex.Of(ours.Sign(SignatureScheme.Ed25519, Hex.Octets(message))));
        Assert.True(SignaturePublicKey.TryImport(TestKeys.Ed25519Info(Hex.Octets(publicKey)), out var peers));
        Assert.Equal(SignatureVerdict.Valid, peers.Verify(SignatureScheme.Ed25519, Hex.Octets(signature), Hex.Octets(message)));
    }

    [Theory]
    [InlineData(0, SignatureVerdict.Valid)]
    [InlineData(20, SignatureVerdict.Valid)]
    [InlineData(64, SignatureVerdict.Valid)]
    [InlineData(222, SignatureVerdict.Valid)] // all the room of 2,048 bits
    public void Pss_with_any_salt_that_fits_verifies(int saltOctets, SignatureVerdict expected)
    {
        var signer = new PssSigner(new RsaEngine(), new Sha256Digest(), saltOctets);
        signer.Init(forSigning: true, PrivateKeyFactory.CreateKey(TestKeys.Rsa2048));
        signer.BlockUpdate(s_octets);
        var signature = signer.GenerateSignature();

        using var peers = TestKeys.Public(SignatureKeyKind.Rsa);
        var scheme = new SignatureScheme(SignatureAlgorithm.RsaPss, SignatureHashAlgorithm.Sha256, saltOctets);
        Assert.Equal(expected, peers.Verify(scheme, signature, s_octets));
        Assert.Equal(SignatureVerdict.WrongSignature, peers.Verify(scheme with { SaltOctets = 21 }, signature, s_octets));
        signature[3] ^= 1;
        Assert.Equal(SignatureVerdict.WrongSignature, peers.Verify(scheme, signature, s_octets));
    }

    [Theory]
    [InlineData(223)]
    [InlineData(512)]
    public void Pss_with_a_salt_that_cannot_fit_is_a_wrong_signature(int saltOctets)
    {
        using var peers = TestKeys.Public(SignatureKeyKind.Rsa);
        var scheme = new SignatureScheme(SignatureAlgorithm.RsaPss, SignatureHashAlgorithm.Sha256, saltOctets);
        Assert.Equal(SignatureVerdict.WrongSignature, peers.Verify(scheme, new byte[256], s_octets));
    }

    /// <summary>A certificate is a peer's: what it holds is a value, never an exception.</summary>
    [Theory]
    [InlineData(SignatureKeyKind.Rsa)]
    [InlineData(SignatureKeyKind.EcP256)]
    [InlineData(SignatureKeyKind.EcP384)]
    [InlineData(SignatureKeyKind.EcP521)]
    [InlineData(SignatureKeyKind.Ed25519)]
    public void A_broken_public_key_is_refused_or_verifies_nothing(SignatureKeyKind kind)
    {
        var info = TestKeys.SubjectPublicKeyInfo(kind);
        using var ours = TestKeys.Private(kind);
        var scheme = kind switch
        {
            SignatureKeyKind.Rsa => SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256),
            SignatureKeyKind.Ed25519 => SignatureScheme.Ed25519,
            _ => SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256),
        };
        var signature = ours.Sign(scheme, s_octets);

        for (var bit = 0; bit < info.Length * 8; bit += 7)
        {
            var broken = info.ToArray();
            broken[bit / 8] ^= (byte)(1 << (bit % 8));
            if (!SignaturePublicKey.TryImport(broken, out var key))
                continue;
            using (key)
                Assert.True(key.Verify(scheme, signature, s_octets) != SignatureVerdict.Valid, $"bit {bit} of {Hex.Of(info)}");
        }

        for (var length = 0; length < info.Length; length++)
            Assert.False(SignaturePublicKey.TryImport(info.AsSpan(0, length), out _), $"cut to {length} octets");
        Assert.False(SignaturePublicKey.TryImport([.. info, 0], out _));
    }

    [Fact]
    public void A_curve_given_by_its_numbers_is_refused()
    {
        // The numbers of P-256 itself: whoever may choose them may choose a base point that fits any key.
        using var ecdsa = ECDsa.Create();
        ecdsa.ImportPkcs8PrivateKey(TestKeys.P256, out _);
        using var explicitCurve = ECDsa.Create(ecdsa.ExportExplicitParameters(includePrivateParameters: false));
        Assert.False(SignaturePublicKey.TryImport(explicitCurve.ExportSubjectPublicKeyInfo(), out _));
    }

    [Theory]
    [InlineData(1016, false)]
    [InlineData(1024, true)]
    [InlineData(8192, true)]
    [InlineData(8200, false)]
    public void An_rsa_key_has_1024_to_8192_bits(int bits, bool taken)
    {
        // Any odd number of that length will do as a modulus: nothing is signed.
        var modulus = new SeededEntropy(bits).Octets(bits / 8);
        modulus[0] |= 0x80;
        modulus[^1] |= 1;
        using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = [1, 0, 1] });
        Assert.Equal(taken, SignaturePublicKey.TryImport(rsa.ExportSubjectPublicKeyInfo(), out var key));
        using (key)
            Assert.Equal(taken ? bits : null, key?.KeyBits);
    }

    [Fact]
    public void A_private_key_that_is_none_is_the_callers_mistake()
    {
        Assert.Throws<CryptographicException>(() => SignaturePrivateKey.ImportPkcs8([]));
        Assert.Throws<CryptographicException>(() => SignaturePrivateKey.ImportPkcs8(TestKeys.P256.AsSpan(0, 40)));
        Assert.Throws<CryptographicException>(() => SignaturePrivateKey.ImportPkcs8(TestKeys.SubjectPublicKeyInfo(SignatureKeyKind.EcP256)));
    }
}
