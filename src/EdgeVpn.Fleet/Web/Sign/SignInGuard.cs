using System.Net;
using System.Net.Sockets;

namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>How often somebody may guess. Nobody can shut out an account from elsewhere: what is counted is the account <em>together with</em> where the guess comes from.</summary>
/// <remarks>
/// <code>
///     per address (an IPv6 network of /64)        20 tries a minute
///     per account and address, or known browser   5 wrong ones, then 1 minute; doubled with each further one, at most 15
/// </code>
/// A browser in which the account has signed in before shows a token (<see cref="KnownBrowsers"/>) and is counted by itself: who guesses from the operator's
/// own network does not shut out the operator's browser.
/// </remarks>
public sealed class SignInGuard(TimeProvider time)
{
    public const int FreeGuesses = 5;
    public const int TriesPerMinute = 20;

    /// <summary>Places and accounts remembered; beyond it the ones that were quiet longest are forgotten.</summary>
    public const int MaxRemembered = 20_000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Count> _counts = [];

    /// <summary>May one guess now? A guess that is let through counts as wrong until <see cref="Right"/>.</summary>
    /// <param name="account">What was typed.</param>
    /// <param name="from">Where it comes from.</param>
    /// <param name="browser">A known browser's name; null for others.</param>
    /// <returns>How long to wait; null if one may.</returns>
    public TimeSpan? Try(string account, IPAddress from, string? browser)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            Forget(now);
            if (browser is null && TooMany(Place(from), now) is { } later) return later;
            var count = _counts.GetValueOrDefault(Key(account, from, browser)) ?? new Count(0, now, now);
            if (now < count.Until) return count.Until - now;
            var wrong = count.Wrong + 1;
            var pause = wrong < FreeGuesses ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << Math.Min(10, wrong - FreeGuesses)));
            _counts[Key(account, from, browser)] = new Count(wrong, now + pause, now);
            return null;
        }
    }

    /// <summary>The guess was right.</summary>
    public void Right(string account, IPAddress from, string? browser)
    {
        lock (_lock) _counts.Remove(Key(account, from, browser));
    }

    private TimeSpan? TooMany(string place, DateTimeOffset now)
    {
        var count = _counts.GetValueOrDefault(place);
        if (count is null || now >= count.Until) count = new Count(0, now + TimeSpan.FromMinutes(1), now);
        if (count.Wrong >= TriesPerMinute) return count.Until - now;
        _counts[place] = count with { Wrong = count.Wrong + 1, Last = now };
        return null;
    }

    private void Forget(DateTimeOffset now)
    {
        if (_counts.Count < MaxRemembered) return;
        foreach (var key in _counts.Where(pair => now - pair.Value.Last > Memory).Select(static pair => pair.Key).ToArray()) _counts.Remove(key);
        if (_counts.Count < MaxRemembered) return;
        foreach (var key in _counts.OrderBy(static pair => pair.Value.Last).Take(MaxRemembered / 4).Select(static pair => pair.Key).ToArray()) _counts.Remove(key);
    }

    private static string Key(string account, IPAddress from, string? browser) => browser is null ? $"{Place(from)} {account}" : $"known {browser} {account}";

    private static string Place(IPAddress from)
    {
        if (from.IsIPv4MappedToIPv6) from = from.MapToIPv4();
        return from.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(from.GetAddressBytes().AsSpan(0, 8)) : from.ToString();
    }

    private sealed record Count(int Wrong, DateTimeOffset Until, DateTimeOffset Last);
}
