using System.Globalization;
using System.Numerics;
using EdgeVpn.Ipsec.Crypto.KeyExchange;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;

public sealed class EcpKeyExchangeTests
{
    /// <summary>RFC 5903 §8.1.</summary>
    [Fact]
    public void Rfc5903_section_8_1_256_bit() => AssertExchange(
        KeyExchangeMethod.Ecp256,
        i: "C88F01F5 10D9AC3F 70A292DA A2316DE5 44E9AAB8 AFE84049 C62A9C57 862D1433",
        gi: "DAD0B653 94221CF9 B051E1FE CA5787D0 98DFE637 FC90B9EF 945D0C37 72581180" +
            "5271A046 1CDB8252 D61F1C45 6FA3E59A B1F45B33 ACCF5F58 389E0577 B8990BB3",
        r: "C6EF9C5D 78AE012A 011164AC B397CE20 88685D8F 06BF9BE0 B283AB46 476BEE53",
        gr: "D12DFB52 89C8D4F8 1208B702 70398C34 2296970A 0BCCB74C 736FC755 4494BF63" +
            "56FBF3CA 366CC23E 8157854C 13C58D6A AC23F046 ADA30F83 53E74F33 039872AB",
        girx: "D6840F6B 42F6EDAF D13116E0 E1256520 2FEF8E9E CE7DCE03 812464D0 4B9442DE");

    /// <summary>RFC 5903 §8.2.</summary>
    [Fact]
    public void Rfc5903_section_8_2_384_bit() => AssertExchange(
        KeyExchangeMethod.Ecp384,
        i: "099F3C70 34D4A2C6 99884D73 A375A67F 7624EF7C 6B3C0F16 0647B674 14DCE655 E35B5380 41E649EE 3FAEF896 783AB194",
        gi: "667842D7 D180AC2C DE6F74F3 7551F557 55C7645C 20EF73E3 1634FE72 B4C55EE6 DE3AC808 ACB4BDB4 C88732AE E95F41AA" +
            "9482ED1F C0EEB9CA FC498462 5CCFC23F 65032149 E0E144AD A0241815 35A0F38E EB9FCFF3 C2C947DA E69B4C63 4573A81C",
        r: "41CB0779 B4BDB85D 47846725 FBEC3C94 30FAB46C C8DC5060 855CC9BD A0AA2942 E0308312 916B8ED2 960E4BD5 5A7448FC",
        gr: "E558DBEF 53EECDE3 D3FCCFC1 AEA08A89 A987475D 12FD950D 83CFA417 32BC509D 0D1AC43A 0336DEF9 6FDA41D0 774A3571" +
            "DCFBEC7A ACF31964 72169E83 8430367F 66EEBE3C 6E70C416 DD5F0C68 759DD1FF F83FA401 42209DFF 5EAAD96D B9E6386C",
        girx: "11187331 C279962D 93D60424 3FD592CB 9D0A926F 422E4718 7521287E 7156C5C4 D6031355 69B9E9D0 9CF5D4A2 70F59746");

    /// <summary>RFC 5903 §8.3.</summary>
    [Fact]
    public void Rfc5903_section_8_3_521_bit() => AssertExchange(
        KeyExchangeMethod.Ecp521,
        i: "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A095AA85A30FE1C2952C6771D937BA9777F5957B2639BAB072462F68C27A57382D4A52",
        gi: "0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBEE1E3BF42E00B8E380AEAE57C2D107564941885942AF5A7F4601723C4195D176CED3E" +
            "017CAE20B6641D2EEB695786D8C946146239D099E18E1D5A514C739D7CB4A10AD8A788015AC405D7799DC75E7B7D5B6CF2261A6A7F1507438BF01BEB6CA3926F9582",
        r: "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E9C677D600B343757A3BDBF2A3163E4C2F869CCA7458AA4A4EFFC311F5CB151685EB9",
        gr: "00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A219B97C356436ADC6E95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9460F" +
            "015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87220B6536C5C408A1D2AEBB8E86D678AE49CB57091F4732296579AB44FCD17F0FC56A",
        girx: "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04D1427E73CA4BAA240A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3DDEA");

    public static TheoryData<KeyExchangeMethod, string> Curves { get; } = new()
    {
        { KeyExchangeMethod.Ecp256, "secp256r1" },
        { KeyExchangeMethod.Ecp384, "secp384r1" },
        { KeyExchangeMethod.Ecp521, "secp521r1" },
    };

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_order_is_that_of_the_curve(KeyExchangeMethod method, string name) =>
        Assert.Equal(Curve(name).N.ToByteArrayUnsigned(), Group(method).Order);

