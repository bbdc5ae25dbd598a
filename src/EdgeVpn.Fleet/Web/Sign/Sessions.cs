using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Fleet.Web.Store;

namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>Somebody who is signed in, in one browser.</summary>
/// <param name="Account">As it was at sign-in; role and password are looked up each time.</param>
/// <param name="Token">Proves that a form is our own (CSRF).</param>
public sealed record Session(string Account, long Generation, string Token, DateTimeOffset Since)
{
    /// <summary>The role now, as the accounts have it.</summary>
    public Role Role { get; init; }
}

/// <summary>Who is signed in. In memory: a restart signs everybody out.</summary>
/// <remarks>An hour without a request ends a session, twelve hours end it in any case, and so does another password or role.</remarks>
public sealed class Sessions(AccountStore accounts, TimeProvider time)
{
    public const int Most = 1_000;

    /// <summary>Of one account; beyond it the oldest ends.</summary>
    public const int MostPerAccount = 10;

    public static readonly TimeSpan Idle = TimeSpan.FromHours(1);
    public static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    private const int SecretOctets = 32;

    private readonly Lock _lock = new();

    // By the hash of what the cookie says: who reads this memory's dump, or times a look-up, learns no cookie.
    private readonly Dictionary<string, (Session Session, DateTimeOffset Seen)> _sessions = [];

    /// <returns>What the cookie says.</returns>
    public string Open(Account account)
    {
        var cookie = Secret();
        var now = time.GetUtcNow();
        lock (_lock)
        {
            foreach (var (key, (session, seen)) in _sessions.ToArray())
                if (IsOver(session, seen, now)) _sessions.Remove(key);
            var own = _sessions.Where(pair => pair.Value.Session.Account == account.Name).OrderBy(static pair => pair.Value.Seen).Select(static pair => pair.Key).ToArray();
            foreach (var key in own.Take(own.Length - MostPerAccount + 1)) _sessions.Remove(key);
            if (_sessions.Count >= Most) _sessions.Remove(_sessions.MinBy(static pair => pair.Value.Seen).Key);
            _sessions[KeyOf(cookie)] = (new Session(account.Name, account.Generation, Secret(), now), now);
        }

        return cookie;
    }

    /// <summary>The session of a cookie; null if there is none, or no more.</summary>
    /// <param name="cookie">As it came.</param>
    /// <param name="isWork">False for what a page does by itself: that keeps nobody signed in.</param>
    public Session? Find(string? cookie, bool isWork = true)
    {
        if (cookie is not { Length: SecretOctets * 2 }) return null;
        var (key, now) = (KeyOf(cookie), time.GetUtcNow());
        lock (_lock)
        {
            if (!_sessions.TryGetValue(key, out var found)) return null;
            if (!IsOver(found.Session, found.Seen, now) && accounts.Find(found.Session.Account) is { } account && account.Generation == found.Session.Generation)
            {
                if (isWork) _sessions[key] = (found.Session, now);
                return found.Session with { Role = account.Role };
            }

            _sessions.Remove(key);
            return null;
        }
    }

    public void Close(string? cookie)
    {
        if (cookie is null) return;
        lock (_lock) _sessions.Remove(KeyOf(cookie));
    }

    /// <summary>Compares in a time that tells nothing.</summary>
    public static bool Same(string expected, string came) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(came));

    internal static string Secret() => RandomNumberGenerator.GetHexString(SecretOctets * 2, lowercase: true);

    private static string KeyOf(string cookie) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(cookie)));

    private static bool IsOver(Session session, DateTimeOffset seen, DateTimeOffset now) => now - seen > Idle || now - session.Since > Longest;
}

/// <summary>Browsers in which an account has signed in before: a signed name in a cookie, worth nothing but its own count of guesses.</summary>
public sealed class KnownBrowsers
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>A new token for this account.</summary>
    public string Make(string account)
    {
        var name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        return $"{name}.{Sign(name, account)}";
    }

    /// <summary>The browser's name, if the token is one of ours for this account.</summary>
    public string? NameOf(string? token, string account) =>
        token?.Split('.') is [{ Length: 32 } name, var signature] && Sessions.Same(Sign(name, account), signature) ? name : null;

    private string Sign(string name, string account) => Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{name} {account}")));
}
