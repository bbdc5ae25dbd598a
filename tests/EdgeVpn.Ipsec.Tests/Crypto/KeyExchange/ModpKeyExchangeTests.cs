using System.Numerics;
using EdgeVpn.Ipsec.Crypto.KeyExchange;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;

public sealed class ModpKeyExchangeTests
{
    /// <summary>RFC 5114 Appendix A.3.</summary>
    [Fact]
    public void Rfc5114_appendix_a_3_2048_bit_group_with_256_bit_subgroup()
    {
        var xA = Hex.Octets(
            "0881382C DB87660C 6DC13E61 4938D5B9 C8B2F248 581CC5E3 1B354543 97FCE50E");
        var yA = Hex.Octets(
            "2E9380C8 323AF975 45BC4941 DEB0EC37 42C62FE0 ECE824A6 ABDBE66C 59BEE024 " +
            "2911BFB9 67235CEB A35AE13E 4EC752BE 630B92DC 4BDE2847 A9C62CB8 15274542 " +
            "1FB7EB60 A63C0FE9 159FCCE7 26CE7CD8 523D7450 667EF840 E4919121 EB5F01C8 " +
            "C9B0D3D6 48A93BFB 75689E82 44AC134A F544711C E79A02DC C3422668 4780DDDC " +
            "B4985941 06C37F5B C7985648 7AF5AB02 2A2E5E42 F09897C1 A85A11EA 0212AF04 " +
            "D9B4CEBC 937C3C1A 3E15A8A0 342E3376 15C84E7F E3B8B9B8 7FB1E73A 15AF12A3 " +
            "0D746E06 DFC34F29 0D797CE5 1AA13AA7 85BF6658 AFF5E4B0 93003CBE AF665B3C " +
            "2E113A3A 4E905269 341DC071 1426685F 4EF37E86 8A8126FF 3F2279B5 7CA67E29");
        var xB = Hex.Octets(
            "7D62A7E3 EF36DE61 7B13D1AF B82C780D 83A23BD4 EE670564 5121F371 F546A53D");
        var yB = Hex.Octets(
            "575F0351 BD2B1B81 7448BDF8 7A6C362C 1E289D39 03A30B98 32C5741F A250363E " +
            "7ACBC7F7 7F3DACBC 1F131ADD 8E03367E FF8FBBB3 E1C57844 24809B25 AFE4D226 " +
            "2A1A6FD2 FAB64105 CA30A674 E07F7809 85208863 2FC04923 3791AD4E DD083A97 " +
            "8B883EE6 18BC5E0D D047415F 2D95E683 CF14826B 5FBE10D3 CE41C6C1 20C78AB2 " +
            "0008C698 BF7F0BCA B9D7F407 BED0F43A FB2970F5 7F8D1204 3963E66D DD320D59 " +
            "9AD9936C 8F44137C 08B180EC 5E985CEB E186F3D5 49677E80 607331EE 17AF3380 " +
            "A725B078 2317D7DD 43F59D7A F9568A9B B63A84D3 65F92244 ED120988 219302F4 " +
            "2924C7CA 90B89D24 F71B0AB6 97823D7D EB1AFF5B 0E8E4A45 D49F7F53 757E1913");
        var z = Hex.Octets(
            "86C70BF8 D0BB81BB 01078A17 219CB7D2 7203DB2A 19C877F1 D1F19FD7 D77EF225 " +
            "46A68F00 5AD52DC8 4553B78F C60330BE 51EA7C06 72CAC151 5E4B35C0 47B9A551 " +
            "B88F39DC 26DA14A0 9EF74774 D47C762D D177F9ED 5BC2F11E 52C879BD 95098504 " +
            "CD9EECD8 A8F9B3EF BD1F008A C5853097 D9D1837F 2B18F77C D7BE01AF 80A7C7B5 " +
            "EA3CA54C C02D0C11 6FEE3F95 BB873993 85875D7E 86747E67 6E728938 ACBFF709 " +
            "8E05BE4D CFB24052 B83AEFFB 14783F02 9ADBDE7F 53FAE920 84224090 E007CEE9 " +
            "4D4BF2BA CE9FFD4B 57D2AF7C 724D0CAA 19BF0501 F6F17B4A A10F425E 3EA76080 " +
            "B4B9D6B3 CEFEA115 B2CEB878 9BB8A3B0 EA87FEBE 63B6C8F8 46EC6DB0 C26C5D7C");

        var exchange = KeyExchangeTests.Exchange(KeyExchangeMethod.Modp2048s256);
        using var initiation = exchange.Initiate(new ScriptedEntropy(xA));
        Assert.Equal(yA, initiation.PublicValue);
        Assert.True(exchange.TryRespond(yA, new ScriptedEntropy(xB), out var answer, out var responderSecret));
        Assert.Equal(yB, answer);
        Assert.Equal(z, responderSecret.Octets.ToArray());
        Assert.True(initiation.TryFinish(yB, out var initiatorSecret));
        Assert.Equal(z, initiatorSecret.Octets.ToArray());
    }

