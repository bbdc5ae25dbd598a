using System.Buffers.Binary;
using EdgeVpn.Ipsec;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>SplitMix64: nothing in a rehearsal is secret, and the same configuration must tell the same story twice.</summary>
internal sealed class RehearsalEntropy(ulong seed) : IEntropy
{
    private ulong _state = seed;

    public void Fill(Span<byte> destination)
    {
        Span<byte> block = stackalloc byte[8];
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block, Next());
            var taken = Math.Min(8, destination.Length);
            block[..taken].CopyTo(destination);
            destination = destination[taken..];
        }
    }

    private ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
