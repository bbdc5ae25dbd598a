using System.Text.Json.Nodes;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests;

/// <summary>The example of the published interface, and ways to change it.</summary>
internal static class Documents
{
    public const string Psk = "Zq81Lkd72Mnb39Xc5TgY";

    /// <summary>The configuration example that users are shown.</summary>
    public const string Example = $$"""
        {
          "schema": 1,
          "device": { "name": "branch-042", "site": "Lyon" },
          "interfaces": [
            { "name": "wan0", "role": "wan", "ipv4": { "method": "dhcp" } },
            { "name": "lan0", "role": "lan", "ipv4": { "method": "static", "address": "10.10.0.1/24", "dhcpServer": true } }
          ],
          "connections": [
            {
              "name": "hub",
              "mode": "default",
              "local":  { "identity": "branch.lab", "networks": ["10.10.0.0/24"] },
              "remote": { "endpoints": [{ "address": "203.0.113.2", "identity": "cloud.lab" }], "strategy": "failover",
                          "networks": ["10.20.0.0/24"] },
              "trafficSelectors": "any",
              "authentication": { "type": "psk", "secret": "hub" },
              "ike": { "proposals": ["aes256-sha256-modp1024"], "lifetime": "08:00:00" },
              "esp": { "proposals": ["aes256gcm16"], "lifetime": "07:30:00", "lifetimeKilobytes": 102400000, "replayWindow": 1024 },
              "dpd": { "timeout": "00:00:45" },
              "tunnel": { "interface": "evpn0", "mtu": "auto", "mssClamp": "auto" },
              "probes": [{ "address": "10.20.0.10", "kind": "icmp" }]
            }
          ],
          "secrets": { "hub": { "psk": "{{Psk}}" } },
          "cloud":   { "broker": "mqtts://broker.example:8883", "fleet": "lyon", "commitConfirm": "00:05:00" }
        }
        """;

    /// <summary>The shortest document that brings a tunnel up.</summary>
    public const string Shortest = $$"""
        {
          "connections": [{ "name": "hub", "remote": { "endpoints": [{ "address": "203.0.113.2" }], "networks": ["10.20.0.0/24"] },
                            "authentication": { "type": "psk", "secret": "hub" } }],
          "secrets": { "hub": { "psk": "{{Psk}}" } }
        }
        """;

    /// <summary>The example with one value replaced or added.</summary>
    public static string With(string path, string json, string document = Example)
    {
        var root = JsonNode.Parse(document)!;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
        var node = root;
        foreach (var step in steps[..^1]) node = Step(node, step);
        if (steps[^1].StartsWith('[')) node.AsArray()[int.Parse(steps[^1][1..^1])] = JsonNode.Parse(json);
        else node.AsObject()[steps[^1]] = JsonNode.Parse(json);
        return root.ToJsonString();
    }

    /// <summary>The example without one member.</summary>
    public static string Without(string path)
    {
        var root = JsonNode.Parse(Example)!;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
        var node = root;
        foreach (var step in steps[..^1]) node = Step(node, step);
        Assert.True(node.AsObject().Remove(steps[^1]));
        return root.ToJsonString();
    }

    /// <summary>Reads a document and asserts that it is refused with exactly one error, at <paramref name="path"/>.</summary>
    public static ConfigurationProblem OneError(string document, string path)
    {
        var result = ConfigurationReader.Read(document);
        Assert.Null(result.Configuration);
        var error = Assert.Single(result.Errors);
        Assert.Equal(path, error.Path.Text);
        return error;
    }

    /// <summary>Reads a document and asserts that it is accepted with a warning at <paramref name="path"/>.</summary>
    public static ConfigurationProblem OneWarning(string document, string path)
    {
        var result = ConfigurationReader.Read(document);
        Assert.Empty(result.Errors);
        return Assert.Single(result.Warnings, w => w.Path.Text == path);
    }

    private static JsonNode Step(JsonNode node, string step) =>
        step.StartsWith('[') ? node[int.Parse(step[1..^1])]! : node[step] ?? (node[step] = new JsonObject());
}
