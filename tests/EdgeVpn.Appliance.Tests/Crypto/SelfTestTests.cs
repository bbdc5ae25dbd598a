using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Crypto.SelfTest;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Tests.Local;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Libcrypto;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Crypto;

public sealed class SelfTestTests
{
    [Fact]
    public async Task This_machine_passes_and_every_suite_was_looked_at()
    {
        var bench = new CommandBench();

        var ran = await bench.RunAsync("selftest", "--json");

        Assert.Equal(ExitCode.Done, ran.Code);
        var algorithms = JsonDocument.Parse(ran.Out).RootElement.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("algorithm").GetString()!).ToList();
        foreach (var known in KnownPackets.All) Assert.Contains($"ESP {known.Suite}", algorithms);
        Assert.Contains("Curve25519", algorithms);
        Assert.Contains("HmacSha384", algorithms);
        if (!CryptoLibrary.IsPresent) return;
        var accelerated = JsonSerializer.Deserialize<JsonElement>(ran.Out).GetProperty("checks").EnumerateArray()
            .Where(c => c.GetProperty("provider").GetString() == LibcryptoEsp.Name).Select(c => c.GetProperty("algorithm").GetString()).ToHashSet();
        Assert.Superset(new HashSet<string?> { "ESP AesGcm8-128", "ESP NullAuthAesGmac-256", "ESP AesCbc-256/HmacSha256_128", "ESP TripleDes/HmacSha1_96", "Modp2048", "Curve25519" }, accelerated);
    }

    [Theory]
    [InlineData(Flaw.OpensEverything, "damaged")]
    [InlineData(Flaw.OpensNothing, "does not open")]
    [InlineData(Flaw.SealsOtherwise, "seals otherwise")]
    public void A_provider_with_a_flaw_is_found(Flaw flaw, string fault)
    {
        var broken = new EspProvider<FlawedAead>(
            "broken", suite => suite is { Encryption: EncryptionAlgorithm.AesGcm16, KeyLength: 128 },
            (parameters, _) => new(parameters, flaw), parameters => new(parameters, flaw));

        var crypto = new CryptoProviders(EspSaFactory.Default.With(broken), AlgorithmCatalog.Default);

        var sound = new SelfTestRun(crypto, new KernelEntropy()).Sound(out var report);

        Assert.False(report.Passed);
        Assert.All(report.Checks.Where(check => !check.Passed), check => Assert.Equal("broken", check.Provider));
        Assert.Contains(fault, report.Checks.First(check => !check.Passed).Fault, StringComparison.Ordinal);
        Assert.Equal(EspSaFactory.Default.Providers, sound.Esp.Providers);
    }

    [Theory]
    [InlineData(300, 500, "first")]
    [InlineData(300, 280, "first")] // not clearly
    [InlineData(300, 240, "second")]
    public void The_clearly_faster_provider_goes_first(double first, double second, string chosen)
    {
        var suite = new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
        IEspProvider Named(string name) => new EspProvider<FlawedAead>(
            name, other => other == suite, (parameters, _) => new(parameters, default), parameters => new(parameters, default));
        var (one, two) = (Named("first"), Named("second"));

        var ordered = ProviderRace.Order(EspSaFactory.Of([one, two]), provider => provider == one ? first : second);

        Assert.Equal(chosen, ordered.ProviderOf(suite)?.Name);
        Assert.Equal(2, ordered.Providers.Length);
    }

    [Fact]
    public async Task Speeds_are_told_of_every_provider_of_every_suite()
    {
        var ran = await new CommandBench().RunAsync("selftest", "--speed", "--json");

        Assert.Equal(ExitCode.Done, ran.Code);
        var lines = JsonDocument.Parse(ran.Out).RootElement.EnumerateArray().ToList();
        foreach (var suite in PacketSpeed.Suites)
            Assert.Equal(PacketSpeed.Lengths, lines.Where(line => line.GetProperty("suite").GetString() == $"{suite}").Select(line => line.GetProperty("octets").GetInt32()).Distinct());
        Assert.All(lines, line => Assert.InRange(line.GetProperty("sealNanoseconds").GetDouble(), 1, 1e9));
    }

    [Fact]
    public void A_key_exchange_with_a_flaw_is_found()
    {
        var crypto = new CryptoProviders(EspSaFactory.Default, AlgorithmCatalog.Default.With(new FlawedExchange()));

        var sound = new SelfTestRun(crypto, new KernelEntropy()).Sound(out var report);

        Assert.Equal("the two ends have different secrets", Assert.Single(report.Checks, check => !check.Passed).Fault);
        Assert.Same(AlgorithmCatalog.Default.KeyExchange(KeyExchangeMethod.Curve25519), sound.Algorithms.KeyExchange(KeyExchangeMethod.Curve25519));
    }

    [Fact]
    public void A_provider_that_takes_the_salt_for_zero_where_packets_are_long_is_found_out()
    {
        var wrong = new EspProvider<BclAead>("wrong", suite => suite is { Encryption: EncryptionAlgorithm.AesGcm16 }, (sa, _) => WithoutSalt(sa), WithoutSalt);
        var suite = new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
        var reference = EspSaFactory.Default.Providers.First(provider => provider.Name == EspSaFactories.Platform);

        var check = new LengthCheck(suite, wrong, reference, new KernelEntropy()).Run();

        Assert.Equal("a packet of 20 octets is sealed differently", check.Fault);
        Assert.True(new LengthCheck(suite, reference, reference, new KernelEntropy()).Run().Passed);

        static BclAead WithoutSalt(EspSaParameters sa) => BclAead.AesGcm([.. sa.EncryptionKey.Octets[..^4], 0, 0, 0, 0], 16, sa.ExtendedSequenceNumbers);
    }

    public enum Flaw
    {
        OpensEverything,
        OpensNothing,
        SealsOtherwise,
    }

    /// <summary>The platform's cipher, spoiled.</summary>
    private readonly struct FlawedAead(EspSaParameters parameters, Flaw flaw) : IPacketAead
    {
        private readonly BclAead _good = BclAead.AesGcm(parameters.EncryptionKey.Octets, parameters.Suite.IcvOctets, parameters.ExtendedSequenceNumbers);

        public void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence) => _good.Seal(packet, inner, flaw == Flaw.SealsOtherwise ? sequence + 1 : sequence);

        public bool TryOpen(Span<byte> packet, ulong sequence)
        {
            if (flaw == Flaw.OpensNothing) return false;
            if (_good.TryOpen(packet, sequence)) return true;
            if (flaw != Flaw.OpensEverything) return false;
            if (packet.Length < 104) return true;
            KnownPackets.Inner.AsSpan().CopyTo(packet[16..]); // what a missing check would let through
            packet[100] = 1;
            packet[101] = 2;
            packet[102] = 2;
            packet[103] = 4;
            return true;
        }

        public void Dispose() => _good.Dispose();
    }

    /// <summary>X25519 whose responder counts wrong.</summary>
    private sealed class FlawedExchange : IKeyExchange
    {
        private readonly IKeyExchange _good = AlgorithmCatalog.Default.KeyExchange(KeyExchangeMethod.Curve25519)!;

        public KeyExchangeMethod Method => _good.Method;

        public IKeyExchangeInitiation Initiate(IEntropy entropy) => _good.Initiate(entropy);

        public bool TryRespond(ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
        {
            var taken = _good.TryRespond(peer, entropy, out publicValue, out shared);
            if (shared is not null) shared.Fill[0] ^= 1;
            return taken;
        }
    }
}
