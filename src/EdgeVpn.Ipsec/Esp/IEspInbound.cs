namespace EdgeVpn.Ipsec.Esp;

/// <summary>The receiving direction of an SA, its cipher hidden: one virtual call per run of packets.</summary>
/// <remarks>Threads and disposal as in <see cref="IEspOutbound"/>.</remarks>
public interface IEspInbound : IDisposable
{
    uint Spi { get; }

    EspSuite Suite { get; }

    /// <summary>Who does the cryptography: for status and diagnosis.</summary>
    string Provider { get; }

    SaUsage Usage { get; }

    /// <summary>What the algorithms allow; a negotiated lifetime is the caller's to add.</summary>
    LifetimeLimits Limits { get; }

    /// <summary>The highest 64-bit sequence number that verified; 0 before the first.</summary>
    ulong LastSequence { get; }

    /// <summary>Opens one ESP packet in place: replay window, ICV, padding, inner header, traffic selectors, in this order.</summary>
    /// <param name="packet">From the SPI to the end of the ICV.</param>
    /// <param name="innerOffset">Where the inner packet begins in <paramref name="packet"/>.</param>
    /// <param name="innerOctets">The inner packet's own total length: padding for traffic-flow confidentiality is cut off (RFC 4303 §2.7).</param>
    EspRefusal Open(Span<byte> packet, out int innerOffset, out int innerOctets);

    /// <summary>Opens a run of packets in the order of <paramref name="slots"/>.</summary>
    /// <param name="buffer">Holds the ESP packets, and afterwards the inner ones.</param>
    /// <param name="slots">In: PacketOffset, PacketOctets. Out: InnerOffset (in buffer), InnerOctets, Refusal.</param>
    /// <returns>Packets to deliver.</returns>
    int OpenRun(Span<byte> buffer, Span<EspSlot> slots);
}
