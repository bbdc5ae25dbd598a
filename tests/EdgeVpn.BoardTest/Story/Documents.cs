using System.Text.Json.Nodes;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.BoardTest.Story;

/// <summary>The demo's two documents, for a board whose ports have other names and whose WAN asks the network for its address.</summary>
internal static class Documents
{
    public static string Topic(string channel) => $"edgevpn/{DemoDocuments.Fleet}/{DemoDocuments.Device}/{channel}";

    /// <summary>What is uploaded to the set-up page: who the box is, and where its broker is.</summary>
    public static JsonObject Boot() => Changed(DemoDocuments.Boot());

    /// <summary>What the operator publishes: the ports, and one connection as Azure's portal would have it.</summary>
    public static string Desired()
    {
        var document = Changed(DemoDocuments.Desired(((Authentication.Psk)TunnelEnd.Cloud.Authentication).Secret));
        var interfaces = document["interfaces"]!.AsArray();
        interfaces[0]!["name"] = VirtBoard.Wan;
        interfaces[0]!["ipv4"] = new JsonObject { ["method"] = "dhcp" };
        interfaces[1]!["name"] = VirtBoard.Lan;
        document["connections"]![0]!["dpd"] = new JsonObject { ["timeout"] = "00:00:10" };
        var text = document.ToJsonString();
        if (DemoDocuments.Errors(text) is { Count: > 0 } errors) throw new ChapterFailedException(string.Join("; ", errors));
        return System.Text.Encoding.UTF8.GetString(new DesiredDocument
        {
            Recipient = new TwinIdentity(DemoDocuments.Fleet, DemoDocuments.Device),
            Version = new DocumentVersion(1, 1),
            Schema = DesiredDocument.CurrentSchema,
            IssuedAt = DateTimeOffset.UtcNow,
            Body = System.Text.Encoding.UTF8.GetBytes(text),
        }.ToJson());
    }

    private static JsonObject Changed(string document)
    {
        var changed = JsonNode.Parse(document)!.AsObject();
        changed.Remove("lab"); // times as they are on a box
        changed["cloud"]!["commitConfirm"] = "00:02:00"; // an emulated box on a busy machine proves itself slowly
        return changed;
    }
}
