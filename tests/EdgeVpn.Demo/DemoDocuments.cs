using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Demo;

/// <summary>The two documents of the story: what the box is born with, and what its operator publishes.</summary>
public static class DemoDocuments
{
    public const string Fleet = "lyon", Device = "branch-042", Connection = "hub";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Nothing but the broker's address and the box's name.</summary>
    public static string Boot() => new JsonObject
    {
        ["schema"] = 1,
        ["device"] = new JsonObject { ["name"] = Device },
        ["cloud"] = Cloud(),
    }.ToJsonString(Indented);

    /// <summary>What the operator wants: addresses, and one connection as Azure's portal would have it.</summary>
    public static string Desired(string preSharedKey) => new JsonObject
    {
        ["schema"] = 1,
        ["device"] = new JsonObject { ["name"] = Device, ["site"] = "Lyon" },
        ["interfaces"] = new JsonArray
        {
            Interface("wan0", "wan", LabAddresses.BoxWan, LabAddresses.InternetBranchSide),
            Interface("lan0", "lan", LabAddresses.BoxLan, null),
        },
        ["connections"] = new JsonArray
        {
            new JsonObject
            {
                ["name"] = Connection,
                ["local"] = new JsonObject { ["identity"] = TunnelEnd.Branch.Identity, ["networks"] = new JsonArray(LabAddresses.BranchNetwork) },
                ["remote"] = new JsonObject
                {
                    ["endpoints"] = new JsonArray { new JsonObject { ["address"] = LabAddresses.GatewayWan, ["identity"] = TunnelEnd.Branch.PeerIdentity } },
                    ["networks"] = new JsonArray(LabAddresses.CloudNetwork),
                },
                ["trafficSelectors"] = "any",
                ["authentication"] = new JsonObject { ["type"] = "psk", ["secret"] = Connection },
                ["dpd"] = new JsonObject { ["timeout"] = "00:00:05" },
                ["tunnel"] = new JsonObject { ["interface"] = "evpn0" },
                ["probes"] = new JsonArray { new JsonObject { ["address"] = LabAddresses.CloudHost, ["kind"] = "icmp", ["interval"] = "00:00:02" } },
            },
        },
        ["secrets"] = new JsonObject { [Connection] = new JsonObject { ["psk"] = preSharedKey } },
        ["cloud"] = Cloud(),
        ["lab"] = new JsonObject { ["shortTimes"] = true },
    }.ToJsonString(Indented);

    /// <summary>Every error the box would find in a document; none is what we want.</summary>
    public static IReadOnlyList<string> Errors(string document) =>
        [.. ConfigurationReader.Read(document).Errors.Select(problem => $"{problem.Path}: {problem.Sentence}")];

    private static JsonObject Cloud() => new()
    {
        ["broker"] = Mosquitto.Url,
        ["fleet"] = Fleet,
        ["commitConfirm"] = "00:00:30",
        ["insecure"] = true,
    };

    private static JsonObject Interface(string name, string role, string address, string? gateway)
    {
        var ipv4 = new JsonObject { ["method"] = "static", ["address"] = address + "/24" };
        if (gateway is not null) ipv4["gateway"] = gateway;
        return new JsonObject { ["name"] = name, ["role"] = role, ["ipv4"] = ipv4 };
    }
}
