using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>A pseudorandom function of IKEv2 (RFC 7296 §2.13): variable-length key in, <see cref="OutputOctets"/> out.</summary>
/// <remarks>Holds no key and no state: one instance serves every SA and thread.</remarks>
public abstract class Prf
{
    private const int MaxBlocks = 255; // the block counter of prf+ is one octet

    public abstract PrfAlgorithm Algorithm { get; }

    /// <summary>Length of what <see cref="Compute(ReadOnlySpan{byte}, ReadOnlySpan{byte}, Span{byte})"/> writes.</summary>
    public abstract int OutputOctets { get; }

    /// <summary>The preferred key length: that of SK_d, SK_pi and SK_pr (RFC 7296 §2.14).</summary>
    public abstract int KeyOctets { get; }

    /// <summary>prf(key, data) into the first <see cref="OutputOctets"/> of <paramref name="destination"/>.</summary>
    public abstract void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination);

    /// <summary>prf(key, data); the caller owns the result.</summary>
    public Secret Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data)
    {
        var output = new Secret(OutputOctets);
        Compute(key, data, output.Fill);
        return output;
    }

    /// <summary>The first <paramref name="octets"/> of prf+(key, seed) (RFC 7296 §2.13); the caller owns the result.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 255 blocks were asked for.</exception>
    public Secret Plus(ReadOnlySpan<byte> key, ReadOnlySpan<byte> seed, int octets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(octets);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(octets, MaxBlocks * OutputOctets);

        // T1 = prf(K, S | 0x01), Tn = prf(K, Tn-1 | S | n): one buffer holds Tn-1 | S | n.
        var size = OutputOctets;
        using var work = new Secret(size + seed.Length + 1);
        using var block = new Secret(size);
        seed.CopyTo(work.Fill[size..]);

        var output = new Secret(octets);
        var rest = output.Fill;
        for (var n = 1; rest.Length > 0; n++)
        {
            work.Fill[^1] = (byte)n;
            Compute(key, n == 1 ? work.Octets[size..] : work.Octets, block.Fill);
            block.Octets.CopyTo(work.Fill);

            var taken = Math.Min(size, rest.Length);
            block.Octets[..taken].CopyTo(rest);
            rest = rest[taken..];
        }

        return output;
    }
}

/// <summary>PRF_HMAC_SHA1, PRF_HMAC_SHA2_256, _384 and _512 (RFC 2104, RFC 4868).</summary>
internal sealed class HmacPrf(PrfAlgorithm algorithm, HashAlgorithmName hash, int outputOctets) : Prf
{
    public override PrfAlgorithm Algorithm => algorithm;

    public override int OutputOctets => outputOctets;

    /// <summary>For HMAC the preferred key is as long as the output (RFC 4868 §2.1.2).</summary>
    public override int KeyOctets => outputOctets;

    public override void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> destination) =>
        CryptographicOperations.HmacData(hash, key, data, destination);
}
