using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Control;

/// <summary>What an answer about a path's MTU is good for: this tunnel, this full size, and these two ends of it. Another WAN, or another peer of the connection, is another path.</summary>
/// <remarks>A NAT's new port changes nothing.</remarks>
/// <param name="Since">When the connection came up.</param>
/// <param name="FullMtu">What is asked for.</param>
internal readonly record struct AskedPath(Instant Since, int FullMtu, IpAddress Local, IpAddress Remote)
{
    /// <param name="view">The connection now.</param>
    /// <param name="before">Asked last: its ends still hold in the moment in which no child SA is in use.</param>
    public static AskedPath Of(ConnectionView view, AskedPath? before)
    {
        var inUse = view.IkeSas.FirstOrDefault(static sa => sa.Children.Any(static child => child.IsUsed));
        return inUse is null
            ? new AskedPath(view.Since, view.FullMtu, before?.Local ?? default, before?.Remote ?? default)
            : new AskedPath(view.Since, view.FullMtu, inUse.Path.Local.Address, inUse.Path.Remote.Address);
    }
}
