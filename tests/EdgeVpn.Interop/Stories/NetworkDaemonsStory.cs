using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>The files that our configuration asks for, given to the daemons that read them: systemd-networkd and dnsmasq, each run by itself.</summary>
[Trait("story", "network")]
public sealed class NetworkDaemonsStory
{
    private const string Name = "intranet.example", NameAddress = "10.20.0.80";

    [Fact]
    public async Task The_WAN_gets_its_address_from_the_provider_and_the_LANs_hosts_get_theirs_and_names_from_the_box()
    {
        Requires.NetworkDaemons();
        await using var lab = await Story.BeginAsync("network-daemons");
        // The provider gives the one address that the gateway knows, and answers names; the branch's host has none of its own.
        await lab.RunAsync(Node.Box, ["ip", "addr", "flush", "dev", "wan0"]);
        await lab.RunAsync(Node.BranchLan, ["ip", "addr", "flush", "dev", "eth0"]);
        lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "provider",
            Command =
            [
                "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--interface=wb0", "--bind-interfaces", "--listen-address=" + LabAddresses.InternetHost, "--no-resolv",
                $"--address=/{Name}/{NameAddress}", $"--dhcp-range={LabAddresses.BoxWan},{LabAddresses.BoxWan},255.255.255.0,1h", "--dhcp-leasefile=/run/leases", "--pid-file",
            ],
        });
        await new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway());

        var wishes = Path.Combine(lab.RunFolder, "wishes");
        Directory.CreateDirectory(wishes);
        var box = new BoxProcess(lab, Node.Box) { Environment = ImmutableDictionary<string, string>.Empty.Add("RUNTIME_DIRECTORY", wishes) };
        await box.StartAsync(Document());
        var root = Path.Combine(lab.RunFolder, "networkd"); // its run folder is /run to the daemon of that name
        await ApplyAsync(lab, wishes, root);
        StartNetworkd(lab, Node.Box, "networkd");

        await box.UpAsync(StoryDocuments.Hub);
        var wan = (await lab.RunAsync(Node.Box, ["ip", "-4", "route", "show", "default"])).Output;
        Assert.Contains("proto dhcp", wan, StringComparison.Ordinal);
        Assert.Contains("metric 1045", wan, StringComparison.Ordinal);
        Assert.DoesNotContain("Unknown", File.ReadAllText(Path.Combine(lab.EvidenceFolder, "networkd.log")), StringComparison.Ordinal); // no key that it does not know

        // The LAN's host asks the box's dnsmasq: an address, a way, a name.
        lab.Start(Node.Box, new DaemonSetup
        {
            Name = "lan-names",
            Command = ["bash", "-ec", $"mkdir -p /run/edgevpn-network; exec dnsmasq --keep-in-foreground --conf-file={root}/run/edgevpn-network/dnsmasq.conf --pid-file"],
        });
        var folder = Path.Combine(lab.RunFolder, "host", "run", "systemd", "network");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "host.network"), "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n");
        StartNetworkd(lab, Node.BranchLan, "host");
        await Until.TrueAsync("the host has an address", BoxProcess.Soon, async () =>
            (await lab.TryRunAsync(Node.BranchLan, ["ip", "-4", "-o", "addr", "show", "dev", "eth0"])).Output.Contains("10.10.0.", StringComparison.Ordinal));
        await Until.TrueAsync("the host reaches the cloud", BoxProcess.Soon, () => Ping.AnswersAsync(lab, Node.BranchLan, LabAddresses.CloudHost));
        Assert.Equal(NameAddress, await NameQuestion.AskAsync(lab, Node.BranchLan, LabAddresses.BoxLan, Name));

        // What is no longer wanted goes; nothing of others does.
        await File.WriteAllTextAsync(Path.Combine(root, "run/systemd/network/20-others.network"), "");
        await File.WriteAllTextAsync(Path.Combine(wishes, "network.json"), "{}");
        await ApplyAsync(lab, wishes, root);
        Assert.Equal(["20-others.network"], Directory.GetFiles(Path.Combine(root, "run/systemd/network")).Select(Path.GetFileName));
        Assert.False(File.Exists(Path.Combine(root, "run/edgevpn-network/dnsmasq.conf")));
    }

    /// <summary>What the path unit does when the daemon's wish changes.</summary>
    private static async Task ApplyAsync(Lab lab, string wishes, string root)
    {
        var wish = Path.Combine(wishes, "network.json");
        await Until.TrueAsync("the daemon asks for its network", BoxProcess.Soon, () => File.Exists(wish));
        lab.Note(await Tool.RunAsync([BoxProcess.Executable, "network", "apply", wish, "--root", root])).Checked();
    }

    /// <summary>Without udev: it waits for none where /sys cannot be written.</summary>
    private static void StartNetworkd(Lab lab, Node node, string name) => lab.Start(node, new DaemonSetup
    {
        Name = name,
        Command =
        [
            "bash", "-ec", "mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp; chown -R systemd-network /run/systemd/netif; mount -o remount,ro /sys; exec "
                + Requires.Networkd,
        ],
    });

    private static JsonObject Document()
    {
        var document = StoryDocuments.Box();
        document["interfaces"]![0] = new JsonObject { ["name"] = "wan0", ["role"] = "wan", ["ipv4"] = new JsonObject { ["method"] = "dhcp" } };
        var lan = document["interfaces"]![1]!["ipv4"]!.AsObject();
        lan["dhcpServer"] = true;
        lan["dns"] = new JsonArray(LabAddresses.InternetHost);
        return document;
    }
}
