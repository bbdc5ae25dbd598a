using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>The set-up page in a real browser: a phone and a laptop at the LAN port, axe on every view; screenshots in the evidence folder.</summary>
[Trait("story", "setup")]
public sealed class SetupPageStory
{
    private const string Code = "7KQ2M-X9RTB";
    private const string Azure = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/";

    [Fact]
    public async Task A_phone_and_a_laptop_set_the_box_up_and_nobody_is_shut_out()
    {
        Requires.Browser();
        await using var lab = await Story.BeginAsync("setup-browser", fleet: true);
        await using var home = await FleetHome.MakeAsync(lab);
        var box = new BoxProcess(lab, Node.Box);
        await Task.WhenAll(box.StartAsync(new JsonObject { ["schema"] = 1 }), new BoxProcess(lab, Node.Gateway).StartAsync(StoryDocuments.Gateway()));
        (await box.OfflineAsync("setup", "code", "--set", Code)).Checked();
        (await box.CommandAsync("setup", "open")).Checked();

        var document = StoryDocuments.Box();
        var job = new JsonObject
        {
            ["url"] = $"http://{LabAddresses.BoxLan}/",
            ["code"] = Code,
            ["folder"] = lab.EvidenceFolder,
            ["chromium"] = Requires.Chromium,
            ["modules"] = Requires.BrowserModules,
            ["configuration"] = Write("config.json", document),
            ["azure"] = new JsonArray([.. AzureFiles().Select(file => (JsonNode?)Write(file.Name, file.Content))]),
            ["psk"] = "n3Vt81LkdQ72Mnb39Xc5",
            ["claim"] = await home.CardAsync(),
            ["member"] = $"lyon/{FleetHome.Device}",
            ["secret"] = (string)document["secrets"]![StoryDocuments.Hub]!["psk"]!,
        };
        var script = Path.Combine(LabFolders.Repository, "tests", "EdgeVpn.Interop", "Browser", "setup-page.mjs");
        var admitting = home.RunAsync("enrol", FleetHome.Device, "--yes", "--timeout", "00:01:20");
        var answer = await lab.RunAsync(Node.BranchLan, ["node", script, Write("job.json", job)], within: TimeSpan.FromSeconds(120));

        Assert.True((await admitting).Ok, (await admitting).ToString());
        Assert.True(JsonNode.Parse(answer.Output)!["axe"]!.AsObject().Count >= 9, answer.Output);
        await box.LightAsync("vpn", "steady"); // the page is closed: the lights say again what they say
        Assert.Equal("local", (string)(await box.StatusAsync())["configuration"]!["source"]!);
        await home.ReportAsync("a member's, without a restart", static r => (string)r["capabilities"]!["signatures"]![0]! == "ES256");

        string Write(string name, JsonNode content)
        {
            var file = Path.Combine(lab.RunFolder, name);
            File.WriteAllText(file, content.ToJsonString());
            return file;
        }
    }

    /// <summary>What <c>az … show</c> prints of one connection: without its key, which Azure tells only when asked for it.</summary>
    private static (string Name, JsonObject Content)[] AzureFiles() =>
    [
        ("connection.json", Resource("connections", "azure", $$"""
            "connectionType": "IPsec", "connectionProtocol": "IKEv2", "virtualNetworkGateway1": { "id": "{{Azure}}virtualNetworkGateways/gw" },
            "localNetworkGateway2": { "id": "{{Azure}}localNetworkGateways/branch" }
            """)),
        ("gateway.json", Resource("virtualNetworkGateways", "gw", $$"""
            "gatewayType": "Vpn", "vpnType": "RouteBased", "ipConfigurations": [{ "name": "default", "publicIPAddress": { "id": "{{Azure}}publicIPAddresses/pip" },
              "subnet": { "id": "{{Azure}}virtualNetworks/net/subnets/GatewaySubnet" } }]
            """)),
        ("address.json", Resource("publicIPAddresses", "pip", """ "ipAddress": "203.0.113.9" """)),
        ("site.json", Resource("localNetworkGateways", "branch", """ "gatewayIpAddress": "198.51.100.2", "localNetworkAddressSpace": { "addressPrefixes": ["10.10.0.0/24"] } """)),
        ("vnet.json", Resource("virtualNetworks", "net", """ "addressSpace": { "addressPrefixes": ["10.50.0.0/16"] } """)),
    ];

    private static JsonObject Resource(string type, string name, string members) =>
        JsonNode.Parse($$"""{ "id": "{{Azure}}{{type}}/{{name}}", "name": "{{name}}", "type": "Microsoft.Network/{{type}}", {{members}} }""")!.AsObject();
}
