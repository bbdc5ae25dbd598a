using System.Net;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Control;

public sealed class NatKeepalivesTests
{
    private readonly List<Path> _sent = [];
    private readonly NatKeepalives _keepalives;

    public NatKeepalivesTests() => _keepalives = new NatKeepalives(_sent.Add);

    [Fact]
    public void A_NAT_before_us_gets_an_octet_every_twenty_seconds()
    {
        Play(seconds: 61, Sa(NatSituation.Local, 4500));
        Assert.Equal(3, _sent.Count);
        Assert.All(_sent, path => Assert.Equal(4500, path.Remote.Port));
    }

    [Fact]
    public void A_peer_behind_a_NAT_keeps_its_mapping_itself()
    {
        Play(seconds: 61, Sa(NatSituation.Remote, 4500), Sa(NatSituation.None, 500));
        Assert.Empty(_sent);
    }

    [Fact]
    public void Two_SAs_on_one_path_need_one_octet()
    {
        Play(seconds: 21, Sa(NatSituation.Local, 4500), Sa(NatSituation.Local | NatSituation.Remote, 4500));
        Assert.Single(_sent);
    }

    [Fact]
    public void A_path_that_nobody_uses_any_more_is_left_alone()
    {
        Play(seconds: 21, Sa(NatSituation.Local, 4500));
        Play(seconds: 61);
        Assert.Single(_sent);
    }

    private void Play(int seconds, params IkeSaStatus[] sas)
    {
        for (var at = TimeSpan.Zero; at <= TimeSpan.FromSeconds(seconds); at += TimeSpan.FromMilliseconds(500))
            _keepalives.Tick(sas, Instant.Zero + at);
    }

    private static IkeSaStatus Sa(NatSituation nat, ushort port) => new(
        new IkeSaId(1), "hub", "Established", true, 1, 2,
        new Path(Endpoint("192.0.2.2", port), Endpoint("203.0.113.2", port)), nat, null, null, []);

    private static IpEndpoint Endpoint(string address, ushort port) => new(IpAddress.From(IPAddress.Parse(address)), port);
}
