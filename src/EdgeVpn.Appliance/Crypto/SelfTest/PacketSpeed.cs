using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>How long one packet takes in one implementation, everything of ESP included but the sockets.</summary>
/// <param name="Suite">Its algorithms.</param>
/// <param name="Provider">Whose code.</param>
/// <param name="Octets">Length of the inner packet.</param>
/// <param name="SealNanoseconds">The best of several runs: what else the machine did is not in it.</param>
/// <param name="OpenNanoseconds">The same; a copy of the packet is in it, as opening is in place.</param>
public sealed record PacketSpeed(string Suite, string Provider, int Octets, double SealNanoseconds, double OpenNanoseconds)
{
    private const int PacketsPerRun = 64;

    /// <summary>Both ways.</summary>
    internal double Nanoseconds => SealNanoseconds + OpenNanoseconds;

    /// <summary>What is told as <c>edgevpn selftest --speed</c>.</summary>
    public static readonly ImmutableArray<EspSuite> Suites =
    [
        new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128),
    ];

    /// <summary>Small, middling and full-sized.</summary>
    public static readonly ImmutableArray<int> Lengths = [64, 256, 1400];

    /// <summary>Every provider that can do a suite, the one that would be taken first.</summary>
    /// <param name="patience">For each line.</param>
    public static ImmutableArray<PacketSpeed> All(EspSaFactory providers, IEntropy entropy, TimeSpan patience) =>
    [
        .. from suite in Suites
           from provider in providers.Providers
           where provider.Supports(suite)
           from octets in Lengths
           select Of(suite, provider, octets, entropy, patience),
    ];

    /// <summary>Runs of 64 packets each way until the time is over, three at least.</summary>
    public static PacketSpeed Of(EspSuite suite, IEspProvider provider, int octets, IEntropy entropy, TimeSpan patience)
    {
        using var key = new Secret(entropy.Octets(suite.EncryptionKeyOctets));
        using var integrity = new Secret(entropy.Octets(suite.IntegrityKeyOctets));
        var parameters = new EspSaParameters(0x1001, suite, key, integrity, ExtendedSequenceNumbers: true, ReplayWindow: 0);
        using var outbound = provider.Outbound(parameters, entropy);
        using var inbound = provider.Inbound(parameters, EspSelectors.Any);
        var inner = new byte[octets];
        inner[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(inner.AsSpan(2), (ushort)octets);
        var packet = new byte[suite.SealedOctets(octets)];
        var copy = new byte[packet.Length];
        var (seal, open) = (double.MaxValue, double.MaxValue);
        var start = Stopwatch.GetTimestamp();
        for (var run = 0; run < 3 || Stopwatch.GetElapsedTime(start) < patience; run++)
        {
            seal = Math.Min(seal, Time(() => outbound.Seal(inner, packet, out _)));
            open = Math.Min(open, Time(() =>
            {
                packet.CopyTo(copy, 0);
                inbound.Open(copy, out _, out _);
            }));
        }

        return new PacketSpeed(suite.ToString(), provider.Name, octets, seal, open);
    }

    private static double Time(Action packet)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < PacketsPerRun; i++) packet();
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / PacketsPerRun;
    }
}
