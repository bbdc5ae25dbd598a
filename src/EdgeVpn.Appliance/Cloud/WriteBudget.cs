using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>How many octets may be written to flash: a bucket that fills evenly over a day.</summary>
/// <param name="octetsPerDay">What a day allows; also the most that is saved up.</param>
/// <param name="start">The bucket is full then.</param>
public sealed class WriteBudget(long octetsPerDay, Instant start)
{
    private double _left = octetsPerDay;
    private Instant _at = start;

    /// <summary>Takes <paramref name="octets"/> if they are there. A file of one octet costs a block, so callers say what the disk writes.</summary>
    public bool TrySpend(long octets, Instant now)
    {
        if (octets > Left(now)) return false;
        _left -= octets;
        return true;
    }

    /// <summary>Octets that may be written at once.</summary>
    public double Left(Instant now)
    {
        if (now > _at)
        {
            _left = Math.Min(octetsPerDay, _left + (octetsPerDay * ((now - _at) / TimeSpan.FromDays(1))));
            _at = now;
        }

        return _left;
    }
}
