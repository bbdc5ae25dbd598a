using System.Buffers.Binary;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class EspSaFactoryTests
{
    private static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);

    [Fact]
    public void A_registered_provider_is_asked_first_and_only_for_what_it_can_do()
    {
        var factory = EspSaFactory.Default.With(Provider());
        using var sa = TestSa.Of(Gcm, factory: factory);
        Assert.Equal(("ours", "ours"), (sa.Out.Provider, sa.In.Provider));
        Assert.Equal(TestSa.IPv4(99), sa.Open(sa.Seal(TestSa.IPv4(99)), out _));
        using var other = TestSa.Of(new(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96), factory: factory);
        Assert.Equal("bcl", other.Out.Provider);
        Assert.NotEqual("ours", EspSaFactory.Default.ProviderOf(Gcm)!.Name);
    }

    [Fact]
    public void Providers_open_each_others_packets()
    {
        using var ours = TestSa.Of(Gcm, factory: EspSaFactory.Default.With(Provider()));
        using var preferred = TestSa.Of(Gcm);
        for (var octets = 20; octets < 200; octets++)
        {
            Assert.Equal(TestSa.IPv4(octets), ours.Open(preferred.Seal(TestSa.IPv4(octets)), out _));
            Assert.Equal(TestSa.IPv4(octets), preferred.Open(ours.Seal(TestSa.IPv4(octets)), out _));
        }
    }

    [Fact]
    public void Secrets_may_be_disposed_once_the_sa_exists()
    {
        foreach (var suite in TestSa.Suites)
        {
            var parameters = TestSa.Parameters(suite);
            using var sealer = EspSaFactory.Default.Outbound(parameters, new Crypto.SeededEntropy(2));
            using var opener = EspSaFactory.Default.Inbound(parameters, EspSelectors.Any);
            parameters.EncryptionKey.Dispose();
            parameters.IntegrityKey.Dispose();
            var packet = new byte[suite.SealedOctets(100)];
            Assert.Equal(EspRefusal.None, sealer.Seal(TestSa.IPv4(100), packet, out _));
            Assert.Equal(EspRefusal.None, opener.Open(packet, out _, out _));
        }
    }

    /// <summary>Two workers seal under one SA while it is removed: every packet that left was sealed under the key, each with its own number.</summary>
    [Fact]
    public void Removing_an_sa_under_its_workers_sends_nothing_under_an_erased_key()
    {
        for (var round = 0; round < 20; round++)
        {
            using var sa = TestSa.Of(Gcm, window: 4096);
            var workers = Enumerable.Range(0, 2).Select(_ => new Worker(sa.Out)).ToArray();
            foreach (var worker in workers)
                worker.Thread.Start();
            SpinWait.SpinUntil(() => sa.Out.LastSequence > 20, TimeSpan.FromSeconds(10));
            sa.Out.Dispose();
            foreach (var worker in workers)
                worker.Thread.Join();

            var packets = workers.SelectMany(worker => worker.Packets).OrderBy(packet => BinaryPrimitives.ReadUInt32BigEndian(packet.AsSpan(4)));
            foreach (var packet in packets)
            {
                Assert.NotNull(sa.Open(packet, out var refusal));
                Assert.Equal(EspRefusal.None, refusal);
            }

            Assert.Equal(sa.Out.LastSequence, sa.In.Usage.Packets);
        }
    }

    private static EspProvider<BclAead> Provider()
    {
        return new("ours", suite => suite.Encryption == EncryptionAlgorithm.AesGcm16, (parameters, _) => Make(parameters), Make);

        static BclAead Make(EspSaParameters parameters) => BclAead.AesGcm(parameters.EncryptionKey.Octets, 16, parameters.ExtendedSequenceNumbers);
    }

    private sealed class Worker
    {
        internal Worker(IEspOutbound sa) => Thread = new(() => Run(sa));

        internal Thread Thread { get; }

        internal List<byte[]> Packets { get; } = [];

        private void Run(IEspOutbound sa)
        {
            var inner = TestSa.IPv4(200);
            for (var i = 0; i < 5000; i++)
            {
                var packet = new byte[Gcm.SealedOctets(inner.Length)];
                if (sa.Seal(inner, packet, out _) != EspRefusal.None)
                    return;
                Packets.Add(packet);
            }
        }
    }
}
