namespace EdgeVpn.Ipsec.Esp;

/// <summary>The sending direction of an SA, its cipher hidden: one virtual call per run of packets.</summary>
/// <remarks>Every member may be called from any thread; calls on one SA wait for each other. Disposal waits for the run in progress, erases
/// the keys, and later calls refuse with <see cref="EspRefusal.Retired"/>.</remarks>
public interface IEspOutbound : IDisposable
{
    uint Spi { get; }

    EspSuite Suite { get; }

    /// <summary>Who does the cryptography: for status and diagnosis.</summary>
    string Provider { get; }

    SaUsage Usage { get; }

    /// <summary>What the algorithms and the sequence numbers allow; a negotiated lifetime is the caller's to add.</summary>
    LifetimeLimits Limits { get; }

    /// <summary>The 64-bit sequence number of the packet sealed last; 0 before the first.</summary>
    ulong LastSequence { get; }

    /// <summary>Seals one IP packet.</summary>
    /// <param name="inner">The packet: in place at <c>destination[Suite.BodyOffset..]</c>, or in memory that does not overlap.</param>
    /// <param name="destination">Receives <see cref="EspSuite.SealedOctets"/> octets from its start.</param>
    /// <param name="written">Octets written; 0 if refused.</param>
    EspRefusal Seal(ReadOnlySpan<byte> inner, Span<byte> destination, out int written);

    /// <summary>Seals a run of packets in the order of <paramref name="slots"/>.</summary>
    /// <param name="source">Holds the inner packets. May be the same memory as <paramref name="destination"/> if each packet is in place.</param>
    /// <param name="destination">Receives the ESP packets.</param>
    /// <param name="slots">In: InnerOffset, InnerOctets (in source), PacketOffset (in destination). Out: PacketOctets, Refusal.</param>
    /// <returns>Packets sealed.</returns>
    int SealRun(ReadOnlySpan<byte> source, Span<byte> destination, Span<EspSlot> slots);
}
