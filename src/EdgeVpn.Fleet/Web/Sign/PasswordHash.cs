using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;

namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>Passwords as they are kept: Argon2id (RFC 9106) in the usual text form, <c>$argon2id$v=19$m=65536,t=3,p=1$salt$hash</c>.</summary>
/// <remarks>64 MiB and three passes, RFC 9106's second choice with one lane. The cost stands in each hash, so it can be raised later.</remarks>
public static class PasswordHash
{
    public const int MinLength = 12;
    public const int MaxLength = 256;

    private const int MemoryKib = 65_536;
    private const int Passes = 3;
    private const int SaltOctets = 16;
    private const int HashOctets = 32;

    // Two at a time: 128 MiB are the most that strangers can make this process use.
    private static readonly SemaphoreSlim s_places = new(2);

    private static readonly Lazy<Task<string>> s_nobody = new(static () => OfAsync(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), CancellationToken.None));

    /// <summary>Why this is no password for that account; null if it is one.</summary>
    public static string? Problem(string password, string account) =>
        password.Length < MinLength ? $"A password has at least {MinLength} characters; a few words in a row are easy to keep."
        : password.Length > MaxLength ? $"A password has at most {MaxLength} characters."
        : password.Distinct().Count() < 6 ? "A password has more than five different characters."
        : password.Contains(account, StringComparison.OrdinalIgnoreCase) ? "A password does not hold the account's name."
        : null;

    /// <summary>What is kept of a password.</summary>
    public static async Task<string> OfAsync(string password, CancellationToken cancel)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltOctets);
        var hash = await DeriveAsync(password, salt, MemoryKib, Passes, 1, cancel).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={MemoryKib},t={Passes},p=1${Plain(salt)}${Plain(hash)}");
    }

    /// <summary>Whether somebody typed the password. Without an account (null) it takes as long, and is no.</summary>
    public static async Task<bool> MatchesAsync(string? kept, string typed, CancellationToken cancel)
    {
        if (typed.Length > MaxLength) return false;
        if (Read(kept ?? await s_nobody.Value.ConfigureAwait(false)) is not var (memory, passes, lanes, salt, expected)) return false;
        var came = await DeriveAsync(typed, salt, memory, passes, lanes, cancel).ConfigureAwait(false);
        return CryptographicOperations.FixedTimeEquals(came, expected) && kept is not null;
    }

    internal static byte[] Derive(byte[] password, byte[] salt, int memoryKib, int passes, int lanes, int octets = HashOctets)
    {
        var generator = new Argon2BytesGenerator();
        generator.Init(new Argon2Parameters.Builder(Argon2Parameters.Argon2id).WithVersion(Argon2Parameters.Version13).WithSalt(salt)
            .WithMemoryAsKB(memoryKib).WithIterations(passes).WithParallelism(lanes).Build());
        var hash = new byte[octets];
        generator.GenerateBytes(password, hash);
        return hash;
    }

    private static async Task<byte[]> DeriveAsync(string password, byte[] salt, int memoryKib, int passes, int lanes, CancellationToken cancel)
    {
        await s_places.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return await Task.Run(() => Derive(Encoding.UTF8.GetBytes(password.Normalize(NormalizationForm.FormC)), salt, memoryKib, passes, lanes), CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            s_places.Release();
        }
    }

    private static (int Memory, int Passes, int Lanes, byte[] Salt, byte[] Hash)? Read(string kept)
    {
        if (kept.Split('$') is not ["", "argon2id", "v=19", var cost, var salt, var hash]) return null;
        int[] numbers = [.. cost.Split(',').Select(static part => part.Length > 2 && int.TryParse(part.AsSpan(2), CultureInfo.InvariantCulture, out var number) ? number : 0)];
        if (numbers is not [>= 8 and <= 1 << 20, >= 1 and <= 64, >= 1 and <= 16]) return null;
        try
        {
            return (numbers[0], numbers[1], numbers[2], Octets(salt), Octets(hash));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string Plain(byte[] octets) => Convert.ToBase64String(octets).TrimEnd('=');

    private static byte[] Octets(string plain) => Convert.FromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='));
}
