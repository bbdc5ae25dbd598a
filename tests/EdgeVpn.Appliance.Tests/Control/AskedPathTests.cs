using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Control;

public class AskedPathTests
{
    [Fact]
    public void Another_WAN_peer_size_or_tunnel_is_asked_again_and_a_NAT_s_new_port_is_not()
    {
        var view = Assert.Single(Moment.ByDigits[49]().Connections);
        var asked = AskedPath.Of(view, null);
        Assert.Equal(asked, AskedPath.Of(view, asked));
        Assert.Equal(asked, AskedPath.Of(Over("192.0.2.5:4500", "203.0.113.2:61234"), asked));
        Assert.NotEqual(asked, AskedPath.Of(Over("198.51.100.7:4500", "203.0.113.2:4500"), asked));
        Assert.NotEqual(asked, AskedPath.Of(Over("192.0.2.5:4500", "203.0.113.3:4500"), asked));
        Assert.NotEqual(asked, AskedPath.Of(view with { FullMtu = view.FullMtu - 8 }, asked));
        Assert.NotEqual(asked, AskedPath.Of(view with { Since = view.Since + TimeSpan.FromSeconds(1) }, asked));
        Assert.Equal(asked, AskedPath.Of(view with { IkeSas = [] }, asked)); // between two child SAs

        ConnectionView Over(string local, string remote) =>
            view with { IkeSas = [.. view.IkeSas.Select(sa => sa with { Path = new Path(IpEndpoint.Parse(local), IpEndpoint.Parse(remote)) })] };
    }
}
