using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>The built-in Azure gateway in real time: a box with nothing named, one with a custom policy, and one that asks for PFS where Azure does not.</summary>
[Trait("story", "azure")]
public sealed class AzureStory
{
    private const string Policy = "GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384";
    private const int RekeyRefused = 39;

    [Fact]
    public async Task A_box_that_names_nothing_meets_the_portals_defaults_and_renews_keys_from_both_ends()
    {
        await using var lab = await Story.BeginAsync("azure-default");
        var (box, gateway) = await StartAsync(lab, null, null, null);

        await RenewAsync(lab, box, gateway);
        var connection = await box.ConnectionAsync(StoryDocuments.Hub);
        Assert.Contains("Modp1024", connection["ikeSas"]!.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("AesGcm16", connection["childSas"]!.ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_custom_policy_is_met_with_pfs_from_both_ends()
    {
        await using var lab = await Story.BeginAsync("azure-policy");
        var (box, gateway) = await StartAsync(lab, Policy, "aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp384");

        await RenewAsync(lab, box, gateway);
        Assert.Contains("Ecp384", (await box.ConnectionAsync(StoryDocuments.Hub))["childSas"]!.ToJsonString(), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>What <c>lint</c> and <c>rehearse</c> say of this configuration, seen.</summary>
    [Fact]
    public async Task Pfs_that_the_default_set_lacks_is_refused_at_the_first_rekey_and_named()
    {
        await using var lab = await Story.BeginAsync("azure-pfs");
        var (box, gateway) = await StartAsync(lab, null, "aes256-sha256-modp1024", "aes256-sha256-modp2048");

        // The gateway asks without PFS: refused, and the tunnel carries on with the old keys.
        await gateway.CommandAsync("rekey", "--child", StoryDocuments.Hub);
        await Until.TrueAsync("the box names the reason", BoxProcess.Soon, async () => await box.ReasonAsync(StoryDocuments.Hub) == RekeyRefused, () => box.Log);
        await Story.EchoesPassAsync(lab);

        // The box asks with group 14: AES-256, SHA-256, PFS 2048 is one of Azure's twenty-six.
        (await box.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
        await Story.EchoesPassAsync(lab);
    }

    private static async Task<(BoxProcess Box, BoxProcess Gateway)> StartAsync(Lab lab, string? policy, string? ike, string? esp)
    {
        var gateway = new BoxProcess(lab, Node.Gateway) { Besides = ["--as", "azure", .. policy is null ? (string[])[] : ["--policy", policy]] };
        await gateway.StartAsync(Plain(StoryDocuments.Gateway()));
        var document = Plain(StoryDocuments.Box());
        var connection = document["connections"]!.AsArray().Single()!.AsObject();
        if (ike is not null) connection["ike"] = new JsonObject { ["proposals"] = new JsonArray(ike) };
        if (esp is not null) connection["esp"] = new JsonObject { ["proposals"] = new JsonArray(esp) };
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(document);
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        return (box, gateway);
    }

    private static async Task RenewAsync(Lab lab, BoxProcess box, BoxProcess gateway)
    {
        foreach (var end in new[] { box, gateway })
        {
            (await end.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
            (await end.CommandAsync("rekey", "--ike", StoryDocuments.Hub)).Checked();
            await Story.EchoesPassAsync(lab);
        }
    }

    /// <summary>Without proposals of their own: the box's defaults, the gateway's habits.</summary>
    private static JsonObject Plain(JsonObject document)
    {
        foreach (var connection in document["connections"]!.AsArray())
        {
            connection!.AsObject().Remove("ike");
            connection.AsObject().Remove("esp");
        }

        return document;
    }
}
