using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Crypto;

/// <summary>Every provider against every other, on packets by chance; by seed, so that a failure can be had again.</summary>
public class ProviderAgreementTests(ITestOutputHelper output)
{
    private const int Packets = 300; // of each suite
    private const int MaxInner = 3_000;

    private static readonly EspSuite[] Suites =
    [
        new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None), new(EncryptionAlgorithm.AesGcm16, 192, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None), new(EncryptionAlgorithm.AesGcm12, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.NullAuthAesGmac, 128, IntegrityAlgorithm.None), new(EncryptionAlgorithm.NullAuthAesGmac, 192, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None), new(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128), new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha384_192),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha512_256), new(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(20_261_123)]
    public void Random_packets_open_alike_with_every_provider_and_damaged_ones_with_none(int seed)
    {
        var random = new Random(seed);
        var pairs = 0;
        foreach (var suite in Suites)
        {
            var providers = EspSaFactories.Create().Providers.Where(provider => provider.Supports(suite)).ToArray();
            pairs += providers.Length * providers.Length;
            foreach (var extended in (bool[])[false, true])
            {
                var (key, integrity) = (new byte[suite.EncryptionKeyOctets], new byte[suite.IntegrityKeyOctets]);
                random.NextBytes(key);
                random.NextBytes(integrity);
                using var encryption = new Secret(key);
                using var authentication = new Secret(integrity);
                var parameters = new EspSaParameters((uint)random.Next(256, int.MaxValue), suite, encryption, authentication, extended, ReplayWindow: 0);
                var sealers = providers.Select(provider => provider.Outbound(parameters, new KernelEntropy())).ToArray();
                var openers = providers.Select(provider => provider.Inbound(parameters, EspSelectors.Any)).ToArray();
                for (var i = 0; i < Packets / 2; i++) Try(random, suite, sealers, openers);
                foreach (var sa in sealers) sa.Dispose();
                foreach (var sa in openers) sa.Dispose();
            }
        }

        output.WriteLine($"{pairs} pairs of providers");
        Assert.True(pairs > Suites.Length, "there was nobody to compare with");
    }

    private static void Try(Random random, EspSuite suite, IEspOutbound[] sealers, IEspInbound[] openers)
    {
        var inner = new byte[random.Next(20, MaxInner)];
        random.NextBytes(inner);
        inner[0] = 0x45;
        (inner[2], inner[3]) = ((byte)(inner.Length >> 8), (byte)inner.Length);
        (inner[6], inner[7]) = (0, 0);
        inner[9] = 1;
        byte[]? first = null;
        foreach (var sealer in sealers)
        {
            var packet = new byte[suite.SealedOctets(inner.Length)];
            Assert.Equal(EspRefusal.None, sealer.Seal(inner, packet, out var octets));
            Assert.Equal(packet.Length, octets);

            // CBC's IVs are each one's own; an AEAD's are the sequence number, and all of the packet is determined.
            if (suite.Integrity == IntegrityAlgorithm.None) Assert.Equal(Convert.ToHexString(first ??= packet), Convert.ToHexString(packet));
            var damaged = packet.ToArray();
            damaged[random.Next(8, damaged.Length)] ^= (byte)(1 << random.Next(8));
            foreach (var opener in openers)
            {
                var copy = packet.ToArray();
                Assert.Equal(EspRefusal.None, opener.Open(copy, out var offset, out var length));
                Assert.Equal(Convert.ToHexString(inner), Convert.ToHexString(copy, offset, length));
                Assert.Equal(EspRefusal.IcvMismatch, opener.Open(damaged.ToArray(), out _, out _));
            }
        }
    }
}
