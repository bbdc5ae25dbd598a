using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Stories;

/// <summary>Configurations of the stories, and small changes to them.</summary>
internal static class StoryDocuments
{
    internal const string Hub = ApplianceConfig.ConnectionName;

    /// <summary>The connection between a second network of the branch and one of the cloud, and its hosts.</summary>
    internal const string Second = "second", SecondBranch = "10.10.30.0/24", SecondBranchHost = "10.10.30.10", SecondNetwork = "10.20.30.0/24", SecondHost = "10.20.30.10";

    internal static readonly TimeSpan Liveness = TimeSpan.FromSeconds(3);

    internal static TunnelEnd BoxEnd { get; } = TunnelEnd.Branch with { LivenessInterval = Liveness };

    internal static TunnelEnd GatewayEnd { get; } = TunnelEnd.Cloud with { LivenessInterval = Liveness };

    internal static JsonObject Box() => ApplianceConfig.Document(BoxEnd);

    internal static JsonObject Gateway() => ApplianceConfig.Document(GatewayEnd);

    /// <summary>The box's document as it comes over a broker, with a time in which it must prove itself.</summary>
    internal static JsonObject Managed(this JsonObject document, TwinAddress twin, int commitConfirmSeconds = 20)
    {
        document["device"]!["name"] = twin.Device;
        document["cloud"] = new JsonObject
        {
            ["broker"] = twin.Broker,
            ["fleet"] = twin.Fleet,
            ["insecure"] = true,
            ["commitConfirm"] = TimeSpan.FromSeconds(commitConfirmSeconds).ToString("c"),
        };
        return document;
    }

    internal static JsonObject WithSecret(this JsonObject document, string psk)
    {
        document["secrets"]![Hub]!["psk"] = psk;
        return document;
    }

    /// <summary>All there is goes to the gateway.</summary>
    internal static (JsonObject Box, JsonObject Gateway) FullTunnel() =>
    (
        ApplianceConfig.Document(BoxEnd with { RemoteSelectors = ["0.0.0.0/0"], RemoteNetworks = ["0.0.0.0/0"] }),
        ApplianceConfig.Document(GatewayEnd with { LocalSelectors = ["0.0.0.0/0"], RemoteSelectors = ["0.0.0.0/0"] })
    );

    /// <summary>A second network behind each end, on the hosts that are there already.</summary>
    internal static async Task AddSecondNetworksAsync(Lab lab)
    {
        await lab.RunAsync(Node.CloudLan, ["ip", "addr", "add", SecondHost + "/32", "dev", "eth0"]);
        await lab.RunAsync(Node.Gateway, ["ip", "route", "add", SecondNetwork, "via", LabAddresses.CloudHost]);
        await lab.RunAsync(Node.BranchLan, ["ip", "addr", "add", SecondBranchHost + "/32", "dev", "eth0"]);
        await lab.RunAsync(Node.BranchLan, ["ip", "route", "add", SecondNetwork, "via", LabAddresses.BoxLan, "src", SecondBranchHost]);
        await lab.RunAsync(Node.Box, ["ip", "route", "add", SecondBranch, "via", LabAddresses.BranchHost]);
    }

    /// <summary>Both ends with two connections, told apart by their identities.</summary>
    internal static (JsonObject Box, JsonObject Gateway) Pair()
    {
        var box = Box();
        var gateway = Gateway();
        Add(box, ApplianceConfig.Document(BoxEnd with
        {
            Identity = "branch2.lab",
            PeerIdentity = "cloud2.lab",
            LocalSelectors = [SecondBranch],
            LocalNetworks = [SecondBranch],
            RemoteSelectors = [SecondNetwork],
            RemoteNetworks = [SecondNetwork],
        }));
        Add(gateway, ApplianceConfig.Document(GatewayEnd with
        {
            Identity = "cloud2.lab",
            PeerIdentity = "branch2.lab",
            LocalSelectors = [SecondNetwork],
            LocalNetworks = [SecondNetwork],
            RemoteSelectors = [SecondBranch],
            RemoteNetworks = [SecondBranch],
        }));
        return (box, gateway);
    }

    internal static JsonObject Connection(this JsonObject document, string name) =>
        document["connections"]!.AsArray().Select(one => one!.AsObject()).Single(one => (string)one["name"]! == name);

    private static void Add(JsonObject document, JsonObject other)
    {
        var connection = other["connections"]![0]!.DeepClone().AsObject();
        connection["name"] = Second;
        document["connections"]!.AsArray().Add(connection);
    }
}
