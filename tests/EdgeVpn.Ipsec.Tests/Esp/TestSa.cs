using System.Buffers.Binary;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Tests.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Tests.Esp;

/// <summary>Both directions of one SA, and packets to send through it.</summary>
internal sealed class TestSa : IDisposable
{
    internal const uint Spi = 0xC0FFEE01;

    internal static readonly EspSuite[] Suites =
    [
        new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesGcm16, 192, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesGcm12, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.ChaCha20Poly1305, 0, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.NullAuthAesGmac, 128, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.NullAuthAesGmac, 192, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.NullAuthAesGmac, 256, IntegrityAlgorithm.None),
        new(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96),
        new(EncryptionAlgorithm.AesCbc, 192, IntegrityAlgorithm.HmacSha384_192),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128),
        new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha512_256),
        new(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96),
    ];

    private TestSa(IEspOutbound outbound, IEspInbound inbound) => (Out, In) = (outbound, inbound);

    internal IEspOutbound Out { get; }

    internal IEspInbound In { get; }

    internal static EspSaParameters Parameters(EspSuite suite, bool extended = false, int window = 64, int seed = 1)
    {
        var entropy = new SeededEntropy(seed);
        return new(
            Spi,
            suite,
            new Secret(entropy.Octets(suite.EncryptionKeyOctets)),
            new Secret(entropy.Octets(suite.IntegrityKeyOctets)),
            extended,
            window);
    }

    internal static TestSa Of(EspSuite suite, bool extended = false, int window = 64, EspSelectors? selectors = null, EspSaFactory? factory = null)
    {
        var parameters = Parameters(suite, extended, window);
        factory ??= EspSaFactory.Default;
        return new(
            factory.Outbound(parameters, new SeededEntropy(2)),
            factory.Inbound(parameters, selectors ?? EspSelectors.Any));
    }

    /// <summary>An IPv4 UDP packet from 10.10.0.1:4000 to 10.20.0.1:53, its payload counting up.</summary>
    internal static byte[] IPv4(int octets)
    {
        var packet = new byte[octets];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)octets);
        packet[8] = 64;
        packet[9] = 17;
        Hex.Octets("0a0a0001 0a140001").CopyTo(packet, 12);
        if (octets >= 28)
        {
            Hex.Octets("0fa0 0035").CopyTo(packet, 20);
            BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(24), (ushort)(octets - 20));
        }

        for (var i = 28; i < octets; i++)
            packet[i] = (byte)i;
        return packet;
    }

    /// <summary>An IPv6 UDP packet from 2001:db8::1 port 4000 to 2001:db8:2::1 port 53.</summary>
    internal static byte[] IPv6(int octets)
    {
        var packet = new byte[octets];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(octets - 40));
        packet[6] = 17;
        packet[7] = 64;
        Hex.Octets("20010db8 00000000 00000000 00000001 20010db8 00020000 00000000 00000001").CopyTo(packet, 8);
        if (octets >= 48)
            Hex.Octets("0fa0 0035").CopyTo(packet, 40);
        for (var i = 48; i < octets; i++)
            packet[i] = (byte)i;
        return packet;
    }

    internal byte[] Seal(byte[] inner)
    {
        var packet = new byte[Out.Suite.SealedOctets(inner.Length)];
        var refusal = Out.Seal(inner, packet, out var written);
        Xunit.Assert.Equal(EspRefusal.None, refusal);
        Xunit.Assert.Equal(packet.Length, written);
        return packet;
    }

    /// <summary>Opens a copy; null if refused.</summary>
    internal byte[]? Open(byte[] packet, out EspRefusal refusal)
    {
        var copy = (byte[])packet.Clone();
        refusal = In.Open(copy, out var offset, out var octets);
        return refusal == EspRefusal.None ? copy.AsSpan(offset, octets).ToArray() : null;
    }

    public void Dispose()
    {
        Out.Dispose();
        In.Dispose();
    }
}
