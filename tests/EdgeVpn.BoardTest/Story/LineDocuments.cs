using System.Text.Json.Nodes;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.BoardTest.Story;

/// <summary>The box's configuration on lines that are more than a cable, as a technician writes it into <c>/etc/edgevpn/config.json</c>.</summary>
internal static class LineDocuments
{
    public const string Tagged = "net7", Session = "dsl0", Password = "line \"pass\\word\" #it's, 7", WrongPassword = "another-password";

    public static JsonObject Vlan() => Box(new JsonObject { ["name"] = Tagged, ["role"] = "wan", ["vlan"] = new JsonObject { ["parent"] = VirtBoard.Wan, ["id"] = 7 } });

    /// <param name="requestAddress">The tunnel is one whose gateway gives an address, and names with it.</param>
    public static JsonObject Pppoe(string password, bool requestAddress = false)
    {
        var document = Box(new JsonObject
        {
            ["name"] = Session,
            ["role"] = "wan",
            ["pppoe"] = new JsonObject { ["parent"] = VirtBoard.Wan, ["user"] = "branch-042@isp.example", ["secret"] = "line" },
        });
        document["secrets"]!["line"] = new JsonObject { ["password"] = password };
        if (!requestAddress) return document;
        var connection = document["connections"]![0]!;
        connection["mode"] = "initiator";
        connection["local"]!["requestAddress"] = true;
        return document;
    }

    private static JsonObject Box(JsonObject wan) => new()
    {
        ["schema"] = 1,
        ["device"] = new JsonObject { ["name"] = DemoDocuments.Device },
        ["interfaces"] = new JsonArray
        {
            wan,
            new JsonObject { ["name"] = VirtBoard.Lan, ["role"] = "lan", ["ipv4"] = new JsonObject { ["address"] = LabAddresses.BoxLan + "/24", ["dhcpServer"] = true } },
        },
        ["connections"] = new JsonArray
        {
            new JsonObject
            {
                ["name"] = DemoDocuments.Connection,
                ["local"] = new JsonObject { ["identity"] = TunnelEnd.Branch.Identity, ["networks"] = new JsonArray(LabAddresses.BranchNetwork) },
                ["remote"] = new JsonObject
                {
                    ["endpoints"] = new JsonArray { new JsonObject { ["address"] = LabAddresses.GatewayWan, ["identity"] = TunnelEnd.Branch.PeerIdentity } },
                    ["networks"] = new JsonArray(LabAddresses.CloudNetwork),
                },
                ["trafficSelectors"] = "any",
                ["authentication"] = new JsonObject { ["type"] = "psk", ["secret"] = DemoDocuments.Connection },
                ["dpd"] = new JsonObject { ["timeout"] = "00:00:20" },
            },
        },
        ["secrets"] = new JsonObject { [DemoDocuments.Connection] = new JsonObject { ["psk"] = ((Authentication.Psk)TunnelEnd.Cloud.Authentication).Secret } },
    };
}
