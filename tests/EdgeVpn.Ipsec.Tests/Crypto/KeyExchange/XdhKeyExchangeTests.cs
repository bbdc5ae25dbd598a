using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;

public sealed class XdhKeyExchangeTests
{
    /// <summary>RFC 8031 Appendix A: the whole exchange, private values before clamping.</summary>
    [Fact]
    public void Rfc8031_appendix_a_curve25519() => AssertExchange(
        KeyExchangeMethod.Curve25519,
        initiatorPrivate: "751fb430 8655b476 b6789b73 25f9ea8c ddd16a58 533ff6d9 e6000946 4a5f9d94",
        responderPrivate: "0a546452 53290d60 ddadd0e0 30bacd9e 5501efdc 220755a1 e978f1b8 39a05688",
        initiatorPublic: "48d5ddd4 061257ba 166fa3f9 bbdb74f1 a4e81c08 9384fa77 f790709f 0dfbc766",
        responderPublic: "0be7c1f5 aad87d7e 44866267 3298a443 478b8597 45179eaf 564c79c0 ef6eee25",
        shared: "c7495060 7a12327f 3204d94b 6825bfb0 68b7f831 9a9e3708 ed3d43ce 8130c950");

    /// <summary>RFC 7748 §6.1.</summary>
    [Fact]
    public void Rfc7748_section_6_1_curve25519() => AssertExchange(
        KeyExchangeMethod.Curve25519,
        initiatorPrivate: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        responderPrivate: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        initiatorPublic: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
        responderPublic: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
        shared: "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");

    /// <summary>RFC 7748 §6.2.</summary>
    [Fact]
    public void Rfc7748_section_6_2_curve448() => AssertExchange(
        KeyExchangeMethod.Curve448,
        initiatorPrivate: "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
        responderPrivate: "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
        initiatorPublic: "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
        responderPublic: "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
        shared: "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a5037514a879d");

    /// <summary>RFC 7748 §5.2, the first vector of each curve.</summary>
    [Theory]
    [InlineData(
        KeyExchangeMethod.Curve25519,
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552")]
    [InlineData(
        KeyExchangeMethod.Curve448,
        "3d262fddf9ec8e88495266fea19a34d28882acef045104d0d1aae121700a779c984c24f8cdd78fbff44943eba368f54b29259a4f1c600ad3",
        "06fce640fa3487bfda5f6cf2d5263f8aad88334cbd07437f020f08f9814dc031ddbdc38c19c6da2583fa5429db94ada18aa7a7fb4ef8a086",
        "ce3e4ff95a60dc6697da1db1d85e6afbdf79b50a2412d7546d5f239fe14fbaadeb445fc66a01b0779d98223961111e21766282f73dd96b6f")]
    public void Rfc7748_section_5_2(KeyExchangeMethod method, string scalar, string u, string output)
    {
        using var initiation = KeyExchangeTests.Exchange(method).Initiate(new ScriptedEntropy(Hex.Octets(scalar)));
        Assert.True(initiation.TryFinish(Hex.Octets(u), out var shared));
        Assert.Equal(output, Hex.Of(shared.Octets));
    }

    /// <summary>Points of small order, by u coordinate: 0, 1 and p − 1 on both curves, and those of order 8 on Curve25519 (RFC 7748 §7).</summary>
    [Theory]
    [InlineData(KeyExchangeMethod.Curve25519, "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(KeyExchangeMethod.Curve25519, "0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(KeyExchangeMethod.Curve25519, "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData(KeyExchangeMethod.Curve25519, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData(KeyExchangeMethod.Curve25519, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData(KeyExchangeMethod.Curve448, "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(KeyExchangeMethod.Curve448, "0100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(KeyExchangeMethod.Curve448, "fefffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void An_all_zero_secret_is_refused_by_both_sides(KeyExchangeMethod method, string peer)
    {
        var exchange = KeyExchangeTests.Exchange(method);
        using var initiation = exchange.Initiate(new SeededEntropy(1));
        Assert.False(initiation.TryFinish(Hex.Octets(peer), out var secret));
        Assert.Null(secret);
        Assert.False(exchange.TryRespond(Hex.Octets(peer), new SeededEntropy(2), out var publicValue, out secret));
        Assert.Null(publicValue);
        Assert.Null(secret);
    }

    private static void AssertExchange(
        KeyExchangeMethod method, string initiatorPrivate, string responderPrivate, string initiatorPublic, string responderPublic, string shared)
    {
        var exchange = KeyExchangeTests.Exchange(method);
        using var initiation = exchange.Initiate(new ScriptedEntropy(Hex.Octets(initiatorPrivate)));
        Assert.Equal(Hex.Octets(initiatorPublic), initiation.PublicValue);

        Assert.True(exchange.TryRespond(initiation.PublicValue, new ScriptedEntropy(Hex.Octets(responderPrivate)), out var answer, out var responderSecret));
        Assert.Equal(Hex.Octets(responderPublic), answer);
        Assert.Equal(Hex.Octets(shared), responderSecret.Octets.ToArray());

        Assert.True(initiation.TryFinish(answer, out var initiatorSecret));
        Assert.Equal(Hex.Octets(shared), initiatorSecret.Octets.ToArray());
    }
}
