using EdgeVpn.Appliance.Control;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Control;

public class OffloadNewsTests
{
    [Fact]
    public void What_was_agreed_is_said_once_and_what_was_refused_in_use_once_more()
    {
        var news = new OffloadNews();
        Assert.Equal(["offloads: udp4: gso gro", "offloads: udp6: gso gro"], news.Of(["udp4: gso gro", "udp6: gso gro"]));
        Assert.Equal(["offloads: tun: csum tso4"], news.Of(["tun: csum tso4", "udp4: gso gro", "udp6: gso gro"]));
        Assert.Empty(news.Of(["udp4: gso gro", "udp6: gso gro"])); // the last tunnel was closed
        Assert.Empty(news.Of(["tun: csum tso4", "udp4: gso gro", "udp6: gso gro"]));
        Assert.Equal(["an offload was refused in use and is done without: udp4: gro"], news.Of(["tun: csum tso4", "udp4: gro", "udp6: gso gro"]));
        Assert.Empty(news.Of(["tun: csum tso4", "udp4: gro", "udp6: gso gro"]));
    }
}
