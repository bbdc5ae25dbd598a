using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Appliance.Tests.Storage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network.Files;

public sealed class NetworkInstallerTests
{
    private const string Full = """
        { "name": "wan0", "role": "wan", "pppoe": { "parent": "eth0", "user": "u", "secret": "dsl" } },
        { "name": "wan7", "role": "wan", "vlan": { "parent": "eth1", "id": 7 } },
        { "name": "lan0", "role": "lan", "ipv4": { "address": "10.10.0.1/24", "dhcpServer": true } }
        """;

    [Fact]
    public void What_is_wanted_is_written_once_and_its_daemons_are_told()
    {
        using var root = new StateFolder();
        var first = Install(root, Full);
        Assert.Equal(
            ["networkctl delete wan7", "networkctl reload", "systemctl --no-block restart edgevpn-pppoe@wan0.service", "systemctl --no-block restart edgevpn-dnsmasq.service"], Lines(first));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(root.Path, "run/edgevpn-network/pppoe/wan0")));
        Assert.True(File.GetUnixFileMode(Path.Combine(root.Path, "run/systemd/network/10-edgevpn-wan7.network")).HasFlag(UnixFileMode.OtherRead)); // networkd is not root
        var second = Install(root, Full);
        Assert.Empty(second.Done);
        Assert.Empty(second.Commands);
    }

    [Fact]
    public void What_is_no_longer_wanted_goes_and_others_files_stay()
    {
        using var root = new StateFolder();
        Install(root, Full);
        string[] others = ["run/systemd/network/20-mine.network", "run/systemd/network/10-edgevpn.network"];
        foreach (var file in others) File.WriteAllText(Path.Combine(root.Path, file), "");
        var gone = Install(root, "");
        Assert.Equal(
            ["networkctl delete wan7", "networkctl reload", "systemctl stop edgevpn-pppoe@wan0.service", "systemctl stop edgevpn-dnsmasq.service"], Lines(gone));
        var left = Directory.EnumerateFiles(root.Path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root.Path, file));
        Assert.Equal(others.Order(), left.Order());
    }

    [Fact]
    public void A_change_of_one_port_tells_only_who_is_concerned()
    {
        using var root = new StateFolder();
        Install(root, Full);
        Assert.Equal(["networkctl reload"], Lines(Install(root, Full.Replace("\"parent\": \"eth1\", \"id\": 7 }", "\"parent\": \"eth1\", \"id\": 7 }, \"ipv6\": { \"method\": \"auto\" }", StringComparison.Ordinal))));
        Assert.Contains("networkctl delete wan7", Lines(Install(root, Full.Replace("\"id\": 7", "\"id\": 8", StringComparison.Ordinal))));
    }

    private static InstalledNetwork Install(StateFolder root, string interfaces) => new NetworkInstaller(root.Path).Install(NetworkFiles.Of(NetworkFilesTests.Read(interfaces), []));

    private static IEnumerable<string> Lines(InstalledNetwork installed) => installed.Commands.Select(words => string.Join(' ', words));
}
