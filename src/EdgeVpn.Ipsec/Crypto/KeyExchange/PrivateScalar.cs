using System.Numerics;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Private values drawn evenly from 1 … order − 1.</summary>
internal static class PrivateScalar
{
    /// <param name="order">Big-endian; the scalar is as long.</param>
    /// <remarks>Draws again until the number fits (FIPS 186-5 §A.2.2). The highest octet is masked to the order's length first, so that a draw fits with probability above one half.</remarks>
    public static Secret Draw(IEntropy entropy, ReadOnlySpan<byte> order)
    {
        var mask = (byte)((1 << (BitOperations.Log2(order[0]) + 1)) - 1);
        var scalar = new Secret(order.Length);
        do
        {
            entropy.Fill(scalar.Fill);
            scalar.Fill[0] &= mask;
        }
        while (scalar.Octets.SequenceCompareTo(order) >= 0 || scalar.Octets.IndexOfAnyExcept((byte)0) < 0);

        return scalar;
    }
}
