using Org.BouncyCastle.Crypto.Prng;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Lets BouncyCastle draw from <see cref="IEntropy"/>, so that what it makes repeats by seed.</summary>
internal sealed class EntropyGenerator(IEntropy entropy) : IRandomGenerator
{
    public void NextBytes(byte[] bytes) => entropy.Fill(bytes);

    public void NextBytes(byte[] bytes, int start, int len) => entropy.Fill(bytes.AsSpan(start, len));

    public void NextBytes(Span<byte> bytes) => entropy.Fill(bytes);

    // The entropy needs no seed of ours.
    public void AddSeedMaterial(byte[] seed)
    {
    }

    public void AddSeedMaterial(ReadOnlySpan<byte> seed)
    {
    }

    public void AddSeedMaterial(long seed)
    {
    }
}
