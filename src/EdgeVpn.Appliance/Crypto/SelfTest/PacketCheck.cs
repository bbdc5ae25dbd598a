using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Appliance.Crypto.SelfTest;

/// <summary>One suite in one provider: opens the known packet, refuses it damaged, seals it the same, and opens what it sealed.</summary>
internal sealed class PacketCheck(KnownPacket known, IEspProvider provider, IEntropy entropy)
{
    private readonly EspSaParameters _parameters = new(
        KnownPackets.Spi, known.Suite,
        new Secret(KnownPackets.Key(known.Suite.EncryptionKeyOctets, first: 0x80)), new Secret(KnownPackets.Key(known.Suite.IntegrityKeyOctets, first: 0)),
        ExtendedSequenceNumbers: false, ReplayWindow: 64);

    public SelfTestCheck Run()
    {
        var fault = Opens([.. known.Octets]) ? Damaged() ?? Sealing() : "does not open a packet that OpenSSL sealed";
        _parameters.EncryptionKey.Dispose();
        _parameters.IntegrityKey.Dispose();
        return SelfTestCheck.Of($"ESP {known.Suite}", provider.Name, "known packet, damage, sealing", fault);
    }

    private bool Opens(byte[] packet)
    {
        using var inbound = provider.Inbound(_parameters, EspSelectors.Any);
        return inbound.Open(packet, out var offset, out var octets) == EspRefusal.None && packet.AsSpan(offset, octets).SequenceEqual(KnownPackets.Inner.AsSpan());
    }

    // Every octet but the SPI's, whose own refusal comes before the cipher is asked.
    private string? Damaged()
    {
        using var inbound = provider.Inbound(_parameters, EspSelectors.Any);
        for (var i = sizeof(uint); i < known.Octets.Length; i++)
        {
            byte[] packet = [.. known.Octets];
            packet[i] ^= 0x10;
            if (inbound.Open(packet, out _, out _) == EspRefusal.None) return $"opens a packet whose octet {i} is damaged";
        }

        return null;
    }

    private string? Sealing()
    {
        using var outbound = provider.Outbound(_parameters, entropy);
        var packet = new byte[known.Suite.SealedOctets(KnownPackets.Inner.Length)];
        if (outbound.Seal(KnownPackets.Inner.AsSpan(), packet, out var written) != EspRefusal.None || written != packet.Length) return "does not seal";
        if (known.Suite.IsAead && !packet.AsSpan().SequenceEqual(known.Octets.AsSpan())) return "seals otherwise than OpenSSL";
        return Opens(packet) ? null : "does not open what it sealed";
    }
}
