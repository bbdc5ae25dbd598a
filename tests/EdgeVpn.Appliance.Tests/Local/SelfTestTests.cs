using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Local.SelfTest;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

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

        var report = new SelfTestRun(EspSaFactory.Default.With(broken), AlgorithmCatalog.Default, new KernelEntropy()).Report();

        Assert.False(report.Passed);
        var failed = Assert.Single(report.Checks, check => !check.Passed);
        Assert.Equal("broken", failed.Provider);
        Assert.Contains(fault, failed.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_exchange_with_a_flaw_is_found()
    {
        var report = new SelfTestRun(EspSaFactory.Default, AlgorithmCatalog.Default.With(new FlawedExchange()), new KernelEntropy()).Report();

        Assert.Equal("the two ends have different secrets", Assert.Single(report.Checks, check => !check.Passed).Fault);
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
        private readonly BclAesGcm _good = new(parameters.EncryptionKey.Octets, parameters.Suite.IcvOctets, parameters.ExtendedSequenceNumbers);

        public void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence) => _good.Seal(packet, inner, flaw == Flaw.SealsOtherwise ? sequence + 1 : sequence);

        public bool TryOpen(Span<byte> packet, ulong sequence)
        {
            if (flaw == Flaw.OpensNothing) return false;
            if (_good.TryOpen(packet, sequence)) return true;
            if (flaw != Flaw.OpensEverything) return false;
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
