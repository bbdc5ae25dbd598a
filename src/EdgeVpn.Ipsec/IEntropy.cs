using System.Buffers.Binary;

namespace EdgeVpn.Ipsec;

/// <summary>The only source of nonces, SPIs, private scalars, IVs, cookie secrets and jitter.</summary>
/// <remarks>On the box: the kernel's getrandom. In a simulation: a seeded generator, so that a run repeats.</remarks>
public interface IEntropy
{
    /// <summary>Fills <paramref name="destination"/> with unpredictable octets. Never fails: an implementation that cannot deliver stops the process.</summary>
    void Fill(Span<byte> destination);
}

/// <summary>Numbers and jitter drawn from an <see cref="IEntropy"/>.</summary>
public static class EntropyExtensions
{
    public static byte[] Octets(this IEntropy entropy, int count)
    {
        var octets = new byte[count];
        entropy.Fill(octets);
        return octets;
    }

    public static ulong NextUInt64(this IEntropy entropy)
    {
        Span<byte> octets = stackalloc byte[8];
        entropy.Fill(octets);
        return BinaryPrimitives.ReadUInt64BigEndian(octets);
    }

    public static uint NextUInt32(this IEntropy entropy) => (uint)(entropy.NextUInt64() >> 32);

    /// <summary>A span between <c>span × (1 − fraction)</c> and <c>span</c>, so that many peers do not act at one moment.</summary>
    public static TimeSpan JitterDown(this IEntropy entropy, TimeSpan span, double fraction)
    {
        var unit = (entropy.NextUInt64() >> 11) * (1.0 / (1UL << 53));
        return span - (span * (fraction * unit));
    }
}