    /// <summary>RFC 2409 §6.2 and RFC 3526 §2–§5 give each prime as a formula: 2^n − 2^(n−64) − 1 + 2^64 × (⌊2^(n−130) π⌋ + c).</summary>
    [Theory]
    [InlineData(KeyExchangeMethod.Modp1024, 1024, 129093)]
    [InlineData(KeyExchangeMethod.Modp1536, 1536, 741804)]
    [InlineData(KeyExchangeMethod.Modp2048, 2048, 124476)]
    [InlineData(KeyExchangeMethod.Modp3072, 3072, 1690314)]
    [InlineData(KeyExchangeMethod.Modp4096, 4096, 240904)]
    public void A_safe_prime_is_the_formula_of_its_rfc(KeyExchangeMethod method, int bits, int c)
    {
        var expected = Power2(bits) - Power2(bits - 64) - 1 + (Power2(64) * (Pi(bits - 130) + c));
        var group = Group(method);
        Assert.Equal(expected, Number(group.Prime));
        Assert.Equal(2, Number(group.Generator));
        Assert.Null(group.Order);
    }

    [Fact]
    public void The_generator_of_group_24_has_its_order()
    {
        var group = Group(KeyExchangeMethod.Modp2048s256);
        Assert.NotNull(group.Order);
        Assert.Equal(BigInteger.One, BigInteger.ModPow(Number(group.Generator), Number(group.Order), Number(group.Prime)));
        Assert.Equal(BigInteger.Zero, (Number(group.Prime) - 1) % Number(group.Order));
    }

    [Theory]
    [InlineData(KeyExchangeMethod.Modp1024, 256)]
    [InlineData(KeyExchangeMethod.Modp1536, 256)]
    [InlineData(KeyExchangeMethod.Modp2048, 320)]
    [InlineData(KeyExchangeMethod.Modp3072, 424)]
    [InlineData(KeyExchangeMethod.Modp4096, 480)]
    public void A_private_value_has_the_length_of_its_strength_and_its_highest_bit_set(KeyExchangeMethod method, int bits)
    {
        var draw = new byte[bits / 8]; // all zero: the worst draw
        using var initiation = KeyExchangeTests.Exchange(method).Initiate(new ScriptedEntropy(draw));
        draw[0] = 0x80;
        Assert.Equal(BigInteger.ModPow(2, Number(draw), Number(Group(method).Prime)), Number(initiation.PublicValue));
    }

    /// <summary>RFC 6989 §2.1: 1 &lt; y &lt; p − 1.</summary>
    [Theory]
    [InlineData(KeyExchangeMethod.Modp1024)]
    [InlineData(KeyExchangeMethod.Modp1536)]
    [InlineData(KeyExchangeMethod.Modp2048)]
    [InlineData(KeyExchangeMethod.Modp3072)]
    [InlineData(KeyExchangeMethod.Modp4096)]
    public void A_value_outside_2_to_p_minus_2_is_refused(KeyExchangeMethod method)
    {
        var p = Number(Group(method).Prime);
        AssertRefused(method, 0);
        AssertRefused(method, 1);
        AssertRefused(method, p - 1);
        AssertRefused(method, p);
        AssertRefused(method, p + 1);
        AssertRefused(method, p + 2);
        AssertRefused(method, Power2(8 * Group(method).Prime.Length) - 1);
        AssertTaken(method, 2);
        AssertTaken(method, p - 2);
    }

