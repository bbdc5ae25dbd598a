using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using EdgeVpn.Interop.Traffic;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Interop.Engine;

/// <summary>One SA of our engine, and the same keys as a second implementation takes them.</summary>
internal sealed record EspSample(EspKeys Keys, EspSaParameters Parameters)
{
    private const string Source = "192.0.2.2", Destination = "203.0.113.2";

    /// <summary>An SA with keys by seed; suites by their keywords.</summary>
    internal static EspSample Of(string encryption, string integrity, bool extended, int seed)
    {
        var bits = int.Parse(encryption.AsSpan(3, 3), null);
        var suite = new EspSuite(encryption.EndsWith("gcm16", StringComparison.Ordinal) ? EncryptionAlgorithm.AesGcm16 : EncryptionAlgorithm.AesCbc, bits, integrity switch
        {
            "sha1" => IntegrityAlgorithm.HmacSha1_96,
            "sha256" => IntegrityAlgorithm.HmacSha256_128,
            "sha384" => IntegrityAlgorithm.HmacSha384_192,
            "sha512" => IntegrityAlgorithm.HmacSha512_256,
            _ => IntegrityAlgorithm.None,
        });
        var random = new Random(seed);
        var (encryptionKey, integrityKey) = (new byte[suite.EncryptionKeyOctets], new byte[suite.IntegrityKeyOctets]);
        random.NextBytes(encryptionKey);
        random.NextBytes(integrityKey);
        const uint Spi = 0xc0ffee01;
        return new EspSample(
            new EspKeys(Spi, Source, Destination, encryption, integrity, [.. encryptionKey], [.. integrityKey]),
            new EspSaParameters(Spi, suite, new Secret(encryptionKey), new Secret(integrityKey), extended, ReplayWindow: 64));
    }

    /// <summary>Inner packets of every length around a block, and of a full frame; IPv4 and IPv6 in turn.</summary>
    internal static ImmutableArray<byte[]> Inners() =>
        [.. Enumerable.Range(0, 34).Append(1344).SelectMany(payload => new[] { Inner4(payload), Inner6(payload) })];

    /// <summary>Our engine's ESP packets for <paramref name="inners"/>, from the SPI on.</summary>
    internal byte[][] Seal(IEnumerable<byte[]> inners)
    {
        using var outbound = EspSaFactory.Default.Outbound(Parameters, new Seeded(7));
        return [.. inners.Select(inner =>
        {
            var packet = new byte[Parameters.Suite.SealedOctets(inner.Length)];
            var refusal = outbound.Seal(inner, packet, out var written);
            return refusal == EspRefusal.None ? packet[..written] : throw new InvalidOperationException($"seal: {refusal}");
        })];
    }

    /// <summary>An outer IPv4 packet of protocol 50 around ESP.</summary>
    internal static byte[] Outer(byte[] esp) => [.. Header4(20 + esp.Length, 50, Source, Destination), .. esp];

    private static byte[] Inner4(int payload) =>
        [.. Header4(28 + payload, 17, "10.10.0.10", "10.20.0.10"), .. Udp(payload)];

    private static byte[] Inner6(int payload)
    {
        var header = new byte[40];
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(8 + payload));
        (header[6], header[7]) = (17, 64);
        System.Net.IPAddress.Parse("fd10:10::10").GetAddressBytes().CopyTo(header, 8);
        System.Net.IPAddress.Parse("fd10:20::10").GetAddressBytes().CopyTo(header, 24);
        return [.. header, .. Udp(payload)];
    }

    // A zero checksum: none (RFC 768); IPv6 readers do not mind in a tunnel.
    private static byte[] Udp(int payload)
    {
        var octets = new byte[8 + payload];
        BinaryPrimitives.WriteUInt16BigEndian(octets, 50_001); // ports that no dissector claims
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(2), 50_002);
        BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(4), (ushort)octets.Length);
        var mark = Encoding.ASCII.GetBytes(Ping.Mark);
        for (var at = 0; at < payload; at++) octets[8 + at] = mark[at % mark.Length];
        return octets;
    }

    private static byte[] Header4(int total, byte protocol, string source, string destination)
    {
        var header = new byte[20];
        header[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)total);
        (header[8], header[9]) = (64, protocol);
        System.Net.IPAddress.Parse(source).GetAddressBytes().CopyTo(header, 12);
        System.Net.IPAddress.Parse(destination).GetAddressBytes().CopyTo(header, 16);
        uint sum = 0;
        for (var at = 0; at < header.Length; at += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(at));
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), (ushort)~sum);
        return header;
    }

    private sealed class Seeded(int seed) : IEntropy
    {
        private readonly Random _random = new(seed);

        public void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }
}
