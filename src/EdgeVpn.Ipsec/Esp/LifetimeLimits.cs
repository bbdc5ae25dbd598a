using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>How far one SA may go in packets and octets: past a soft limit it should be rekeyed, at a hard one it stops.</summary>
/// <remarks>Pure values: the caller polls <see cref="Remaining"/>; limits in time are IKE's.</remarks>
public readonly record struct LifetimeLimits(ulong SoftPackets, ulong HardPackets, ulong SoftOctets, ulong HardOctets)
{
    public static readonly LifetimeLimits Unlimited = new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    // 2^36 blocks of 16 octets tell AES from a random function with advantage below (2^36)²/2^129 = 2^−57, the margin of TLS 1.3 (RFC 8446 §5.5).
    private const ulong AesOctets = 1UL << 40;

    // 64-bit blocks collide early (CVE-2016-2183): 2^27 of them do so with probability about 2^−11.
    private const ulong TripleDesOctets = 1UL << 30;

    /// <summary>What the suite and the sequence numbers themselves allow. Soft limits stand at four fifths.</summary>
    public static LifetimeLimits Of(EspSuite suite, bool extendedSequenceNumbers)
    {
        var packets = extendedSequenceNumbers ? ulong.MaxValue : uint.MaxValue;
        var octets = suite.Encryption switch
        {
            EncryptionAlgorithm.ChaCha20Poly1305 => ulong.MaxValue,
            EncryptionAlgorithm.TripleDes => TripleDesOctets,
            _ => AesOctets,
        };
        return new(FourFifths(packets), packets, FourFifths(octets), octets);
    }

    /// <summary>Limits with only hard values given; soft ones at four fifths. 0 is no limit.</summary>
    public static LifetimeLimits Hard(ulong packets, ulong octets) => new(
        packets == 0 ? ulong.MaxValue : FourFifths(packets),
        packets == 0 ? ulong.MaxValue : packets,
        octets == 0 ? ulong.MaxValue : FourFifths(octets),
        octets == 0 ? ulong.MaxValue : octets);

    /// <summary>The earlier of each limit.</summary>
    public LifetimeLimits And(LifetimeLimits other) => new(
        Math.Min(SoftPackets, other.SoftPackets),
        Math.Min(HardPackets, other.HardPackets),
        Math.Min(SoftOctets, other.SoftOctets),
        Math.Min(HardOctets, other.HardOctets));

    /// <summary>What is left after <paramref name="usage"/>. Octets are those that went through the cipher.</summary>
    public RemainingLifetime Remaining(SaUsage usage)
    {
        var packets = usage.Packets;
        var octets = usage.CipherOctets;
        var state = packets >= HardPackets || octets >= HardOctets ? LifetimeState.Expired
            : packets >= SoftPackets || octets >= SoftOctets ? LifetimeState.RekeyDue
            : LifetimeState.Fresh;
        return new(HardPackets - Math.Min(packets, HardPackets), HardOctets - Math.Min(octets, HardOctets), state);
    }

    private static ulong FourFifths(ulong value) => value == ulong.MaxValue ? value : value - (value / 5);
}

/// <summary>What is left of an SA until its hard limits.</summary>
public readonly record struct RemainingLifetime(ulong Packets, ulong Octets, LifetimeState State);

/// <summary>Where an SA stands between its limits.</summary>
public enum LifetimeState : byte
{
    /// <summary>Below both soft limits.</summary>
    Fresh,

    /// <summary>Past a soft limit: negotiate its successor now.</summary>
    RekeyDue,

    /// <summary>At a hard limit: nothing may use it any more.</summary>
    Expired,
}
