using System.Collections.Immutable;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Names that a gateway gives with an address (RFC 8598), handed to the LAN's own resolver: dnsmasq, run by itself.</summary>
[Trait("story", "network")]
public sealed class NamesStory
{
    private const string Name = "intranet.corp.example", NameAddress = "10.20.0.80", ProviderAddress = "198.51.100.9", Pool = "10.99.0.0/24";

    [Fact]
    public async Task Names_that_the_gateway_gives_are_asked_of_it_while_the_tunnel_stands_and_of_the_provider_after()
    {
        Requires.NetworkDaemons();
        await using var lab = await Story.BeginAsync("names");
        lab.Start(Node.CloudLan, new DaemonSetup
        {
            Name = "cloud-names",
            Command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", $"--address=/{Name}/{NameAddress}", "--pid-file", "--user=root"],
        });
        lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "provider",
            Command =
            [
                "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--interface=wb0", "--bind-interfaces", "--listen-address=" + LabAddresses.InternetHost, "--no-resolv",
                $"--address=/{Name}/{ProviderAddress}", "--pid-file", "--user=root",
            ],
        });
        await new BoxProcess(lab, Node.Gateway).StartAsync(GatewayDocument());
        var wishes = Path.Combine(lab.RunFolder, "wishes");
        Directory.CreateDirectory(wishes);
        var box = new BoxProcess(lab, Node.Box) { Environment = ImmutableDictionary<string, string>.Empty.Add("RUNTIME_DIRECTORY", wishes) };
        await box.StartAsync(BoxDocument());
        await box.UpAsync(StoryDocuments.Hub);

        var root = Path.Combine(lab.RunFolder, "files");
        var names = Path.Combine(wishes, "names.json");
        await Until.TrueAsync("the daemon hands the names over", BoxProcess.Soon, () => File.Exists(names));
        await ApplyAsync(lab, wishes, root);
        var servers = Path.Combine(root, "run/edgevpn-network/dnsmasq.servers");
        Assert.Contains($"server=/corp.example/{LabAddresses.CloudHost}@10.99.0.1", File.ReadAllText(servers), StringComparison.Ordinal);
        var resolver = lab.Start(Node.Box, new DaemonSetup
        {
            Name = "lan-names",
            Command =
            [
                "bash", "-ec",
                $"mkdir -p /run/edgevpn-network; ln -s {servers} /run/edgevpn-network/; exec dnsmasq --keep-in-foreground --conf-file={root}/run/edgevpn-network/dnsmasq.conf --pid-file --user=root",
            ],
        });
        await Until.TrueAsync("the LAN's host learns the name's address through the tunnel", BoxProcess.Soon, async () => await AskAsync(lab) == NameAddress);
        Assert.Contains("asked by the LAN's resolver", (await box.CommandAsync("status")).Output, StringComparison.Ordinal);

        (await box.CommandAsync("down", StoryDocuments.Hub)).Checked();
        await Until.TrueAsync("the daemon takes the names back", BoxProcess.Soon, () => File.ReadAllText(names) == "[]");
        await ApplyAsync(lab, wishes, root);
        resolver.Send(Signal.Hangup); // what `systemctl reload` does
        Assert.DoesNotContain("server=", File.ReadAllText(servers), StringComparison.Ordinal);
        await Until.TrueAsync("the provider is asked for the name again", BoxProcess.Soon, async () => await AskAsync(lab) == ProviderAddress);
    }

    private static Task<string> AskAsync(Lab lab) => NameQuestion.AskAsync(lab, Node.BranchLan, LabAddresses.BoxLan, Name);

    /// <summary>What the path unit does when one of the daemon's wishes changes.</summary>
    private static async Task ApplyAsync(Lab lab, string wishes, string root) =>
        lab.Note(await Tool.RunAsync([BoxProcess.Executable, "network", "apply", Path.Combine(wishes, "network.json"), "--root", root])).Checked();

    private static JsonObject GatewayDocument() =>
        ApplianceConfig.Document(StoryDocuments.GatewayEnd with { AddressPool = Pool, RemoteSelectors = [Pool], Domains = ["corp.example"] });

    private static JsonObject BoxDocument()
    {
        var document = ApplianceConfig.Document(StoryDocuments.BoxEnd with { RequestsAddress = true });
        var lan = document["interfaces"]![1]!["ipv4"]!.AsObject();
        lan["dhcpServer"] = true;
        lan["dns"] = new JsonArray(LabAddresses.InternetHost);
        return document;
    }
}
