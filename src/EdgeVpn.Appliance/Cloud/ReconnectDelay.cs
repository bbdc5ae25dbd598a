using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>How long to wait before the next attempt: full jitter under a ceiling that doubles.</summary>
/// <remarks>Uniform over [0, ceiling): boxes that lost the broker at one moment come back spread over the whole ceiling, not in waves.</remarks>
public sealed class ReconnectDelay(TimeSpan first, TimeSpan most, IEntropy entropy)
{
    private readonly TimeSpan _first = first;
    private TimeSpan _ceiling = first;

    public TimeSpan Next()
    {
        var delay = entropy.JitterDown(_ceiling, fraction: 1);
        _ceiling = _ceiling >= most / 2 ? most : _ceiling * 2;
        return delay;
    }

    /// <summary>A session held: begin again with the first ceiling.</summary>
    public void Reset() => _ceiling = _first;
}
