using System.Collections.Immutable;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Appliance.Tests.Network;
using EdgeVpn.Appliance.Tests.Network.Files;
using EdgeVpn.Model.Reasons;
using Xunit;
using InterfaceCounters = EdgeVpn.Appliance.Local.InterfaceCounters;
using InterfaceStatus = EdgeVpn.Appliance.Local.InterfaceStatus;

namespace EdgeVpn.Appliance.Tests.Control;

public sealed class InterfacesOfTests
{
    private const string Session = """{ "name": "dsl0", "role": "wan", "pppoe": { "parent": "eth0", "user": "u", "secret": "dsl" } }""";
    private const string Tagged = """{ "name": "net7", "role": "wan", "vlan": { "parent": "eth0", "id": 7 } }""";

    private static readonly InterfaceFacts s_port = Plans.Link(2, "eth0", InterfaceUse.Other);
    private static readonly InterfaceFacts s_unplugged = s_port with { HasCarrier = false };
    private static readonly InterfaceFacts s_session = Plans.Link(9, "dsl0", InterfaceUse.Wan, "100.64.7.2/32", mtu: 1492);

    public static TheoryData<string, string, bool, string?> Troubles => new()
    {
        { Session, "no port", false, "interface-missing" },
        { Session, "unplugged", false, "no-carrier" },
        { Session, "plugged", false, "no-address" },
        { Session, "plugged", true, "session-refused" },
        { Session, "trying", true, "session-refused" }, // the interface is there for every try
        { Session, "stands", false, null },
        { Tagged, "no port", false, "interface-missing" },
        { Tagged, "unplugged", false, "no-carrier" },
        { Tagged, "plugged", false, "no-address" },
        { $$"""{ "name": "dsl0", "role": "wan", "pppoe": { "parent": "net7", "user": "u", "secret": "dsl" } }, {{Tagged.Replace("wan", "lan", StringComparison.Ordinal).Replace("} }", "}, \"ipv4\": { \"method\": \"none\" } }", StringComparison.Ordinal)}}""", "plugged", true, "session-refused" },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    public void What_is_wrong_with_a_way_out_is_told_by_its_port_and_by_its_session(string interfaces, string machine, bool refused, string? trouble)
    {
        ImmutableArray<InterfaceFacts> links = machine switch
        {
            "no port" => [],
            "unplugged" => [s_unplugged],
            "plugged" => [s_port],
            "trying" => [s_port, s_session with { HasCarrier = false, Addresses = [] }],
            _ => [s_port, s_session],
        };
        var statuses = InterfacesOf.Statuses(NetworkFilesTests.Read(interfaces), new NetworkFacts(links), static _ => null, _ => refused);
        Assert.Equal(trouble, WayOut.Trouble(Moment.Of(ConnectionState.Waiting, ReasonCode.PeerUnreachable) with { Interfaces = statuses }, answers: false)?.Reason.Name);
        Assert.All(statuses, status => Assert.True(status.Name == "dsl0" || !status.Refused));
    }

    /// <summary>Whether the session stands or not, and while the kernel still takes it for an Ethernet: its tunnels' size is the same.</summary>
    [Theory]
    [InlineData(null, 1492)]
    [InlineData(1500, 1492)]
    [InlineData(1492, 1492)]
    [InlineData(1454, 1454)] // the provider's end takes no more
    public void A_session_counts_with_the_size_it_will_have(int? now, int counted)
    {
        ImmutableArray<InterfaceFacts> links = now is { } mtu ? [s_port, s_session with { Mtu = mtu }] : [s_port];
        Assert.Equal(counted, InterfacesOf.OuterMtu(NetworkFilesTests.Read(Session), new NetworkFacts(links)));
    }

    [Fact]
    public void Counters_and_what_the_driver_says_are_added_for_whoever_reads_and_not_for_a_port_that_is_missing()
    {
        var facts = new NetworkFacts([new InterfaceFacts { Index = 1, Name = "lo", HasCarrier = true, Counters = new(1, 2, 3, 4, 5, 6, 7, 8) }]);
        var measured = InterfacesOf.Measured([new InterfaceStatus { Name = "lo", State = "up", Carrier = true }, new InterfaceStatus { Name = "gone0", State = InterfaceStatus.Missing }], facts);
        Assert.Equal(new InterfaceCounters(PacketsIn: 1, PacketsOut: 2, OctetsIn: 3, OctetsOut: 4, ErrorsIn: 5, ErrorsOut: 6, DropsIn: 7, DropsOut: 8), measured[0].Counters);
        Assert.Contains("gro", measured[0].Offloads);
        Assert.Equal((null, 0), (measured[1].Counters, measured[1].Offloads.Length));
    }

    [Fact]
    public void A_box_whose_network_is_the_machines_own_goes_by_its_default_routes()
    {
        Assert.Equal(1500, InterfacesOf.OuterMtu(NetworkFilesTests.Read(""), NetworkFacts.Nothing));
        Assert.Equal(1400, InterfacesOf.OuterMtu(NetworkFilesTests.Read(""), new NetworkFacts([Plans.Link(2, "eth0", InterfaceUse.Other, "192.0.2.2/24", "192.0.2.1", mtu: 1400)])));
    }
}
