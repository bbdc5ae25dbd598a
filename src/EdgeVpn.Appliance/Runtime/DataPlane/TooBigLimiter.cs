namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>At most 100 ICMP answers a second (RFC 4443 §2.4 f, RFC 1812 §4.3.2.8), in bursts of as many.</summary>
internal sealed class TooBigLimiter
{
    private const int PerSecond = 100;

    private long _second = -1;
    private int _taken;

    /// <param name="milliseconds">Monotonic.</param>
    public bool TryTake(long milliseconds)
    {
        var second = milliseconds / 1000;
        if (second != _second) (_second, _taken) = (second, 0);
        return _taken++ < PerSecond;
    }
}
