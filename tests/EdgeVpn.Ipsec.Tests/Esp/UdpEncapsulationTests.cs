using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Tests.Crypto;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class UdpEncapsulationTests
{
    [Theory]
    [InlineData("", UdpContent.Invalid)]
    [InlineData("ff", UdpContent.Keepalive)]
    [InlineData("00", UdpContent.Invalid)]
    [InlineData("ffff", UdpContent.Invalid)]
    [InlineData("000000", UdpContent.Invalid)]
    [InlineData("00000000", UdpContent.Invalid)] // a marker and nothing behind it
    [InlineData("00000000 2a", UdpContent.Ike)]
    [InlineData("00000001 00000001", UdpContent.Invalid)] // an ESP header and nothing behind it
    [InlineData("00000001 00000001 00", UdpContent.Esp)]
    [InlineData("ffffffff 00000001 00", UdpContent.Esp)]
    public void Ike_esp_and_keepalives_are_told_apart(string datagram, UdpContent expected) =>
        Assert.Equal(expected, UdpEncapsulation.Classify(Hex.Octets(datagram)));

    [Fact]
    public void Our_keepalive_is_one() => Assert.Equal(UdpContent.Keepalive, UdpEncapsulation.Classify(UdpEncapsulation.Keepalive));
}