    [Theory]
    [MemberData(nameof(Curves))]
    public void The_smallest_and_the_largest_scalar_give_the_base_point_and_its_negative(KeyExchangeMethod method, string name)
    {
        var size = Group(method).CoordinateOctets;
        var (one, last) = (new byte[size], Group(method).Order.ToArray());
        one[^1] = 1;
        last[^1]--;
        using var smallest = KeyExchangeTests.Exchange(method).Initiate(new ScriptedEntropy(one));
        using var largest = KeyExchangeTests.Exchange(method).Initiate(new ScriptedEntropy(last));

        var g = Curve(name).G.Normalize();
        Assert.Equal(g.GetEncoded(false)[1..], smallest.PublicValue);
        Assert.Equal(g.Negate().GetEncoded(false)[1..], largest.PublicValue);
    }

    [Theory]
    [MemberData(nameof(Curves))]
    public void A_scalar_of_zero_or_not_below_the_order_is_drawn_again(KeyExchangeMethod method, string name)
    {
        _ = name;
        var size = Group(method).CoordinateOctets;
        var (two, above) = (new byte[size], Group(method).Order.ToArray());
        two[^1] = 2;
        above[^1]++;
        var entropy = new ScriptedEntropy(new byte[size], Group(method).Order, above, two);
        using var initiation = KeyExchangeTests.Exchange(method).Initiate(entropy);
        using var expected = KeyExchangeTests.Exchange(method).Initiate(new ScriptedEntropy(two));
        Assert.Equal(expected.PublicValue, initiation.PublicValue);
        Assert.Equal(0, entropy.Left);
    }

    /// <summary>RFC 6989 §2.3.</summary>
    [Theory]
    [MemberData(nameof(Curves))]
    public void A_point_that_is_not_on_the_curve_is_refused(KeyExchangeMethod method, string name)
    {
        var size = Group(method).CoordinateOctets;
        var p = Curve(name).Curve.Field.Characteristic.ToByteArrayUnsigned();
        using var initiation = KeyExchangeTests.Exchange(method).Initiate(new SeededEntropy(1));
        var point = initiation.PublicValue;

        AssertRefused(method, new byte[2 * size], "infinity, as some encode it");
        for (var bit = 0; bit < point.Length * 8; bit += 13)
        {
            var wrong = point.ToArray();
            wrong[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(method, wrong, $"bit {bit}");
        }

        AssertRefused(method, [.. point[size..], .. point[..size]], "y | x");
        AssertRefused(method, [.. p, .. point[size..]], "x = p");
        AssertRefused(method, [.. point[..size], .. p], "y = p");
    }

    /// <summary>The same point with a coordinate above p: a second encoding that must not be taken.</summary>
    [Fact]
    public void A_coordinate_that_was_not_reduced_is_refused()
    {
        // On P-256, x = 5 has a point; 5 + p still fits 256 bits, for p is below 2^256 by more than 5.
        var p = BigInteger.Parse("0FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var b = BigInteger.Parse("05AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B", NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var x = new BigInteger(5);
        var y = BigInteger.ModPow((x * x * x) - (3 * x) + b, (p + 1) / 4, p); // a square root, p = 3 mod 4
        Assert.Equal(((x * x * x) - (3 * x) + b) % p, y * y % p);

        var exchange = KeyExchangeTests.Exchange(KeyExchangeMethod.Ecp256);
        Assert.True(exchange.TryRespond([.. Fixed(x), .. Fixed(y)], new SeededEntropy(1), out _, out _));
        AssertRefused(KeyExchangeMethod.Ecp256, [.. Fixed(x + p), .. Fixed(y)], "x + p");

        static byte[] Fixed(BigInteger value) => Convert.FromHexString(value.ToString("X64", CultureInfo.InvariantCulture)[^64..]);
    }

    private static EcpGroup Group(KeyExchangeMethod method) => method switch
    {
        KeyExchangeMethod.Ecp256 => EcpGroup.Ecp256,
        KeyExchangeMethod.Ecp384 => EcpGroup.Ecp384,
        _ => EcpGroup.Ecp521,
    };

    private static X9ECParameters Curve(string name) => CustomNamedCurves.GetByName(name);

    private static void AssertRefused(KeyExchangeMethod method, byte[] peer, string what)
    {
        var exchange = KeyExchangeTests.Exchange(method);
        Assert.False(exchange.TryRespond(peer, new SeededEntropy(1), out _, out _), what);
        using var initiation = exchange.Initiate(new SeededEntropy(2));
        Assert.False(initiation.TryFinish(peer, out _), what);
    }

    private static void AssertExchange(KeyExchangeMethod method, string i, string gi, string r, string gr, string girx)
    {
        var exchange = KeyExchangeTests.Exchange(method);
        using var initiation = exchange.Initiate(new ScriptedEntropy(Hex.Octets(i)));
        Assert.Equal(Hex.Octets(gi), initiation.PublicValue);

        Assert.True(exchange.TryRespond(initiation.PublicValue, new ScriptedEntropy(Hex.Octets(r)), out var answer, out var responderSecret));
        Assert.Equal(Hex.Octets(gr), answer);
        Assert.Equal(Hex.Octets(girx), responderSecret.Octets.ToArray());

        Assert.True(initiation.TryFinish(answer, out var initiatorSecret));
        Assert.Equal(Hex.Octets(girx), initiatorSecret.Octets.ToArray());
    }
}
