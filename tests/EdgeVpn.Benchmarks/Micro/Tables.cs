using BenchmarkDotNet.Attributes;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Micro;

/// <summary>What every packet asks besides its cipher: which SA, which selectors, seen before? Per look-up.</summary>
[MemoryDiagnoser]
public class Tables
{
    private const int Lookups = 256;
    private readonly ReplayWindow _window = new(1024);
    private readonly uint[] _spis = new uint[Lookups];
    private readonly byte[][] _packets = new byte[Lookups][];
    private SaTable.Snapshot _sas = null!;
    private SelectorTable _selectors = null!;
    private ulong _sequence;

    /// <summary>Connections on one gateway, each with a network of its own behind it.</summary>
    [Params(1, 100, 1000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var random = new Random(7);
        var suite = new EspSuite(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None);
        var table = new SaTable();
        var selectors = new EspSelectors[Connections];
        var spis = new uint[Connections];
        for (var i = 0; i < Connections; i++)
        {
            spis[i] = (uint)random.Next(1, int.MaxValue);
            using var key = new Secret(new byte[suite.EncryptionKeyOctets]);
            using var none = new Secret([]);
            var cloud = TrafficSelector.Prefix(new IpAddress(0x0A14_0000, false), 16);
            selectors[i] = new EspSelectors([cloud], [TrafficSelector.Prefix(new IpAddress((UInt128)(0x0B00_0000 + (i << 8)), false), 24)]);
            table.TryAdd(EspSaFactory.Default.Inbound(new EspSaParameters(spis[i], suite, key, none, false, 64), selectors[i]));
        }

        (_sas, _selectors) = (table.Current, new SelectorTable(selectors));
        for (var i = 0; i < Lookups; i++)
        {
            var connection = random.Next(Connections);
            _spis[i] = spis[connection];
            _packets[i] = new byte[64];
            Packets.Header(_packets[i]);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(_packets[i].AsSpan(12), 0x0A14_0001);
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(_packets[i].AsSpan(16), (uint)(0x0B00_0001 + (connection << 8)));
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        foreach (var sa in _sas.Sas) sa.Dispose();
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int SaBySpi()
    {
        var found = 0;
        foreach (var spi in _spis) found += _sas.Find(spi) is null ? 0 : 1;
        return found;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int SlotBySelectors()
    {
        var sum = 0;
        foreach (var packet in _packets)
        {
            if (InnerPacket.TryParse(packet, out var inner)) sum += _selectors.Find(inner);
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Lookups)]
    public int ReplayInOrder()
    {
        var accepted = 0;
        for (var i = 0; i < Lookups; i++) accepted += _window.TryAccept(++_sequence) ? 1 : 0;
        return accepted;
    }
}
