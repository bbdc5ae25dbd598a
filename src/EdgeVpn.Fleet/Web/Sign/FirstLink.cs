namespace EdgeVpn.Fleet.Web.Sign;

/// <summary>The link that makes the first account: printed on the terminal of who started the console, good for one hour and one account.</summary>
public sealed class FirstLink(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly DateTimeOffset _end = time.GetUtcNow() + Life;
    private string? _secret;

    /// <summary>Makes it; there is none before.</summary>
    public string Make()
    {
        lock (_lock) return _secret ??= Sessions.Secret();
    }

    public bool Matches(string secret)
    {
        lock (_lock) return _secret is not null && time.GetUtcNow() < _end && Sessions.Same(_secret, secret);
    }

    /// <returns>False if it was used before.</returns>
    public bool Use(string secret)
    {
        lock (_lock)
        {
            if (!Matches(secret)) return false;
            _secret = null;
            return true;
        }
    }
}
