using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Appliance.Tests.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network.Files;

public sealed class TunnelNamesTests
{
    private const string Lan = """{ "name": "lan0", "role": "lan", "ipv4": { "address": "10.10.0.1/24", "dhcpServer": true } }""";

    private static readonly TunnelNames s_hub = new("hub", ["10.20.0.53@10.99.0.1", "fd10:20::53@fd10:99::1"], ["corp.example", "lab.example"]);

    [Fact]
    public void Names_of_a_tunnel_are_lines_of_a_file_that_a_hangup_makes_dnsmasq_read_again()
    {
        using var root = new StateFolder();
        Install(root, Lan);
        Assert.Equal(["systemctl reload edgevpn-dnsmasq.service"], Install(root, Lan, s_hub));
        Assert.Equal(
            "# Made by edgevpn from its configuration: change that, not this.\n"
            + "server=/corp.example/lab.example/10.20.0.53@10.99.0.1\nserver=/corp.example/lab.example/fd10:20::53@fd10:99::1\n",
            File.ReadAllText(Path.Combine(root.Path, NetworkPlaces.DnsmasqServers)));
        Assert.Empty(Install(root, Lan, s_hub));
        Assert.Equal(["systemctl reload edgevpn-dnsmasq.service"], Install(root, Lan));
        Assert.Contains("systemctl stop edgevpn-dnsmasq.service", Install(root, ""));
        Assert.False(File.Exists(Path.Combine(root.Path, NetworkPlaces.DnsmasqServers)));
    }

    [Fact]
    public void Without_a_resolver_of_ours_nothing_is_written()
    {
        using var root = new StateFolder();
        Assert.DoesNotContain(Install(root, Lan.Replace("true", "false", StringComparison.Ordinal), s_hub), static line => line.Contains("dnsmasq", StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(root.Path, NetworkPlaces.DnsmasqServers)));
    }

    /// <summary>The daemon may be somebody else's by now: its helper writes nothing but addresses and names.</summary>
    [Theory]
    [InlineData("10.20.0.53@10.99.0.1", "corp.example\nconf-script=/tmp/x")]
    [InlineData("10.20.0.53@10.99.0.1", "corp.example/#")]
    [InlineData("10.20.0.53@10.99.0.1", "")]
    [InlineData("10.20.0.53@10.99.0.1", "..")]
    [InlineData("10.20.0.53\nlog-facility=/etc/x@10.99.0.1", "corp.example")]
    [InlineData("10.20.0.53", "corp.example")]
    public void What_is_no_address_or_domain_is_left_out(string server, string domain)
    {
        using var root = new StateFolder();
        Install(root, Lan, new TunnelNames("hub", [server], [domain]));
        Assert.DoesNotContain("server=", File.ReadAllText(Path.Combine(root.Path, NetworkPlaces.DnsmasqServers)), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_go_over_when_they_change_and_come_back_as_they_were()
    {
        using var folder = new StateFolder();
        var handover = new NetworkHandover(folder.Path);
        var file = Path.Combine(folder.Path, NetworkHandover.NamesFileName);
        var beside = Path.Combine(folder.Path, NetworkHandover.FileName);
        Assert.Null(handover.Tell([]));
        Assert.False(File.Exists(file)); // most boxes never have any
        Assert.Null(handover.Tell([s_hub]));
        var back = Assert.Single(NetworkHandover.NamesBeside(beside));
        Assert.Equal(s_hub.Lines(), back.Lines());
        var written = File.GetLastWriteTimeUtc(file);
        Assert.Null(handover.Tell([s_hub]));
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        Assert.Null(handover.Tell([]));
        Assert.Empty(NetworkHandover.NamesBeside(beside));
        File.WriteAllText(file, "{ no");
        Assert.Empty(NetworkHandover.NamesBeside(beside));
        Assert.Null(new NetworkHandover(null).Tell([s_hub]));
    }

    private static IReadOnlyList<string> Install(StateFolder root, string interfaces, params TunnelNames[] names)
    {
        var done = new NetworkInstaller(root.Path).Install(NetworkFiles.Of(NetworkFilesTests.Read(interfaces), [.. names]));
        return [.. done.Commands.Select(static words => string.Join(' ', words)).Where(static line => !line.Contains("restart", StringComparison.Ordinal))];
    }
}
