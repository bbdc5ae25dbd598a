using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Crypto;

/// <summary>One thing tested.</summary>
/// <param name="Subject">Algorithm and provider, such as "AesGcm16-256 intrinsics".</param>
/// <param name="Passed">Whether it agrees with its reference.</param>
/// <param name="Detail">Against whom, and over what; or the first difference.</param>
public sealed record SelfTestResult(string Subject, bool Passed, string Detail);

/// <summary>Every provider against the platform's own on this processor: at start, and as <c>edgevpn selftest</c>.</summary>
/// <remarks>Takes some tens of milliseconds. A provider that differs must not carry traffic.</remarks>
public static class CryptoSelfTest
{
    private const string Reference = "bcl";

    // Every remainder of every block an implementation may work in (128, 256 octets), then what packets are.
    private static readonly ImmutableArray<int> Lengths = [.. Enumerable.Range(20, 272), 576, 1280, 1400, 1438, 1500, 4000, 8999];

    private static readonly ImmutableArray<EspSuite> Suites =
    [
        .. from encryption in (EncryptionAlgorithm[])[EncryptionAlgorithm.AesGcm8, EncryptionAlgorithm.AesGcm12, EncryptionAlgorithm.AesGcm16]
           from bits in (int[])[128, 192, 256]
           select new EspSuite(encryption, bits, IntegrityAlgorithm.None),
        new EspSuite(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None),
        new EspSuite(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96),
        new EspSuite(EncryptionAlgorithm.AesCbc, 192, IntegrityAlgorithm.HmacSha384_192),
        new EspSuite(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128),
        new EspSuite(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha512_256),
        new EspSuite(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96),
    ];

    /// <summary>Everything that this machine can do, in a fixed order.</summary>
    public static ImmutableArray<SelfTestResult> Run() => Run([.. EspSaFactory.Default.Providers, .. LibcryptoEsp.Providers], new KernelEntropy());

    internal static ImmutableArray<SelfTestResult> Run(IReadOnlyList<IEspProvider> providers, IEntropy entropy)
    {
        var results = ImmutableArray.CreateBuilder<SelfTestResult>();
        foreach (var suite in Suites)
        {
            var able = providers.Where(provider => provider.Supports(suite)).ToList();
            var reference = able.Find(provider => provider.Name == Reference) ?? able.FirstOrDefault();
            foreach (var provider in able.Where(provider => provider != reference || able.Count == 1)) results.Add(Compare(suite, provider, reference!, entropy));
        }

        foreach (var method in AlgorithmCatalogs.Accelerated()) results.Add(Compare(method, AlgorithmCatalog.Default.KeyExchange(method.Method)!, entropy));
        return results.ToImmutable();
    }

    private static SelfTestResult Compare(EspSuite suite, IEspProvider provider, IEspProvider reference, IEntropy entropy)
    {
        using var key = new Secret(entropy.Octets(suite.EncryptionKeyOctets));
        using var integrity = new Secret(entropy.Octets(suite.IntegrityKeyOctets));
        var parameters = new EspSaParameters(0x1001, suite, key, integrity, ExtendedSequenceNumbers: true, ReplayWindow: 64);
        using var ours = new Pair(provider, parameters, entropy);
        using var theirs = new Pair(reference, parameters, entropy);
        var subject = $"{suite} {provider.Name}";
        foreach (var length in Lengths)
        {
            var inner = Packet(length, entropy);
            var sealedByUs = ours.Seal(inner);
            var sealedByThem = theirs.Seal(inner);
            var difference =
                sealedByUs is null || sealedByThem is null ? "could not be sealed"
                : suite.IsAead && !sealedByUs.AsSpan().SequenceEqual(sealedByThem) ? "is sealed differently"
                : ours.Open(Damaged(sealedByThem)) is not null ? "is opened although damaged"
                : !inner.AsSpan().SequenceEqual(ours.Open(sealedByThem)) ? "of the reference is not opened"
                : !inner.AsSpan().SequenceEqual(theirs.Open(sealedByUs)) ? "is not opened by the reference"
                : null;
            if (difference is not null) return new SelfTestResult(subject, false, $"against {reference.Name}: a packet of {length} octets {difference}");
        }

        return new SelfTestResult(subject, true, $"against {reference.Name}: {Lengths.Length} lengths");
    }

    private static SelfTestResult Compare(IKeyExchange method, IKeyExchange reference, IEntropy entropy)
    {
        var subject = $"{method.Method} {LibcryptoEsp.Name}";
        using var initiation = method.Initiate(entropy);
        if (!reference.TryRespond(initiation.PublicValue, entropy, out var answer, out var theirs))
            return new SelfTestResult(subject, false, "our public value is refused");
        using (theirs)
        {
            if (!initiation.TryFinish(answer, out var ours)) return new SelfTestResult(subject, false, "refuses a sound public value");
            using (ours)
            {
                var agrees = ours.FixedTimeEquals(theirs.Octets);
                return new SelfTestResult(subject, agrees, agrees ? "agrees with the engine's own arithmetic" : "arrives at another secret than the engine's own");
            }
        }
    }

    private static byte[] Damaged(byte[] packet)
    {
        var damaged = packet.ToArray();
        damaged[packet.Length / 2] ^= 0x10;
        return damaged;
    }

    // As much of an IPv4 packet as an opener looks at.
    private static byte[] Packet(int length, IEntropy entropy)
    {
        var packet = entropy.Octets(length);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)length);
        return packet;
    }

    /// <summary>Both directions of one provider.</summary>
    private sealed class Pair(IEspProvider provider, EspSaParameters parameters, IEntropy entropy) : IDisposable
    {
        private readonly IEspOutbound _outbound = provider.Outbound(parameters, entropy);
        private readonly IEspInbound _inbound = provider.Inbound(parameters, EspSelectors.Any);

        public byte[]? Seal(ReadOnlySpan<byte> inner)
        {
            var packet = new byte[_outbound.Suite.SealedOctets(inner.Length)];
            return _outbound.Seal(inner, packet, out _) == EspRefusal.None ? packet : null;
        }

        public byte[]? Open(ReadOnlySpan<byte> packet)
        {
            var copy = packet.ToArray();
            return _inbound.Open(copy, out var offset, out var octets) == EspRefusal.None ? copy.AsSpan(offset, octets).ToArray() : null;
        }

        public void Dispose()
        {
            _outbound.Dispose();
            _inbound.Dispose();
        }
    }
}
