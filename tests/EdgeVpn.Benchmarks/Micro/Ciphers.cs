using BenchmarkDotNet.Attributes;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Micro;

/// <summary>Sealing and opening one packet, by every provider that can do a suite on this processor.</summary>
[MemoryDiagnoser]
public class Ciphers : IDisposable
{
    private Packets _packets = null!;

    [ParamsSource(nameof(Providers))]
    public string Provider { get; set; } = "";

    [Params(64, 256, 1400)]
    public int Octets { get; set; }

    public static IEnumerable<string> Providers =>
        from suite in Suites
        from provider in All
        where provider.Supports(suite)
        select $"{suite} {provider.Name}";

    private static IEnumerable<IEspProvider> All => [.. EspSaFactory.Default.Providers, .. LibcryptoEsp.Providers];

    private static EspSuite[] Suites { get; } =
    [
        new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128),
    ];

    [GlobalSetup]
    public void SetUp()
    {
        var chosen = (
            from suite in Suites
            from provider in All
            where provider.Supports(suite) && $"{suite} {provider.Name}" == Provider
            select (suite, provider)).First();
        _packets = new Packets(chosen.suite, chosen.provider, Octets, run: 1);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _packets.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public EspRefusal Seal() => _packets.SealOne();

    /// <summary>A copy of the packet included: opening is in place.</summary>
    [Benchmark]
    public EspRefusal Open() => _packets.OpenOne();
}
