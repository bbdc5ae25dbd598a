using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EdgeVpn.Model.Jose;

/// <summary>The one-step key derivation of ECDH-ES in direct agreement (RFC 7518 §4.6.2, NIST SP 800-56A §5.8.1).</summary>
/// <remarks>One round of SHA-256: keys of up to 32 octets.</remarks>
internal static class ConcatKdf
{
    /// <param name="mine">The private half.</param>
    /// <param name="theirs">The public half.</param>
    /// <param name="algorithm">AlgorithmID: the value of <c>enc</c>.</param>
    /// <param name="partyU">PartyUInfo's data; empty if the header has no <c>apu</c>.</param>
    /// <param name="partyV">PartyVInfo's data.</param>
    /// <param name="keyOctets">1 to 32.</param>
    public static byte[] Derive(ECDiffieHellman mine, P256Key theirs, string algorithm, ReadOnlySpan<byte> partyU, ReadOnlySpan<byte> partyV, int keyOctets)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keyOctets, SHA256.HashSizeInBytes);
        byte[] other = [.. Sized(Encoding.ASCII.GetBytes(algorithm)), .. Sized(partyU), .. Sized(partyV), .. Word(keyOctets * 8)];
        using var point = theirs.ToAgreement();
        // Z stays inside the provider: SHA-256(counter || Z || OtherInfo).
        var hash = mine.DeriveKeyFromHash(point.PublicKey, HashAlgorithmName.SHA256, Word(1), other);
        if (keyOctets == hash.Length) return hash;
        var key = hash[..keyOctets];
        CryptographicOperations.ZeroMemory(hash);
        return key;
    }

    private static byte[] Sized(ReadOnlySpan<byte> data) => [.. Word(data.Length), .. data];

    private static byte[] Word(int value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(octets, value);
        return octets;
    }
}
