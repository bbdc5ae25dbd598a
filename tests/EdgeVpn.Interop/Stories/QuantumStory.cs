using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.Stories;

/// <summary>Two daemons of ours with ML-KEM beside Curve25519 (RFC 9370): no strongSwan at hand has it.</summary>
[Trait("story", "quantum")]
public sealed class QuantumStory
{
    private const string Hybrid = "x25519-ke1_mlkem768", InStatus = "Curve25519+MlKem768";

    [Fact]
    public async Task Two_of_us_speak_ML_KEM_768_through_rekeys_of_both_SAs()
    {
        await using var lab = await Story.BeginAsync("quantum");
        var gateway = new BoxProcess(lab, Node.Gateway);
        await gateway.StartAsync(ApplianceConfig.Document(With(StoryDocuments.GatewayEnd)));
        var box = new BoxProcess(lab, Node.Box);
        await box.StartAsync(ApplianceConfig.Document(With(StoryDocuments.BoxEnd)));
        await box.UpAsync(StoryDocuments.Hub);
        await Story.EchoesPassAsync(lab);
        var first = await SasAsync(box);
        Assert.EndsWith("/" + InStatus, first.Suite);
        Assert.Null(first.ChildExchange); // made in IKE_AUTH, from the IKE SA's keys

        (await box.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
        var child = await RenewedAsync(box, sas => sas.ChildSpi != first.ChildSpi);
        Assert.Equal(InStatus, child.ChildExchange);
        Assert.Equal(first.IkeSpi, child.IkeSpi);
        await Story.EchoesPassAsync(lab);

        (await box.CommandAsync("rekey", "--ike", StoryDocuments.Hub)).Checked();
        var ike = await RenewedAsync(box, sas => sas.IkeSpi != first.IkeSpi);
        Assert.EndsWith("/" + InStatus, ike.Suite);
        Assert.Equal(child.ChildSpi, ike.ChildSpi);
        await Story.EchoesPassAsync(lab);

        (await gateway.CommandAsync("rekey", "--child", StoryDocuments.Hub)).Checked();
        Assert.Equal(InStatus, (await RenewedAsync(box, sas => sas.ChildSpi != child.ChildSpi)).ChildExchange);
        await Story.EchoesPassAsync(lab);
        Assert.Equal((await SasAsync(gateway)).Suite, ike.Suite);
    }

    private static TunnelEnd With(TunnelEnd end) => end with { Ike = "aes256gcm16-prfsha256-" + Hybrid, Esp = "aes256gcm16-" + Hybrid };

    private static async Task<Sas> RenewedAsync(BoxProcess box, Func<Sas, bool> isRenewed)
    {
        Sas? now = null;
        await Until.TrueAsync("the new SA is the one in use", BoxProcess.Soon, async () => isRenewed(now = await SasAsync(box)), () => now?.ToString() ?? "nothing");
        return now!;
    }

    /// <summary>What <c>edgevpn status</c> says of the SAs in use.</summary>
    private static async Task<Sas> SasAsync(BoxProcess box)
    {
        var connection = await box.ConnectionAsync(StoryDocuments.Hub);
        var ike = connection["ikeSas"]!.AsArray().Select(static sa => sa!.AsObject()).Last(static sa => (string)sa["state"]! == "established");
        var child = connection["childSas"]!.AsArray().Select(static sa => sa!.AsObject()).Last(static sa => (bool)sa["used"]!);
        return new Sas((string)ike["initiatorSpi"]!, (string)ike["suite"]!, (string)child["inboundSpi"]!, (string?)child["keyExchange"]);
    }

    private sealed record Sas(string IkeSpi, string Suite, string ChildSpi, string? ChildExchange);
}
