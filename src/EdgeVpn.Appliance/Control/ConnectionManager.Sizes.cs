using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Control;

/// <summary>The size of tunnels whose paths nobody can be asked about: what the kernel knows of the way out.</summary>
public sealed partial class ConnectionManager
{
    private static readonly TimeSpan SizePause = TimeSpan.FromSeconds(10); // as often as the kernel is asked

    /// <summary>Every IPv6 packet of this length must pass (RFC 8200 §5), and an interface that takes less has no IPv6. IPv4 is told inside what fits.</summary>
    private const int LeastFollowed = 1_280;

    private Instant _sized;

    /// <summary>TUN and segments follow a path that ICMP said is narrow, as long as no probe knows better; an interface that several share keeps its size.</summary>
    private void FollowPaths(Instant now)
    {
        if (now - _sized < SizePause) return;
        _sized = now;
        var fitting = _dataPlane.FittingMtus();
        foreach (var tunnel in _live.Values.GroupBy(static live => live.Plan.Interface))
        {
            if (tunnel.Skip(1).Any()) continue;
            var live = tunnel.First();
            if (!live.Plan.Config.Tunnel.Mtu.IsAuto || live.PathMtu is { Kind: not PathMtuKind.Unknown }) continue;
            var mtu = Math.Min(live.FullMtu, Math.Max(LeastFollowed, fitting.GetValueOrDefault(tunnel.Key, live.FullMtu)));
            if (mtu == live.Mtu) continue;
            live.Mtu = mtu;
            if (_tunnels.Contains(tunnel.Key)) _dataPlane.SetMtu(tunnel.Key, mtu);
            _events.Add(
                "tunnel.mtu", live.Plan.Name,
                mtu < live.FullMtu ? $"the way out is narrow: the tunnel's MTU is {mtu} now, not {live.FullMtu}" : $"the way out takes packets of {mtu} octets again",
                ("mtu", $"{mtu}"));
        }
    }
}
