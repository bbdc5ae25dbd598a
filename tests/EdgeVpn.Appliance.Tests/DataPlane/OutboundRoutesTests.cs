using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.DataPlane;

public sealed class OutboundRoutesTests : IDisposable
{
    private readonly Tunnel _tunnel = new("none");
    private readonly List<Child> _children = [];
    private long _uses;

    [Fact]
    public void A_child_that_is_not_used_yet_carries_nothing()
    {
        Make(1, "0.0.0.0/0", isUsed: false);
        Assert.Null(Route("10.2.0.1"));
    }

    [Fact]
    public void The_newest_of_equals_carries_and_the_older_comes_back_when_it_is_removed()
    {
        Make(1, "0.0.0.0/0");
        var newer = Make(2, "0.0.0.0/0");
        Assert.Equal(2, Route("10.2.0.1"));
        newer.IsRemoved = true;
        Assert.Equal(1, Route("10.2.0.1"));
    }

    [Fact]
    public void A_replaced_child_carries_nothing_even_where_it_was_more_specific()
    {
        Make(1, "10.2.0.0/24");
        Make(2, "10.2.0.0/16", replaces: 1);
        Assert.Equal(2, Route("10.2.0.1"));
    }

    [Fact]
    public void A_chain_of_replacements_ends_at_its_newest_and_falls_back_one_by_one()
    {
        Make(1, "10.2.0.0/24");
        Make(2, "10.2.0.0/25", replaces: 1);
        var last = Make(3, "10.2.0.0/26", replaces: 2);
        Assert.Equal(3, Route("10.2.0.1"));
        last.IsRemoved = true;
        Assert.Equal(2, Route("10.2.0.1"));
    }

    [Fact]
    public void Children_of_other_networks_live_side_by_side_and_the_narrower_wins()
    {
        Make(1, "10.2.0.0/16");
        Make(2, "10.3.0.0/16");
        Make(3, "10.2.7.0/24");
        Assert.Equal(1, Route("10.2.0.1"));
        Assert.Equal(2, Route("10.3.0.1"));
        Assert.Equal(3, Route("10.2.7.1"));
        Assert.Null(Route("10.4.0.1"));
    }

    [Fact]
    public void A_newer_child_that_covers_an_older_hides_it()
    {
        Make(1, "10.2.7.0/24");
        Make(2, "0.0.0.0/0");
        Assert.Equal(2, Route("10.2.7.1"));
    }

    [Fact]
    public void An_exhausted_child_carries_nothing()
    {
        Make(1, "0.0.0.0/0").IsExhausted = true;
        Assert.Null(Route("10.2.0.1"));
    }

    [Fact]
    public void A_selector_of_one_protocol_does_not_cover_one_of_all()
    {
        var all = TrafficSelector.AnyIPv4;
        var tcp = all with { IpProtocol = 6 };
        var web = tcp with { StartPort = 443, EndPort = 443 };
        var opaque = tcp with { StartPort = ushort.MaxValue, EndPort = 0 };
        Assert.True(OutboundRoutes.Covers(Both(all), Both(tcp)));
        Assert.True(OutboundRoutes.Covers(Both(tcp), Both(web)));
        Assert.True(OutboundRoutes.Covers(Both(tcp), Both(opaque)));
        Assert.True(OutboundRoutes.Covers(Both(opaque), Both(opaque)));
        Assert.False(OutboundRoutes.Covers(Both(tcp), Both(all)));
        Assert.False(OutboundRoutes.Covers(Both(web), Both(tcp)));
        Assert.False(OutboundRoutes.Covers(Both(web), Both(opaque)));
        Assert.False(OutboundRoutes.Covers(Both(all), Both(TrafficSelector.AnyIPv6)));
    }

    public void Dispose()
    {
        foreach (var child in _children) child.Dispose();
    }

    private static EspSelectors Both(TrafficSelector selector) => new([selector], [selector]);

    private Child Make(int id, string remote, int? replaces = null, bool isUsed = true)
    {
        var suite = TunnelLab.Gcm;
        using var key = new Secret(new byte[suite.EncryptionKeyOctets]);
        using var none = new Secret(0);
        var sa = new EspSaParameters((uint)(256 + id), suite, key, none, ExtendedSequenceNumbers: false, ReplayWindow: 64);
        var network = IPNetwork.Parse(remote);
        var first = IpAddress.From(network.BaseAddress);
        var last = new IpAddress(first.Value + (UInt128.One << (32 - network.PrefixLength)) - 1, IsIPv6: false);
        var selector = TrafficSelector.AnyIPv4 with { Start = first, End = last };
        var selectors = new EspSelectors([TrafficSelector.AnyIPv4], [selector]);
        var install = new IkeOutput.InstallChildSa(
            new ChildSaId(id), new IkeSaId(1), "lab", sa, sa, selectors.Local, selectors.Remote,
            new Path(IpEndpoint.Parse("192.0.2.1:4500"), IpEndpoint.Parse("192.0.2.2:4500")), UdpEncapsulated: true,
            replaces is { } old ? new ChildSaId(old) : null, UseOutbound: true);
        var factory = EspSaFactory.Default;
        var child = new Child(
            install, _tunnel, selectors, new InboundSa(factory.Inbound(sa, selectors), _tunnel), factory.Outbound(sa, new KernelEntropy()), LifetimeLimits.Unlimited, new ConnectionRate(), new PeerShare())
        {
            UsedSince = isUsed ? ++_uses : 0,
        };
        _children.Add(child);
        return child;
    }

    private long? Route(string destination)
    {
        var packet = new byte[20];
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), 20);
        IPAddress.Parse("10.1.0.1").TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Parse(destination).TryWriteBytes(packet.AsSpan(16), out _);
        Assert.True(InnerPacket.TryParse(packet, out var inner));
        return OutboundRoutes.Of(_children).Find(inner)?.Id.Value;
    }
}
