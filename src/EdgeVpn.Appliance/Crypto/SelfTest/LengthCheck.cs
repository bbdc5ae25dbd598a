using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>One suite in two providers: packets of every length that matters are sealed alike and opened by each other.</summary>
/// <param name="suite">Its algorithms; the keys are drawn anew.</param>
/// <param name="provider">Who is tested.</param>
/// <param name="reference">Whom it must agree with.</param>
/// <param name="entropy">For keys, payloads and IVs.</param>
internal sealed class LengthCheck(EspSuite suite, IEspProvider provider, IEspProvider reference, IEntropy entropy)
{
    // Every remainder of every block an implementation may work in (128, 256 octets), then what packets are.
    private static readonly ImmutableArray<int> Lengths = [.. Enumerable.Range(20, 272), 576, 1280, 1400, 1438, 1500, 4000, 8999];

    public SelfTestCheck Run() => SelfTestCheck.Of($"ESP {suite}", provider.Name, $"{Lengths.Length} lengths against {reference.Name}", Difference());

    private string? Difference()
    {
        using var key = new Secret(entropy.Octets(suite.EncryptionKeyOctets));
        using var integrity = new Secret(entropy.Octets(suite.IntegrityKeyOctets));
        var parameters = new EspSaParameters(0x1001, suite, key, integrity, ExtendedSequenceNumbers: true, ReplayWindow: 64);
        using var ours = new Directions(provider, parameters, entropy);
        using var theirs = new Directions(reference, parameters, entropy);
        return Lengths.Select(length => Difference(ours, theirs, Packet(length))).FirstOrDefault(static difference => difference is not null);
    }

    private string? Difference(Directions ours, Directions theirs, byte[] inner)
    {
        var sealedByUs = ours.Seal(inner);
        var sealedByThem = theirs.Seal(inner);
        var difference =
            sealedByUs is null || sealedByThem is null ? "could not be sealed"
            : suite.IsAead && !sealedByUs.AsSpan().SequenceEqual(sealedByThem) ? "is sealed differently"
            : ours.Open(Damaged(sealedByThem)) is not null ? "is opened although damaged"
            : !inner.AsSpan().SequenceEqual(ours.Open(sealedByThem)) ? "of the reference is not opened"
            : !inner.AsSpan().SequenceEqual(theirs.Open(sealedByUs)) ? "is not opened by the reference"
            : null;
        return difference is null ? null : $"a packet of {inner.Length} octets {difference}";
    }

    private static byte[] Damaged(byte[] packet)
    {
        var damaged = packet.ToArray();
        damaged[packet.Length / 2] ^= 0x10;
        return damaged;
    }

    // As much of an IPv4 packet as an opener looks at.
    private byte[] Packet(int length)
    {
        var packet = entropy.Octets(length);
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)length);
        return packet;
    }

    /// <summary>Both directions of one provider.</summary>
    private sealed class Directions(IEspProvider provider, EspSaParameters parameters, IEntropy entropy) : IDisposable
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
