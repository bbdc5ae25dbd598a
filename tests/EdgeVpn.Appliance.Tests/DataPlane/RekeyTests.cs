using System.Net;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public class RekeyTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Not_one_packet_is_lost_over_twenty_rekeys_of_a_running_flow(bool udp)
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm, udp);
        using var flow = new EchoFlow(lab.Near.Space, lab.Far.Space, IPAddress.Parse("10.1.0.1"), IPAddress.Parse("10.2.0.1"));
        var now = Instant.Zero;
        for (var number = 2; number <= 21; number++)
        {
            Flowing(flow);
            // As IKE does it: both have the new SA, one sends on it, then the other; the old one lingers for what is on its way.
            lab.Connect(TunnelLab.Gcm, udp, number: number, replaces: number - 1, use: false);
            Flowing(flow);
            lab.Near.Plane.Use(new ChildSaId(number));
            Flowing(flow);
            lab.Far.Plane.Use(new ChildSaId(number));
            lab.Near.Plane.Remove(new ChildSaId(number - 1), TimeSpan.FromSeconds(1));
            lab.Far.Plane.Remove(new ChildSaId(number - 1), TimeSpan.FromSeconds(1));
            Flowing(flow);
            now += TimeSpan.FromSeconds(1);
            lab.Near.Poll(now);
            lab.Far.Poll(now);
            now += TimeSpan.FromSeconds(1);
            lab.Near.Poll(now);
            lab.Far.Poll(now);
        }

        var lost = flow.Stop();
        output.WriteLine($"{flow.Returned} echoes, {lost} lost");
        Assert.Equal(0, lost);
        var child = Assert.Single(lab.Near.Status.Children);
        Assert.Equal(21, child.Child.Value);
        Assert.DoesNotContain(lab.Near.Status.Drops, drop => drop.Key.StartsWith("rx", StringComparison.Ordinal));
        Assert.Equal(0ul, Measured(lab.Near, now)); // and the data plane's own count agrees
        Assert.Equal(0ul, Measured(lab.Far, now));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(7, 0)]
    [InlineData(0, 4)]
    [InlineData(5, 3)]
    public void What_is_lost_over_a_rekey_is_counted_to_the_packet(int onTheNew, int onTheOld)
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        Assert.Equal(5, lab.Near.Ping());
        lab.Far.Deafly(() => Assert.Equal(0, lab.Near.Ping(count: 2, more: ["-W", "0.3"]))); // before the rekey: none of its business
        Assert.Equal(1, lab.Near.Ping(count: 1));

        // The near end has the new SA first and sends on it already: nobody there knows it yet.
        lab.Near.Install(TunnelLab.Gcm, udp: true, ipv6Outer: false, 2, replaces: 1, use: true, TunnelLab.Any, TunnelLab.Any);
        if (onTheNew > 0) Assert.Equal(0, lab.Near.Ping(count: onTheNew, more: ["-W", "0.3"]));
        lab.Far.Install(TunnelLab.Gcm, udp: true, ipv6Outer: false, 2, replaces: 1, use: true, TunnelLab.Any, TunnelLab.Any);
        lab.Near.Plane.Use(new ChildSaId(1));
        if (onTheOld > 0) lab.Far.Deafly(() => Assert.Equal(0, lab.Near.Ping(count: onTheOld, more: ["-W", "0.3"])));
        Assert.Equal(2, lab.Near.Ping(count: 2)); // what came after shows the gap
        lab.Near.Plane.Use(new ChildSaId(2));
        Assert.Equal(3, lab.Near.Ping(count: 3));

        Assert.Null(lab.Far.Status.Children.Single(child => child.Child.Value == 2).LostOverRekey); // the old one still receives
        lab.Far.Plane.Remove(new ChildSaId(1), TimeSpan.FromSeconds(1));
        lab.Far.Poll(Instant.Zero);
        lab.Far.Poll(Instant.Zero + TimeSpan.FromSeconds(1));
        Assert.Equal((ulong)(onTheNew + onTheOld), Measured(lab.Far, Instant.Zero + TimeSpan.FromSeconds(1)));
        lab.Far.Deafly(() => Assert.Equal(0, lab.Near.Ping(count: 2, more: ["-W", "0.3"])));
        Assert.Equal((ulong)(onTheNew + onTheOld), Measured(lab.Far, Instant.Zero + TimeSpan.FromSeconds(4))); // over is over
    }

    private static ulong Measured(TunnelLab.Side side, Instant now)
    {
        for (var i = 1; i <= 4; i++) side.Poll(now + (i * TimeSpan.FromMilliseconds(500)));
        return Assert.NotNull(Assert.Single(side.Status.Children).LostOverRekey);
    }

    [Fact]
    public void A_removed_child_still_receives_until_its_linger_is_over()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        lab.Connect(TunnelLab.Gcm, number: 2, replaces: 1, use: false);
        lab.Far.Plane.Use(new ChildSaId(2));
        lab.Far.Plane.Remove(new ChildSaId(1), TimeSpan.FromSeconds(5));
        Assert.Equal(3, lab.Near.Ping(count: 3)); // near still sends on the old one
        Assert.True(lab.Far.Status.Children.Single(child => child.Child.Value == 1).PacketsIn >= 3);

        Assert.DoesNotContain(lab.Far.Poll(Instant.Zero), input => input is IkeInput.PeerHeard { Child.Value: 1 });
        lab.Far.Poll(Instant.Zero + TimeSpan.FromSeconds(4));
        Assert.Equal(2, lab.Far.Status.Children.Length);
        lab.Far.Poll(Instant.Zero + TimeSpan.FromSeconds(5));
        Assert.Equal(2, Assert.Single(lab.Far.Status.Children).Child.Value);
        Assert.Equal(0, lab.Near.Ping(count: 1));
        Assert.Equal(1, lab.Far.Status.Drops["rx.unknownSpi"]);
    }

    [Fact]
    public void When_the_child_in_use_is_removed_another_used_one_takes_over()
    {
        using var lab = new TunnelLab();
        lab.Connect(TunnelLab.Gcm);
        lab.Connect(TunnelLab.Cbc, number: 2);
        Assert.Equal(3, lab.Near.Ping(count: 3));
        Assert.Equal(3ul, lab.Far.Status.Children[1].PacketsIn);
        lab.Near.Plane.Remove(new ChildSaId(2), TimeSpan.Zero);
        lab.Far.Plane.Remove(new ChildSaId(2), TimeSpan.Zero);
        Assert.Equal(3, lab.Near.Ping(count: 3));
        Assert.Equal(3ul, Assert.Single(lab.Far.Status.Children).PacketsIn);
    }

    // Until the flow has moved on: nothing here depends on how long that takes.
    private static void Flowing(EchoFlow flow)
    {
        var goal = flow.Returned + 200;
        Assert.True(SpinWait.SpinUntil(() => flow.Returned >= goal, TimeSpan.FromSeconds(20)));
    }
}
