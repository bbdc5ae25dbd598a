using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Simulation;

namespace EdgeVpn.Fuzz.Targets;

/// <summary>ESP: what a stranger sends is refused, what a peer seals is opened only if it is a packet within the selectors.</summary>
/// <remarks>Input: pieces. Odd ones go to the opener as they are, even ones are sealed first.</remarks>
internal sealed class EspTarget : Target
{
    private const int MaxPackets = 32;

    private static readonly EspSuite Suite = new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None);

    public override string Name => "esp";

    public override void Run(ReadOnlySpan<byte> octets)
    {
        var input = new Input(octets);
        var entropy = new SeededEntropy(1);
        using var key = new Secret(entropy.Octets(Suite.EncryptionKeyOctets));
        using var none = new Secret([]);
        var parameters = new EspSaParameters(0x1001, Suite, key, none, ExtendedSequenceNumbers: true, ReplayWindow: 64);
        using var outbound = EspSaFactory.Default.Outbound(parameters, entropy);
        using var inbound = EspSaFactory.Default.Inbound(parameters, EspSelectors.Any);
        for (var i = 0; i < MaxPackets && !input.IsEmpty; i++)
        {
            var piece = input.Piece();
            var isRaw = i % 2 == 1;
            var packet = piece.ToArray();
            if (!isRaw)
            {
                packet = new byte[Suite.SealedOctets(piece.Length)];
                if (outbound.Seal(piece, packet, out var written) != EspRefusal.None) continue;
                Must(written == packet.Length, $"{written} octets written for {packet.Length}");
            }

            var before = Allocated;
            var refusal = inbound.Open(packet, out var offset, out var length);
            MustNotExceed(0, before, packet.Length);
            Must(!isRaw || refusal != EspRefusal.None, "a stranger's packet was opened");
            if (refusal != EspRefusal.None) continue;
            Must(packet.AsSpan(offset, length).SequenceEqual(piece[..length]), "what came out is not what went in");
        }
    }
}
