using System.Text.Json.Nodes;
using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Appliance.Tests.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network.Files;

public sealed class NetworkFilesTests
{
    private const string Dhcp = """{ "name": "wan0", "role": "wan", "ipv4": { "method": "dhcp" } }""";
    private const string Lan = """{ "name": "lan0", "role": "lan", "ipv4": { "method": "static", "address": "10.10.0.1/24", "dhcpServer": true } }""";
    private const string Static = """{ "name": "wan0", "role": "wan", "ipv4": { "method": "static", "address": "192.0.2.2/24", "gateway": "192.0.2.1", "dns": ["192.0.2.53", "198.51.100.53"] } }""";

    /// <summary>Whole files, as the daemons get them.</summary>
    private static readonly (string Interfaces, string Path, string Text)[] s_golden =
    [
        (
            Dhcp, "run/systemd/network/10-edgevpn-wan0.network", """
            # Made by edgevpn from its configuration: change that, not this.

            [Match]
            Name=wan0

            [Network]
            DHCP=ipv4
            IPv6AcceptRA=no
            LinkLocalAddressing=no
            LLDP=no
            LLMNR=no
            MulticastDNS=no

            [DHCPv4]
            RouteMetric=1045
            UseGateway=yes
            UseDNS=yes
            UseHostname=no
            SendHostname=no

            """
        ),
        (
            Static, "run/systemd/network/10-edgevpn-wan0.network", """
            # Made by edgevpn from its configuration: change that, not this.

            [Match]
            Name=wan0

            [Link]
            Unmanaged=yes

            """
        ),
        (
            Static, "run/systemd/resolved.conf.d/edgevpn.conf", """
            # Made by edgevpn from its configuration: change that, not this.

            [Resolve]
            DNS=192.0.2.53 198.51.100.53

            """
        ),
        (
            """{ "name": "wan7", "role": "wan", "mtu": 1496, "vlan": { "parent": "eth0", "id": 7 }, "ipv6": { "method": "auto" } }""", "run/systemd/network/10-edgevpn-wan7.netdev", """
            # Made by edgevpn from its configuration: change that, not this.

            [NetDev]
            Name=wan7
            Kind=vlan
            MTUBytes=1496

            [VLAN]
            Id=7

            """
        ),
        (
            """{ "name": "wan7", "role": "wan", "vlan": { "parent": "eth0", "id": 7 } }""", "run/systemd/network/10-edgevpn-eth0.network", """
            # Made by edgevpn from its configuration: change that, not this.

            [Match]
            Name=eth0

            [Network]
            DHCP=no
            IPv6AcceptRA=no
            LinkLocalAddressing=no
            VLAN=wan7
            LLDP=no

            """
        ),
        (
            """{ "name": "eth0", "role": "wan", "ipv4": { "address": "192.0.2.2/24" } }, { "name": "wan7", "role": "wan", "vlan": { "parent": "eth0", "id": 7 } }""", "run/systemd/network/10-edgevpn-eth0.network", """
            # Made by edgevpn from its configuration: change that, not this.

            [Match]
            Name=eth0

            [Network]
            DHCP=no
            IPv6AcceptRA=no
            LinkLocalAddressing=no
            KeepConfiguration=yes
            VLAN=wan7
            LLDP=no
            LLMNR=no
            MulticastDNS=no

            """
        ),
        (
            """{ "name": "wan0", "role": "wan", "ipv4": { "method": "dhcp", "dns": ["192.0.2.53"] }, "ipv6": { "method": "dhcp" } }""", "run/systemd/network/10-edgevpn-wan0.network", """
            # Made by edgevpn from its configuration: change that, not this.

            [Match]
            Name=wan0

            [Network]
            DHCP=yes
            IPv6AcceptRA=yes
            LinkLocalAddressing=ipv6
            DNS=192.0.2.53
            LLDP=no
            LLMNR=no
            MulticastDNS=no

            [DHCPv4]
            RouteMetric=1045
            UseGateway=yes
            UseDNS=no
            UseHostname=no
            SendHostname=no

            [IPv6AcceptRA]
            RouteMetric=1045
            UseDNS=yes

            [DHCPv6]
            WithoutRA=solicit
            UseDNS=yes

            """
        ),
        (
            $"{Static}, {Lan}", "run/edgevpn-network/dnsmasq.conf", """
            # Made by edgevpn from its configuration: change that, not this.
            bind-dynamic
            except-interface=lo
            no-hosts
            domain-needed
            bogus-priv
            cache-size=1000
            no-resolv
            server=192.0.2.53
            server=198.51.100.53
            servers-file=/run/edgevpn-network/dnsmasq.servers
            dhcp-leasefile=/run/edgevpn-network/dnsmasq.leases
            dhcp-authoritative

            interface=lan0
            dhcp-range=set:lan0,10.10.0.1,10.10.0.254,255.255.255.0,43200
            dhcp-option=tag:lan0,option:router,10.10.0.1
            dhcp-option=tag:lan0,option:dns-server,10.10.0.1

            """
        ),
        (
            """
            { "name": "wan0", "role": "wan", "pppoe": { "parent": "eth0", "user": "branch@isp.example", "secret": "dsl", "service": "home" } }
            """, "run/edgevpn-network/pppoe/wan0", """
            # Made by edgevpn from its configuration: change that, not this.
            plugin pppoe.so
            rp_pppoe_service "home"
            nic-eth0
            ifname wan0
            user "branch@isp.example"
            password "pass word'#1"
            hide-password
            noauth
            noipdefault
            nodefaultroute
            usepeerdns
            noipv6
            mtu 1492
            mru 1492
            lcp-echo-interval 10
            lcp-echo-failure 3
            ip-up-script /usr/lib/edgevpn/session-up
            nodetach

            """
        ),
        (
            """
            { "name": "wan0", "role": "wan", "mtu": 1480, "ipv4": { "dns": ["192.0.2.53"] }, "ipv6": { "method": "auto" }, "pppoe": { "parent": "eth0", "user": "u", "secret": "dsl" } }
            """, "run/edgevpn-network/pppoe/wan0", """
            # Made by edgevpn from its configuration: change that, not this.
            plugin pppoe.so
            nic-eth0
            ifname wan0
            user "u"
            password "pass word'#1"
            hide-password
            noauth
            noipdefault
            nodefaultroute
            +ipv6
            mtu 1480
            mru 1480
            lcp-echo-interval 10
            lcp-echo-failure 3
            ip-up-script /usr/lib/edgevpn/session-up
            nodetach

            """
        ),
        (
            """{ "name": "wwan0", "role": "wan", "ipv6": { "method": "auto" }, "lte": { "apn": "internet.example", "user": "u", "secret": "dsl", "pin": "sim" } }""", "run/edgevpn-network/lte/wwan0",
            "apn=internet.example,ip-type=ipv4v6,user=\"u\",password=\"pass word'#1\",pin=1234\n"
        ),
    ];

