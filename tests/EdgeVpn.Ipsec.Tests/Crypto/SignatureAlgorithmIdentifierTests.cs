using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

public sealed class SignatureAlgorithmIdentifierTests
{
    private const string PssSha256 =
        "a00f 300d 0609 608648016503040201 0500" +
        "a11c 301a 0609 2a864886f70d010108 300d 0609 608648016503040201 0500" +
        "a203 0201 20";

    /// <summary>RFC 7427 Appendix A: section, octets, scheme.</summary>
    public static TheoryData<string, string, SignatureScheme> Listed { get; } = new()
    {
        { "A.1.1", "300d 0609 2a864886f70d010105 0500", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha1) },
        { "A.1.2", "300d 0609 2a864886f70d01010b 0500", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256) },
        { "A.1.3", "300d 0609 2a864886f70d01010c 0500", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha384) },
        { "A.1.4", "300d 0609 2a864886f70d01010d 0500", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha512) },
        { "A.3.1", "3009 0607 2a8648ce3d0401", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha1) },
        { "A.3.2", "300a 0608 2a8648ce3d040302", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256) },
        { "A.3.3", "300a 0608 2a8648ce3d040303", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha384) },
        { "A.3.4", "300a 0608 2a8648ce3d040304", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha512) },
        { "A.4.1", "300d 0609 2a864886f70d01010a 3000", SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha1) },
        { "RFC 4055 §3.1", "3041 0609 2a864886f70d01010a 3034" + PssSha256, SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha256) },
        { "RFC 8420 §A.1", "3005 0603 2b6570", SignatureScheme.Ed25519 },
    };

    [Theory]
    [MemberData(nameof(Listed))]
    public void Octets_of_the_appendix_are_written_and_read(string section, string octets, SignatureScheme scheme)
    {
        Assert.True(SignatureAlgorithmIdentifier.Encode(scheme).AsSpan().SequenceEqual(Hex.Octets(octets)), section);
        Assert.Equal(SignatureVerdict.Valid, SignatureAlgorithmIdentifier.Decode(Hex.Octets(octets), out var decoded));
        Assert.Equal(scheme, decoded);
    }

    /// <summary>Other encodings of the same that peers send.</summary>
    public static TheoryData<string, SignatureScheme> AlsoSeen { get; } = new()
    {
        { "300b 0609 2a864886f70d01010b", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256) }, // NULL left out
        { "300c 0608 2a8648ce3d040303 0500", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha384) }, // NULL added
        { "3046 0609 2a864886f70d01010a 3039" + PssSha256 + "a303 0201 01", SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha256) }, // RFC 7427 A.4.3: with the trailer field
        {
            "303e 0609 2a864886f70d01010a 3031 a00b 3009 0605 2b0e03021a 0500 a118 3016 0609 2a864886f70d010108 3009 0605 2b0e03021a 0500 a203 0201 14 a303 0201 01", // RFC 7427 A.4.2
            SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha1)
        },
        {
            "3012 0609 2a864886f70d01010a 3005 a203 0201 08", // SHA-1 by default, salt of 8
            new SignatureScheme(SignatureAlgorithm.RsaPss, SignatureHashAlgorithm.Sha1, 8)
        },
        {
            "303d 0609 2a864886f70d01010a 3030" + // hashes without NULL
            "a00d 300b 0609 608648016503040202 a11a 3018 0609 2a864886f70d010108 300b 0609 608648016503040202 a203 0201 30",
            SignatureScheme.RsaPss(SignatureHashAlgorithm.Sha384)
        },
    };

    [Theory]
    [MemberData(nameof(AlsoSeen))]
    public void Encodings_that_peers_also_send_are_read(string octets, SignatureScheme scheme)
    {
        Assert.Equal(SignatureVerdict.Valid, SignatureAlgorithmIdentifier.Decode(Hex.Octets(octets), out var decoded));
        Assert.Equal(scheme, decoded);
    }

    [Theory]
    [InlineData("3009 0607 2a8648ce380403")] // DSA with SHA-1
    [InlineData("3005 0603 2b6571")] // Ed448
    [InlineData("300d 0609 2a864886f70d010104 0500")] // MD5 with RSA
    [InlineData("3012 0609 2a864886f70d01010a 3005 a303 0201 02")] // trailer field 2
    [InlineData("3012 0609 2a864886f70d01010a 3005 a203 0201 ff")] // salt −1
    [InlineData("3014 0609 2a864886f70d01010a 3007 a205 0203 010000")] // salt 65,536
    [InlineData("3041 0609 2a864886f70d01010a 3034 a00f 300d 0609 608648016503040202 0500 " +
        "a11c 301a 0609 2a864886f70d010108 300d 0609 608648016503040201 0500 a203 0201 20")] // SHA-384, masked by SHA-256
    public void What_we_do_not_verify_is_named_so(string octets) =>
        Assert.Equal(SignatureVerdict.UnsupportedAlgorithm, SignatureAlgorithmIdentifier.Decode(Hex.Octets(octets), out _));

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3000")]
    [InlineData("300d 0609 2a864886f70d01010b 0500 00")] // octets after
    [InlineData("300e 0609 2a864886f70d01010b 0501 00")] // a NULL with content
    [InlineData("300c 0609 2a864886f70d01010b 05")] // cut short
    [InlineData("3007 0603 2b6570 0500")] // Ed25519 has no parameters (RFC 8410 §3)
    [InlineData("300b 0609 2a864886f70d01010a")] // PSS without parameters
    [InlineData("30800609 2a864886f70d01010b 0500 0000")] // BER, indefinite length
    public void What_is_not_der_is_malformed(string octets) =>
        Assert.Equal(SignatureVerdict.Malformed, SignatureAlgorithmIdentifier.Decode(Hex.Octets(octets), out _));

    [Fact]
    public void Authentication_data_is_split_where_its_length_octet_says()
    {
        var data = SignatureAlgorithmIdentifier.Join(SignatureScheme.Ed25519, [1, 2, 3]);
        Assert.Equal("07" + "300506032b6570" + "010203", Hex.Of(data));
        Assert.True(SignatureAlgorithmIdentifier.TrySplit(data, out var identifier, out var signature));
        Assert.Equal("300506032b6570", Hex.Of(identifier));
        Assert.Equal("010203", Hex.Of(signature));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00 010203")]
    [InlineData("07")]
    [InlineData("07 3005")]
    [InlineData("07 300506032b6570")] // no signature
    public void Authentication_data_cut_short_is_not_split(string data) =>
        Assert.False(SignatureAlgorithmIdentifier.TrySplit(Hex.Octets(data), out _, out _));

    [Fact]
    public void A_scheme_without_identifier_is_the_callers_mistake()
    {
        Assert.Throws<ArgumentException>(() => SignatureAlgorithmIdentifier.Encode(SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Identity)));
        Assert.Throws<ArgumentException>(() => SignatureAlgorithmIdentifier.Encode(SignatureScheme.RsaPss(SignatureHashAlgorithm.Streebog256)));
    }
}
