using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Crypto;

public class CryptoProvidersTests
{
    [Fact]
    public void Instructions_come_before_libcrypto_and_that_before_the_platform()
    {
        var factory = EspSaFactories.Create();
        var gcm = factory.ProviderOf(new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None))!.Name;
        var own = EspSaFactory.Default.ProviderOf(new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None))!.Name;
        var rest = CryptoLibrary.IsPresent ? LibcryptoEsp.Name : "bcl";
        Assert.Equal(own == "bcl" ? rest : own, gcm);
        Assert.Equal(rest, factory.ProviderOf(new EspSuite(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None))!.Name);
        Assert.Equal(rest, factory.ProviderOf(new EspSuite(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None))!.Name);
        Assert.Equal(rest, factory.ProviderOf(new EspSuite(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128))!.Name);
    }

    [Fact]
    public void A_small_order_point_is_refused_by_the_accelerated_curves_too()
    {
        foreach (var method in AlgorithmCatalogs.Accelerated().Where(method => method.Method is KeyExchangeMethod.Curve25519 or KeyExchangeMethod.Curve448))
        {
            using var initiation = method.Initiate(new KernelEntropy());
            Assert.False(initiation.TryFinish(new byte[initiation.PublicValue.Length], out _));
            Assert.False(method.TryRespond(new byte[5], new KernelEntropy(), out _, out _));
        }
    }

    [Theory]
    [InlineData(KeyExchangeMethod.Ecp256)]
    [InlineData(KeyExchangeMethod.Ecp384)]
    [InlineData(KeyExchangeMethod.Ecp521)]
    public void The_accelerated_NIST_curves_agree_with_the_plain_ones_and_refuse_what_is_no_point(KeyExchangeMethod group)
    {
        if (!CryptoLibrary.IsPresent) Assert.Skip("no libcrypto");
        var entropy = new KernelEntropy();
        var fast = AlgorithmCatalogs.Accelerated().Single(method => method.Method == group);
        var plain = AlgorithmCatalog.Default.KeyExchange(group)!;
        Assert.Equal(plain.IsSlow, fast.IsSlow);
        foreach (var (one, other) in ((IKeyExchange, IKeyExchange)[])[(fast, plain), (plain, fast), (fast, fast)])
        {
            using var initiation = one.Initiate(entropy);
            Assert.True(other.TryRespond(initiation.PublicValue, entropy, out var answer, out var theirs));
            Assert.True(initiation.TryFinish(answer, out var ours));
            using (ours) using (theirs) Assert.Equal(theirs.Octets.ToArray(), ours.Octets.ToArray());
        }

        using var mine = fast.Initiate(entropy);
        var size = mine.PublicValue.Length;
        var beside = (byte[])mine.PublicValue.Clone();
        beside[^1] ^= 1;
        foreach (var wrong in (byte[][])[beside, new byte[size], [.. Enumerable.Repeat((byte)0xff, size)], mine.PublicValue[1..], [.. mine.PublicValue, 0], []])
        {
            Assert.False(fast.TryRespond(wrong, entropy, out _, out _));
            Assert.False(mine.TryFinish(wrong, out _));
        }
    }

    [Fact]
    public void A_MODP_value_of_one_is_refused_whatever_does_the_arithmetic()
    {
        foreach (var method in AlgorithmCatalogs.Accelerated().Where(method => method.Method is KeyExchangeMethod.Modp2048 or KeyExchangeMethod.Modp2048s256))
        {
            var one = new byte[256];
            one[^1] = 1;
            Assert.False(method.TryRespond(one, new KernelEntropy(), out _, out _));
        }
    }
}
