namespace EdgeVpn.Ipsec.Esp;

/// <summary>One packet of a run: where it stands outside and inside of ESP. Offsets and lengths in octets.</summary>
/// <remarks>Sealing reads Inner* and PacketOffset and writes PacketOctets; opening reads Packet* and writes Inner*.</remarks>
public record struct EspSlot
{
    public int InnerOffset { get; set; }

    public int InnerOctets { get; set; }

    public int PacketOffset { get; set; }

    public int PacketOctets { get; set; }

    public EspRefusal Refusal { get; set; }
}
