using System.Security.Cryptography;
using System.Text;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>Who may come in: guesses at the code are counted, and whoever knew it holds a session until set-up mode ends.</summary>
/// <remarks>
/// Five guesses at once, then one in twelve seconds; the twentieth wrong one shuts the page, and only the button opens it again. The count is of the
/// box, not of an address: on a LAN addresses are for the taking.
/// </remarks>
/// <param name="isCode">Asks the box; slow on purpose.</param>
internal sealed class SetupDoor(Func<string, bool?> isCode, TimeProvider time)
{
    public const int Burst = 5;
    public const int MaxWrong = 20;
    private const int MaxSessions = 4;
    private const int SecretOctets = 32;

    public static readonly TimeSpan Refill = TimeSpan.FromSeconds(12);

    private readonly Lock _lock = new();
    private readonly List<Session> _sessions = [];
    private double _guesses = Burst;
    private long _refilled = time.GetTimestamp();
    private int _wrong;

    /// <summary>Too many wrong codes: the page must be shut.</summary>
    public bool IsBesieged
    {
        get
        {
            lock (_lock) return _wrong >= MaxWrong;
        }
    }

    /// <summary>Tries a code.</summary>
    public Admission Try(string code)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _guesses = Math.Min(Burst, _guesses + (time.GetElapsedTime(_refilled, now) / Refill));
            _refilled = now;
            if (_wrong >= MaxWrong) return new Admission.Shut();
            if (_guesses < 1) return new Admission.Later(Refill * (1 - _guesses));
            _guesses--; // before it is known to be right: two at once are two
        }

        var right = isCode(code);
        lock (_lock)
        {
            if (right is null) return new Admission.NoCode();
            if (right is false) return ++_wrong >= MaxWrong ? new Admission.Shut() : new Admission.Wrong();
            var session = new Session(Secret(), Secret());
            if (_sessions.Count == MaxSessions) _sessions.RemoveAt(0);
            _sessions.Add(session);
            return new Admission.Open(session);
        }
    }

    /// <summary>The session of a cookie; null if there is none.</summary>
    public Session? Find(string? cookie)
    {
        if (cookie is not { Length: SecretOctets * 2 }) return null;
        lock (_lock) return _sessions.Find(session => Same(session.Cookie, cookie));
    }

    public void Leave(Session session)
    {
        lock (_lock) _sessions.Remove(session);
    }

    /// <summary>Compares in a time that tells nothing.</summary>
    public static bool Same(string expected, string came) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(came));

    private static string Secret() => RandomNumberGenerator.GetHexString(SecretOctets * 2, lowercase: true);

    /// <param name="Cookie">Names the session.</param>
    /// <param name="Token">Proves that a request was made by our own page.</param>
    internal sealed record Session(string Cookie, string Token);

    internal abstract record Admission
    {
        public sealed record Open(Session Session) : Admission;

        public sealed record Wrong : Admission;

        /// <param name="In">When to try again.</param>
        public sealed record Later(TimeSpan In) : Admission;

        /// <summary>Too many wrong ones.</summary>
        public sealed record Shut : Admission;

        public sealed record NoCode : Admission;
    }
}
