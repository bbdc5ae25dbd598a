using System.Diagnostics;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>How long the chosen provider takes to seal and to open a full-sized packet, everything of ESP included; in this process, so just-in-time compiled.</summary>
internal sealed record CipherTime(string Suite, string Provider, int Octets, double SealNanoseconds, double OpenNanoseconds)
{
    private const int PacketOctets = 1400;

    private static readonly EspSuite[] Measured =
    [
        new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128),
        new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None),
    ];

    public static IReadOnlyList<CipherTime> Run() => [.. Measured.Select(Time)];

    public override string ToString() => $"{Suite} by {Provider} {SealNanoseconds:0}, {OpenNanoseconds:0}";

    private static CipherTime Time(EspSuite suite)
    {
        const int packets = 20_000, rounds = 7;
        IEntropy entropy = new KernelEntropy();
        using var key = new Secret(entropy.Octets(suite.EncryptionKeyOctets));
        using var integrity = new Secret(entropy.Octets(suite.IntegrityKeyOctets));
        var parameters = new EspSaParameters(0x1001, suite, key, integrity, ExtendedSequenceNumbers: false, ReplayWindow: 0);
        var factory = EspSaFactories.Create();
        using var outbound = factory.Outbound(parameters, entropy);
        using var inbound = factory.Inbound(parameters, EspSelectors.Any);
        var inner = new byte[PacketOctets];
        (inner[0], inner[2], inner[3]) = (0x45, PacketOctets >> 8, PacketOctets & 0xff);
        var packet = new byte[suite.SealedOctets(PacketOctets)];
        var copy = new byte[packet.Length];
        double seal = double.MaxValue, open = double.MaxValue;
        for (var round = 0; round < rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < packets; i++) outbound.Seal(inner, packet, out _);
            seal = Math.Min(seal, Stopwatch.GetElapsedTime(start).TotalNanoseconds / packets);
            start = Stopwatch.GetTimestamp();
            for (var i = 0; i < packets; i++)
            {
                packet.CopyTo(copy, 0); // opening is in place; the copy is some 20 ns of what is told
                inbound.Open(copy, out _, out _);
            }

            open = Math.Min(open, Stopwatch.GetElapsedTime(start).TotalNanoseconds / packets);
        }

        return new CipherTime(suite.ToString(), outbound.Provider, PacketOctets, seal, open);
    }
}
