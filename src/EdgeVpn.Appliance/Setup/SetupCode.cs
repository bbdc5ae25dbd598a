using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Setup;

/// <summary>The code on a box's label that opens its set-up page. Only a salted hash is kept: who reads the disk does not learn it.</summary>
/// <remarks>Ten of 31 letters and digits are 49 bits; the page takes a handful of guesses per minute and shuts after a few more.</remarks>
/// <param name="Salt">16 random octets.</param>
/// <param name="Hash">PBKDF2-HMAC-SHA256 (RFC 8018), 32 octets.</param>
/// <param name="Iterations">As it was made with.</param>
public sealed record SetupCode(byte[] Salt, byte[] Hash, int Iterations)
{
    public const int Length = 10;

    /// <summary>No 0 O 1 I L: a label is read in a dark cabinet.</summary>
    public const string Alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";

    private const int SaltOctets = 16;
    private const int HashOctets = 32;
    private const int Cost = 100_000; // some 50 ms on a PC, half a second on the smallest board

    /// <summary>A new code, as it goes on the label: <c>7KQ2M-X9RTB</c>.</summary>
    public static string Make()
    {
        var text = RandomNumberGenerator.GetString(Alphabet, Length);
        return $"{text[..(Length / 2)]}-{text[(Length / 2)..]}";
    }

    /// <summary>True if this can be a code: ten letters and digits of <see cref="Alphabet"/>, with or without hyphens, in either case.</summary>
    public static bool IsCode(string typed) => Plain(typed) is not null;

    /// <summary>What is kept of a code.</summary>
    /// <exception cref="ArgumentException">It is not one.</exception>
    public static SetupCode Of(string code)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltOctets);
        return new SetupCode(salt, Derive(Plain(code) ?? throw new ArgumentException("Not a set-up code.", nameof(code)), salt, Cost), Cost);
    }

    /// <summary>Whether somebody typed the code; takes as long whatever was typed, if it could be one.</summary>
    public bool Matches(string typed) => Plain(typed) is { } plain && CryptographicOperations.FixedTimeEquals(Derive(plain, Salt, Iterations), Hash);

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, SetupCodeJson.Default.SetupCode);

    /// <summary>Null if these octets are not what <see cref="ToJson"/> wrote.</summary>
    public static SetupCode? Read(byte[] json) =>
        TwinJson.TryRead(json, SetupCodeJson.Default.SetupCode, out var code) && code is { Salt.Length: SaltOctets, Hash.Length: HashOctets, Iterations: > 0 and <= 10_000_000 } ? code : null;

    private static byte[] Derive(string plain, byte[] salt, int iterations) => Rfc2898DeriveBytes.Pbkdf2(plain, salt, iterations, HashAlgorithmName.SHA256, HashOctets);

    private static string? Plain(string typed)
    {
        if (typed.Length > 4 * Length) return null;
        var plain = string.Concat(typed.Where(static c => c is not ('-' or ' '))).ToUpperInvariant();
        return plain.Length == Length && plain.All(static c => Alphabet.Contains(c, StringComparison.Ordinal)) ? plain : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SetupCode))]
internal sealed partial class SetupCodeJson : JsonSerializerContext;
