using System.Net;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Linux.Netlink;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public class PollTests
{
    private static readonly ChildSaId One = new(1);

    [Fact]
    public void The_peer_is_heard_once_per_poll_in_which_packets_came()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Empty(lab.Far.Poll(Instant.Zero));
        lab.Near.Ping(count: 2);
        Assert.Equal([new IkeInput.PeerHeard(One)], lab.Far.Poll(Instant.Zero));
        Assert.Empty(lab.Far.Poll(Instant.Zero));
    }

    [Fact]
    public void A_peer_that_moved_is_reported_while_it_is_heard_from_there_until_it_is_followed()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(1, lab.Near.Ping(count: 1));
        lab.Far.Poll(Instant.Zero);
        lab.Near.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Addresses.Add(netlink.Links.Get("cable0").Index, IPAddress.Parse("192.0.2.77"), 24);
        });
        var there = lab.Near.PathTo(ipv6: false, 2).Remote;
        var here = IpEndpoint.Parse("192.0.2.77:4500");
        lab.Near.Plane.Move([One], new Path(here, there), udpEncapsulated: true);
        Assert.Equal(1, lab.Near.Ping(count: 1)); // arrives, and far answers to where it believes near to be, which near still takes
        Assert.Equal([new IkeInput.PeerHeard(One), new IkeInput.PeerMoved(One, new Path(there, here))], lab.Far.Poll(Instant.Zero));
        Assert.Empty(lab.Far.Poll(Instant.Zero));
        lab.Near.Ping(count: 1);
        Assert.Equal([new IkeInput.PeerHeard(One), new IkeInput.PeerMoved(One, new Path(there, here))], lab.Far.Poll(Instant.Zero));
        lab.Far.Plane.Move([One], new Path(there, here), udpEncapsulated: true);
        Assert.Equal(1, lab.Near.Ping(count: 1));
        Assert.Equal([new IkeInput.PeerHeard(One)], lab.Far.Poll(Instant.Zero));
    }

    [Fact]
    public void A_move_from_UDP_to_protocol_50_and_back_carries_on()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(2, lab.Near.Ping(count: 2));
        lab.Near.Space.Run(() => lab.Near.Plane.Move([One], lab.Near.PathTo(ipv6: true, 2), udpEncapsulated: false));
        lab.Far.Space.Run(() => lab.Far.Plane.Move([One], lab.Far.PathTo(ipv6: true, 1), udpEncapsulated: false));
        Assert.Equal(2, lab.Near.Ping(count: 2));
        lab.Near.Plane.Move([One], lab.Near.PathTo(ipv6: false, 2), udpEncapsulated: true);
        Assert.Equal(2, lab.Near.Ping(count: 2)); // one way in UDP, the other in protocol 50 (RFC 7296 §2.23)
    }

    [Fact]
    public void A_child_nears_its_limit_once_then_is_exhausted_once_and_carries_nothing()
    {
        using var lab = new TunnelLab(new DataPlaneOptions { ChildLimits = connection => LifetimeLimits.Hard(connection == "lab" ? 20u : 0, 0) });
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(10, lab.Near.Ping(count: 10));
        Assert.Equal([new IkeInput.PeerHeard(One)], lab.Near.Poll(Instant.Zero));
        Assert.Equal(7, lab.Near.Ping(count: 7));
        Assert.Equal([new IkeInput.PeerHeard(One), new IkeInput.ChildSaNearsLimit(One)], lab.Near.Poll(Instant.Zero));
        Assert.Equal(5, lab.Near.Ping(count: 5));
        Assert.Equal([new IkeInput.PeerHeard(One), new IkeInput.ChildSaExhausted(One)], lab.Near.Poll(Instant.Zero));
        Assert.Equal(0, lab.Near.Ping(count: 1));
        Assert.Equal(1, lab.Near.Status.Drops["tx.noSa"]);
        Assert.Empty(lab.Near.Poll(Instant.Zero));
    }
}