    public static TheoryData<string, string, string> Golden
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var (interfaces, path, text) in s_golden) rows.Add(interfaces, path, text);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void A_configuration_becomes_exactly_this_file(string interfaces, string path, string text)
    {
        var files = NetworkFiles.Of(Read(interfaces), []);
        var file = Assert.Single(files, f => f.Path == path);
        Assert.Equal(text, file.Text);
        Assert.Equal(text.Contains("pass word", StringComparison.Ordinal), file.IsSecret);
        Assert.DoesNotContain("pass word", file.Shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_file_lies_in_our_own_places_under_our_own_names()
    {
        foreach (var (interfaces, _, _) in s_golden)
            Assert.All(NetworkFiles.Of(Read(interfaces), []), file => Assert.Matches("^run/(systemd/network/10-edgevpn-|systemd/resolved.conf.d/edgevpn.conf$|edgevpn-network/)", file.Path));
    }

    [Fact]
    public void A_box_that_manages_no_interface_asks_for_no_file() => Assert.Empty(NetworkFiles.Of(Read(""), []));

    [Fact]
    public void The_second_WANs_routes_are_worse_than_the_firsts()
    {
        var files = NetworkFiles.Of(Read($$"""{{Dhcp}}, { "name": "wan1", "role": "wan" }"""), []);
        Assert.Contains("RouteMetric=1046", Assert.Single(files, f => f.Path.EndsWith("wan1.network", StringComparison.Ordinal)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_and_a_lease_that_are_written_are_kept()
    {
        var range = Lan.Replace("true }", "true, \"dhcpRange\": { \"first\": \"10.10.0.100\", \"last\": \"10.10.0.199\", \"lease\": \"01:00:00\" } }", StringComparison.Ordinal);
        var text = Assert.Single(NetworkFiles.Of(Read($"{Dhcp}, {range}"), []), f => f.Path == NetworkPlaces.Dnsmasq).Text;
        Assert.Contains("dhcp-range=set:lan0,10.10.0.100,10.10.0.199,255.255.255.0,3600\n", text, StringComparison.Ordinal);
        Assert.Contains("resolv-file=/run/systemd/resolve/resolv.conf\n", text, StringComparison.Ordinal); // nobody wrote a name server
    }

    /// <summary>What the daemon hands to a helper with more rights makes the same files, and tells it nothing else.</summary>
    [Fact]
    public void What_is_handed_over_makes_the_same_files_and_holds_no_tunnels_secret()
    {
        foreach (var (interfaces, _, _) in s_golden)
        {
            var configuration = Read(interfaces);
            var handed = ConfigurationWriter.WriteForStorage(NetworkFiles.Needed(configuration));
            Assert.DoesNotContain("Zq81Lkd72Mnb39Xc5TgY", System.Text.Encoding.UTF8.GetString(handed), StringComparison.Ordinal);
            Assert.Equal(NetworkFiles.Of(configuration, []), NetworkFiles.Of(ConfigurationReader.Read(handed, DocumentBounds.File).Configuration!, []));
        }
    }

    /// <summary>What providers print on their letters: every one of these would otherwise end a word, a comment or an option.</summary>
    [Theory]
    [InlineData("a\"b", "\"a\\\"b\"", "'a\"b'")]
    [InlineData("a\\nb", "\"a\\\\nb\"", "\"a\\nb\"")]
    [InlineData("a,pin=1 b", "\"a,pin=1 b\"", "\"a,pin=1 b\"")]
    [InlineData("#it's", "\"#it's\"", "\"#it's\"")]
    [InlineData("grüße$(x)", "\"grüße$(x)\"", "\"grüße$(x)\"")]
    public void A_password_is_quoted_as_pppd_and_mmcli_unquote_it(string password, string ofPppd, string ofMmcli)
    {
        var secret = System.Text.Json.JsonSerializer.Serialize(password);
        var configuration = ConfigurationReader.Read($$"""
            {
              "schema": 1, "secrets": { "p": { "password": {{secret}} } },
              "interfaces": [
                { "name": "dsl0", "role": "wan", "pppoe": { "parent": "eth0", "user": {{secret}}, "secret": "p", "service": {{secret}} } },
                { "name": "wwan0", "role": "wan", "lte": { "apn": "a", "user": {{secret}}, "secret": "p" } }
              ]
            }
            """);
        Assert.True(configuration.IsValid, string.Join('\n', configuration.Errors));
        var files = NetworkFiles.Of(configuration.Configuration!, []).ToDictionary(static file => file.Path, static file => file.Text);
        Assert.Contains($"rp_pppoe_service {ofPppd}\nnic-eth0\nifname dsl0\nuser {ofPppd}\npassword {ofPppd}\n", files["run/edgevpn-network/pppoe/dsl0"], StringComparison.Ordinal);
        Assert.Equal($"apn=a,ip-type=ipv4,user={ofMmcli},password={ofMmcli}\n", files["run/edgevpn-network/lte/wwan0"]);
    }

    [Fact]
    public void The_daemon_hands_over_what_changed_and_only_that()
    {
        using var folder = new StateFolder();
        var handover = new NetworkHandover(folder.Path);
        Assert.Null(handover.Tell(Read(Dhcp)));
        var file = Path.Combine(folder.Path, NetworkHandover.FileName);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        File.Delete(file);
        Assert.Null(handover.Tell(Read(Dhcp)));
        Assert.False(File.Exists(file));
        Assert.Null(handover.Tell(Read(Static)));
        Assert.Equal("static", (string)JsonNode.Parse(File.ReadAllText(file))!["interfaces"]![0]!["ipv4"]!["method"]!);
        Assert.NotNull(new NetworkHandover(Path.Combine(folder.Path, "nowhere")).Tell(Read(Dhcp)));
        Assert.Null(new NetworkHandover(null).Tell(Read(Dhcp)));
    }

    internal static BoxConfig Read(string interfaces)
    {
        var result = ConfigurationReader.Read($$"""
            { "schema": 1, "interfaces": [ {{interfaces}} ], "secrets": { "dsl": { "password": "pass word'#1" }, "sim": { "password": "1234" }, "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } } }
            """);
        Assert.True(result.IsValid, string.Join('\n', result.Errors));
        return result.Configuration!;
    }
}
