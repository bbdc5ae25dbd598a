using System.Numerics;
using EdgeVpn.Ipsec.Crypto.KeyExchange;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;

public sealed class MontgomeryModulusTests
{
    /// <summary>Moduli, bases and exponents at their edges: all ones, one above a power of two, carries out of every limb.</summary>
    [Fact]
    public void Edges_agree_with_ordinary_arithmetic()
    {
        foreach (var limbs in new[] { 1, 2, 3, 16 })
        {
            var top = BigInteger.One << (64 * limbs);
            foreach (var n in new[] { top - 1, top - 59, (top >> 1) + 1, top - (top >> 32) + 1, top - (top >> 63) - 1 })
            {
                foreach (var value in new[] { 0, 1, 2, n - 1, n - 2, n >> 1, (top >> 1) % n, (top - 1) % n })
                {
                    foreach (var exponent in new[] { "00", "01", "02", "0f", "10", "ff", "0100", "ffffffffffffffffff", "8000000000000001" })
                        AssertPower(n, value, Convert.FromHexString(exponent), limbs);
                }
            }
        }
    }

    [Fact]
    public void Random_numbers_agree_with_ordinary_arithmetic()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var entropy = new SeededEntropy(seed);
            var limbs = 1 + (seed % 9);
            var modulus = entropy.Octets(8 * limbs);
            modulus[0] |= 0x80;
            modulus[^1] |= 1;
            var n = ModpKeyExchangeTests.Number(modulus);
            AssertPower(n, ModpKeyExchangeTests.Number(entropy.Octets(8 * limbs)) % n, entropy.Octets(seed % 20), limbs);
        }
    }

    [Theory]
    [InlineData("8000000000000002")] // even
    [InlineData("7fffffffffffffff")] // does not fill its octets
    [InlineData("80000000000000000f")] // not whole limbs
    public void A_modulus_of_another_shape_is_the_callers_mistake(string modulus) =>
        Assert.Throws<ArgumentException>(() => new MontgomeryModulus(Convert.FromHexString(modulus)));

    private static void AssertPower(BigInteger n, BigInteger value, byte[] exponent, int limbs)
    {
        var modulus = new MontgomeryModulus(ModpKeyExchangeTests.Octets(n, 8 * limbs));
        var result = new byte[8 * limbs];
        modulus.Power(ModpKeyExchangeTests.Octets(value, 8 * limbs), exponent, result);
        var expected = BigInteger.ModPow(value, ModpKeyExchangeTests.Number(exponent), n);
        Assert.True(expected == ModpKeyExchangeTests.Number(result), $"{value:X} ^ {Hex.Of(exponent)} mod {n:X}");
    }
}
