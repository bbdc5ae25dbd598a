using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.KeyExchange;

public sealed class MlKemKeyExchangeTests
{
    /// <summary>FIPS 203 §7.2: a coefficient of q or more is refused, in either half of its three octets, at any place.</summary>
    [Theory]
    [InlineData(KeyExchangeMethod.MlKem512)]
    [InlineData(KeyExchangeMethod.MlKem768)]
    [InlineData(KeyExchangeMethod.MlKem1024)]
    public void An_encapsulation_key_with_a_coefficient_that_was_not_reduced_is_refused(KeyExchangeMethod method)
    {
        var exchange = KeyExchangeTests.Exchange(method);
        using var initiation = exchange.Initiate(new SeededEntropy(1));
        var key = initiation.PublicValue;
        foreach (var at in new[] { 0, 3, key.Length - 32 - 3 })
        {
            Assert.True(Responds(at, even: true, 3328));
            Assert.True(Responds(at, even: false, 3328));
            Assert.False(Responds(at, even: true, 3329));
            Assert.False(Responds(at, even: false, 3329));
            Assert.False(Responds(at, even: true, 4095));
            Assert.False(Responds(at, even: false, 4095));
        }

        bool Responds(int at, bool even, int coefficient)
        {
            var changed = key.ToArray();
            if (even)
            {
                changed[at] = (byte)coefficient;
                changed[at + 1] = (byte)((changed[at + 1] & 0xf0) | (coefficient >> 8));
            }
            else
            {
                changed[at + 1] = (byte)((changed[at + 1] & 0x0f) | ((coefficient & 0x0f) << 4));
                changed[at + 2] = (byte)(coefficient >> 4);
            }

            return exchange.TryRespond(changed, new SeededEntropy(2), out _, out _);
        }
    }

    /// <summary>FIPS 203 §6.3: implicit rejection gives a secret that depends on the ciphertext, and that nobody shares.</summary>
    [Fact]
    public void A_changed_ciphertext_gives_another_secret_and_no_refusal()
    {
        var exchange = KeyExchangeTests.Exchange(KeyExchangeMethod.MlKem768);
        using var initiation = exchange.Initiate(new SeededEntropy(1));
        Assert.True(exchange.TryRespond(initiation.PublicValue, new SeededEntropy(2), out var answer, out var responderSecret));
        answer[100] ^= 1;
        Assert.True(initiation.TryFinish(answer, out var one));
        Assert.False(one.FixedTimeEquals(responderSecret.Octets));
        Assert.True(initiation.TryFinish(answer, out var again));
        Assert.True(one.FixedTimeEquals(again.Octets));
    }
}
