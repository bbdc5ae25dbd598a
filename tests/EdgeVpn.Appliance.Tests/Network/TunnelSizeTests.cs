using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network;

public class TunnelSizeTests
{
    private static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
    private static readonly EspSuite Cbc = new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128);

    /// <summary>The table of packet sizes towards an Azure gateway: WAN MTU; GCM, GCM in UDP, CBC-SHA256, CBC-SHA256 in UDP.</summary>
    [Theory]
    [InlineData(1500, 1446, 1438, 1438, 1422)]
    [InlineData(1492, 1438, 1430, 1422, 1422)]
    [InlineData(1460, 1406, 1398, 1390, 1390)]
    [InlineData(1400, 1346, 1338, 1326, 1326)]
    public void Suite_WAN_and_encapsulation_give_the_MTU(int wan, int gcm, int gcmInUdp, int cbc, int cbcInUdp)
    {
        Assert.Equal(gcm, TunnelSize.For(Gcm, wan, ipv6Outer: false, udpEncapsulated: false).Mtu);
        Assert.Equal(gcmInUdp, TunnelSize.For(Gcm, wan, ipv6Outer: false, udpEncapsulated: true).Mtu);
        Assert.Equal(cbc, TunnelSize.For(Cbc, wan, ipv6Outer: false, udpEncapsulated: false).Mtu);
        Assert.Equal(cbcInUdp, TunnelSize.For(Cbc, wan, ipv6Outer: false, udpEncapsulated: true).Mtu);
    }

    [Fact]
    public void A_segment_leaves_room_for_the_headers_of_its_family()
    {
        Assert.Equal(1382, new TunnelSize(1422).Mss(AddressFamily.InterNetwork));
        Assert.Equal(1362, new TunnelSize(1422).Mss(AddressFamily.InterNetworkV6));
    }

    [Fact]
    public void Before_negotiation_the_smallest_of_the_offer_counts()
    {
        var offer = ProposalParser.ParseAll(["aes256gcm16", "aes128-aes256-sha1-sha256"], ProposalUse.Esp);
        var suites = ProposalTranslator.ToWire(offer).SelectMany(TunnelSize.SuitesOf).ToList();
        Assert.Equal(5, suites.Count); // one AEAD; two ciphers by two integrity algorithms
        Assert.Equal(1422, TunnelSize.ForAny(suites, 1500, ipv6Outer: false, udpEncapsulated: true).Mtu);
        Assert.Equal(1280, TunnelSize.ForAny([], 1500, ipv6Outer: false, udpEncapsulated: true).Mtu);
    }

    [Fact]
    public void A_path_too_small_for_IPv4_does_not_make_a_smaller_tunnel() => Assert.Equal(576, TunnelSize.For(Cbc, 300, ipv6Outer: false, udpEncapsulated: true).Mtu);
}
