using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public class NftablesTests
{
    [Fact]
    public void A_ruleset_is_applied_listed_replaced_and_removed() => InNamespace(nft =>
    {
        nft.Apply(Wall("10.20.0.0/16").Commands);
        var listing = nft.ListTable("inet", "evltest")!;
        Assert.Single(listing, entry => entry!["rule"] is not null);
        Assert.Contains("10.20.0.0", listing.ToJsonString());
        Assert.Contains("oifname \"wan0\" ip daddr 10.20.0.0/16 counter packets 0 bytes 0 drop comment \"never in clear\"", Tool.Run("nft", "list", "ruleset"));
        nft.Apply(Wall("10.30.0.0/16").Commands);
        listing = nft.ListTable("inet", "evltest")!;
        Assert.Single(listing, entry => entry!["rule"] is not null);
        Assert.DoesNotContain("10.20.0.0", listing.ToJsonString());
        nft.Apply(NftCommands.Remove("inet", "evltest"));
        Assert.Null(nft.ListTable("inet", "evltest"));
        nft.Apply(NftCommands.Remove("inet", "evltest")); // absent already: no error
    });

    [Fact]
    public void A_document_with_one_bad_rule_changes_nothing_and_says_why() => InNamespace(nft =>
    {
        nft.Apply(Wall("10.20.0.0/16").Commands);
        var bad = Wall("10.30.0.0/16").Rule("nosuchchain", null, NftCommands.Verdict("drop"));
        var error = Assert.Throws<LinuxException>(() => nft.Apply(bad.Commands));
        Assert.Equal("nft_run_cmd_from_buffer", error.Call);
        Assert.Contains("No such file or directory", error.Message);
        Assert.Contains("10.20.0.0", nft.ListTable("inet", "evltest")!.ToJsonString());
        Assert.Throws<LinuxException>(() => nft.Apply([new JsonObject { ["frobnicate"] = new JsonObject() }]));
    });

    [Fact]
    public void A_drop_at_output_stops_the_packet() => InNamespace(nft =>
    {
        using var netlink = RouteNetlink.Open();
        netlink.Links.CreateVeth("wan0", "wan1");
        var index = netlink.Links.Get("wan0").Index;
        netlink.Links.SetUp(index);
        netlink.Links.SetUp(netlink.Links.Get("wan1").Index);
        netlink.Addresses.Add(index, IPAddress.Parse("192.0.2.1"), 24);
        netlink.Routes.Add(new Route { Destination = IPNetwork.Parse("10.20.0.0/16"), InterfaceIndex = index });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("10.20.0.1"), 9));
        nft.Apply(Wall("10.20.0.0/16").Commands);
        var refused = Assert.Throws<SocketException>(() => socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("10.20.0.1"), 9)));
        Assert.Equal(SocketError.AccessDenied, refused.SocketErrorCode);
    });

    private static NftCommands Wall(string prefix) => new NftCommands("inet", "evltest")
        .BaseChain("output", "filter", "output", 0)
        .Rule("output", "never in clear",
            NftCommands.Match(NftCommands.Meta("oifname"), "wan0"),
            NftCommands.Match(NftCommands.Payload("ip", "daddr"), NftCommands.Prefix(IPNetwork.Parse(prefix))),
            NftCommands.Counter(),
            NftCommands.Verdict("drop"));

    private static void InNamespace(Action<Nftables> action)
    {
        Laboratory.SkipUnlessRoot();
        if (!Nftables.IsPresent) Assert.Skip("libnftables is not installed");
        using var space = NetworkNamespace.Create();
        space.Run(() =>
        {
            using var nft = new Nftables();
            action(nft);
        });
    }
}
