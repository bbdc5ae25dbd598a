using EdgeVpn.Linux;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public sealed class EthtoolTests
{
    [Fact]
    public void Loopback_joins_and_cuts_packets_in_software_as_on_every_kernel()
    {
        var offloads = Ethtool.Offloads("lo");
        Assert.Contains("gro", offloads);
        Assert.Contains("gso", offloads);
        Assert.DoesNotContain("lro", offloads);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no-such-port0")]
    [InlineData("a-name-that-is-too-long-for-a-port")]
    public void A_port_that_is_not_there_has_none(string name) => Assert.Empty(Ethtool.Offloads(name));
}
