namespace EdgeVpn.Ipsec.Ike;

/// <summary>A bound on what strangers can make us do: ten at once, then one a second.</summary>
internal sealed class TokenBucket
{
    private const int Burst = 10;
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(1);
    private int _tokens = Burst;
    private Instant _refilledAt = Instant.Zero;

    public bool TryTake(Instant now)
    {
        var refills = (now - _refilledAt).Ticks / Refill.Ticks;
        if (refills > 0)
        {
            _tokens = (int)Math.Min(Burst, _tokens + refills);
            _refilledAt = now;
        }

        if (_tokens == 0) return false;
        _tokens--;
        return true;
    }
}