    /// <summary>RFC 6989 §2.2: y^q = 1 modulo p.</summary>
    [Fact]
    public void A_value_outside_the_subgroup_of_group_24_is_refused()
    {
        var group = Group(KeyExchangeMethod.Modp2048s256);
        var (p, q, g) = (Number(group.Prime), Number(group.Order!), Number(group.Generator));
        foreach (var outside in new[] { 0, 1, p - 1, p, p + 1, 2, 3, p - g, g + 1 })
            AssertRefused(group.Method, outside);

        // Elements of small order, which leak a private value modulo that order.
        foreach (var order in new[] { 2, 3, 5, 7, 11, 13 })
        {
            if ((p - 1) % order != 0)
                continue;
            for (BigInteger h = 2; ; h++)
            {
                var element = BigInteger.ModPow(h, (p - 1) / order, p);
                if (element == 1)
                    continue;
                AssertRefused(group.Method, element);
                AssertRefused(group.Method, element * g % p);
                break;
            }
        }

        AssertTaken(group.Method, g);
        AssertTaken(group.Method, BigInteger.ModPow(g, q - 1, p));
    }

    /// <summary>RFC 7296 §2.14: g^ir is padded with zeros to the length of the modulus.</summary>
    [Theory]
    [InlineData(66, true)] // with this seed g^x begins with a zero octet
    [InlineData(239, false)] // and with this one the secret
    public void A_short_public_value_or_secret_keeps_its_leading_zeros(int seed, bool isPublicValueShort)
    {
        var draw = new SeededEntropy(seed).Octets(32);
        var exchange = KeyExchangeTests.Exchange(KeyExchangeMethod.Modp1024);
        Assert.True(exchange.TryRespond(Octets(3, 128), new ScriptedEntropy(draw), out var publicValue, out var shared));
        Assert.Equal(0, isPublicValueShort ? publicValue[0] : shared.Octets[0]);

        draw[0] |= 0x80;
        var p = Number(Group(KeyExchangeMethod.Modp1024).Prime);
        Assert.Equal(Octets(BigInteger.ModPow(2, Number(draw), p), 128), publicValue);
        Assert.Equal(Octets(BigInteger.ModPow(3, Number(draw), p), 128), shared.Octets.ToArray());
    }

    internal static ModpGroup Group(KeyExchangeMethod method) => method switch
    {
        KeyExchangeMethod.Modp1024 => ModpGroup.Modp1024,
        KeyExchangeMethod.Modp1536 => ModpGroup.Modp1536,
        KeyExchangeMethod.Modp2048 => ModpGroup.Modp2048,
        KeyExchangeMethod.Modp3072 => ModpGroup.Modp3072,
        KeyExchangeMethod.Modp4096 => ModpGroup.Modp4096,
        KeyExchangeMethod.Modp2048s256 => ModpGroup.Modp2048s256,
        _ => throw new ArgumentOutOfRangeException(nameof(method)),
    };

    internal static BigInteger Number(ReadOnlySpan<byte> octets) => new(octets, isUnsigned: true, isBigEndian: true);

    internal static byte[] Octets(BigInteger value, int length)
    {
        var octets = new byte[length];
        var unpadded = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        unpadded.CopyTo(octets, length - unpadded.Length);
        return octets;
    }

    private static void AssertRefused(KeyExchangeMethod method, BigInteger y)
    {
        var exchange = new ModpKeyExchange(Group(method));
        Assert.False(exchange.TryRespond(Octets(y, Group(method).Prime.Length), new SeededEntropy(1), out _, out _), y.ToString("X"));
    }

    private static void AssertTaken(KeyExchangeMethod method, BigInteger y) =>
        Assert.True(new ModpKeyExchange(Group(method)).IsAcceptable(Octets(y, Group(method).Prime.Length)), y.ToString("X"));

    private static BigInteger Power2(int exponent) => BigInteger.One << exponent;

    /// <summary>⌊2^bits × π⌋ by Machin's formula, with 64 bits to spare.</summary>
    private static BigInteger Pi(int bits)
    {
        var one = Power2(bits + 64);
        return (4 * ((4 * ArcTangentOfInverse(5, one)) - ArcTangentOfInverse(239, one))) >> 64;
    }

    private static BigInteger ArcTangentOfInverse(int x, BigInteger one)
    {
        var term = one / x;
        var sum = term;
        for (var n = 3; term != 0; n += 2)
        {
            term /= -(x * x);
            sum += term / n;
        }

        return sum;
    }
}
