using System.Security.Cryptography;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>Entropy from a seed: SHA-256 in counter mode, so that a run repeats.</summary>
internal sealed class SeededEntropy(int seed) : IEntropy
{
    private ulong _counter;

    public void Fill(Span<byte> destination)
    {
        Span<byte> block = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> input = stackalloc byte[12];
        while (destination.Length > 0)
        {
            BitConverter.TryWriteBytes(input, seed);
            BitConverter.TryWriteBytes(input[4..], _counter++);
            SHA256.HashData(input, block);
            var taken = Math.Min(block.Length, destination.Length);
            block[..taken].CopyTo(destination);
            destination = destination[taken..];
        }
    }
}

/// <summary>Entropy that gives exactly what a vector says was drawn; asking for other lengths fails the test.</summary>
internal sealed class ScriptedEntropy(params byte[][] draws) : IEntropy
{
    private readonly Queue<byte[]> _draws = new(draws);

    public int Left => _draws.Count;

    public void Fill(Span<byte> destination)
    {
        Assert.NotEmpty(_draws);
        var draw = _draws.Dequeue();
        Assert.Equal(draw.Length, destination.Length);
        draw.CopyTo(destination);
    }
}
