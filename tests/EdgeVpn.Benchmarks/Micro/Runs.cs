using BenchmarkDotNet.Attributes;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Micro;

/// <summary>A run of full-sized packets at once, by the provider that the appliance chooses: figures are per packet.</summary>
[MemoryDiagnoser]
public class Runs : IDisposable
{
    private const int Run = 43; // what one super-packet is cut into
    private Packets _packets = null!;

    [GlobalSetup]
    public void SetUp()
    {
        var suite = new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
        _packets = new Packets(suite, EspSaFactories.Create().ProviderOf(suite)!, octets: 1400, Run);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _packets.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Run)]
    public int Seal() => _packets.SealRun();

    /// <summary>A copy of the packets included: opening is in place.</summary>
    [Benchmark(OperationsPerInvoke = Run)]
    public int Open() => _packets.OpenRun();
}
