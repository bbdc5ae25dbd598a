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
