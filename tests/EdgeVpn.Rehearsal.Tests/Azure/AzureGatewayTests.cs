using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Tests.Azure;

/// <summary>The built-in gateway on the wire.</summary>
public class AzureGatewayTests
{
    [Fact]
    public void It_answers_with_its_fingerprint_and_asks_for_its_group()
    {
        var seen = Messages(Parts.Config(), new AzureGateway(), byAzure: false);

        // The box's first guess is another group than Azure's.
        Assert.Equal("SA KE(Ecp384) Nonce N(NatDetectionSourceIp) N(NatDetectionDestinationIp) N(Ikev2FragmentationSupported)", seen[0]);
        Assert.Equal("SA KE(Modp1024) Nonce N(NatDetectionSourceIp) N(NatDetectionDestinationIp) N(Ikev2FragmentationSupported)", seen[1]);
        Assert.Equal("SA KE(Modp1024) Nonce N(NatDetectionSourceIp) N(NatDetectionDestinationIp) N(Ikev2FragmentationSupported) V V", seen[2]);
    }

    [Fact]
    public void Its_vendor_ids_are_those_that_analysers_know()
    {
        var ids = AzureGateway.Endpoint(new IkeEndpointOptions()).VendorIds.Select(Convert.ToHexStringLower).ToArray();
        Assert.Equal(["1e2b516905991c7d7c96fcbfb587e46100000009", "fb1de3cdf341b7ea16b7e5be0855f120"], ids);
    }

    /// <summary>The six of phase 1 and the six of phase 2 that Azure sends, in its order, each without PFS and without ESN.</summary>
    [Fact]
    public void As_initiator_it_sends_its_six_proposals_in_its_order()
    {
        var connection = new AzureGateway().Connection(Parts.Box(Parts.Config()).Endpoints[0].Connection);
        Assert.Equal(AzureTables.Ike, connection.IkeProposals.Select(p => Plain(EdgeVpn.Rehearsal.Proposals.ProposalTranslator.ToText(p))));
        Assert.Equal(AzureTables.EspOffer.Select(t => $"{t}-noesn"), connection.EspProposals.Select(EdgeVpn.Rehearsal.Proposals.ProposalTranslator.ToText));
        Assert.Equal(20, connection.EspProposals.Length + connection.AcceptedEspProposals.Length);

        static string Plain(string text) => text.Replace("-prfsha1", "", StringComparison.Ordinal).Replace("-prfsha256", "", StringComparison.Ordinal);
    }

    /// <summary>Each of Azure's offers alone, so that none hides behind a better one.</summary>
    [Theory]
    [InlineData("aes256-sha1-modp1024", "aes256gcm16", false)]
    [InlineData("aes256-sha256-modp1024", "aes256-sha1", false)]
    [InlineData("aes128-sha1-modp1024", "aes256-sha256", false)]
    [InlineData("aes128-sha256-modp1024", "aes128-sha1", false)]
    [InlineData("3des-sha1-modp1024", "3des-sha1", true)]
    [InlineData("3des-sha256-modp1024", "3des-sha256", true)]
    public void The_box_accepts_each_of_azures_offers_and_3des_only_when_named(string ike, string esp, bool isTripleDes)
    {
        Assert.Contains(ike, AzureTables.Ike);
        Assert.Contains(esp, AzureTables.EspOffer);
        Assert.Equal(!isTripleDes, ComesUp(Parts.Config(), ike, esp));
        if (isTripleDes) Assert.True(ComesUp(Parts.Config([ike], [esp]), ike, esp));

        static bool ComesUp(Model.Configuration.ConnectionConfig config, string ike, string esp)
        {
            using var stage = StageOf(config, new AzureGateway(), c => c with
            {
                IkeProposals = EdgeVpn.Rehearsal.Proposals.ProposalTranslator.ToWire(ProposalParser.ParseAll([ike], ProposalUse.Ike)),
                EspProposals = EdgeVpn.Rehearsal.Proposals.ProposalTranslator.ToWire(ProposalParser.ParseAll([esp], ProposalUse.Esp)),
            });
            var up = false;
            stage.Gateways[0].Call = (stage.Now, Parts.BoxAddress);
            stage.RunUntil(stage.Now + TimeSpan.FromSeconds(30), (end, output) => up |= end == stage.Box && output is IkeOutput.InstallChildSa);
            return up;
        }
    }

    [Fact]
    public void As_responder_azures_own_list_gets_the_better_hash()
    {
        using var stage = StageOf(Parts.Config(), new AzureGateway());
        IkeSuite? suite = null;
        stage.Gateways[0].Call = (stage.Now, Parts.BoxAddress);
        stage.RunUntil(stage.Now + TimeSpan.FromSeconds(30), (_, output) => suite ??= (output as IkeOutput.IkeSaEstablished)?.Suite);
        Assert.Equal("aes256-sha256-modp1024", EdgeVpn.Rehearsal.Proposals.SuiteText.Of(suite!)); // Azure names SHA-1 first
    }

    [Fact]
    public void It_takes_whatever_selectors_the_box_proposes_and_proposes_its_own()
    {
        var pair = (Local: TrafficSelector.Prefix(IpAddress.Parse("10.10.0.0"), 24), Remote: TrafficSelector.Prefix(IpAddress.Parse("10.20.0.0"), 16));
        var box = Parts.Box(Parts.Config(), change: c => c with { LocalSelectors = [pair.Local], RemoteSelectors = [pair.Remote] });
        var azure = new AzureGateway { Selectors = [(TrafficSelector.Prefix(IpAddress.Parse("10.20.1.0"), 24), pair.Local)] };

        foreach (var (byAzure, remote) in new[] { (false, "10.20.0.0"), (true, "10.20.1.0") })
        {
            using var stage = StageOf(box, azure);
            IkeOutput.InstallChildSa? made = null;
            if (byAzure) stage.Gateways[0].Call = (stage.Now, Parts.BoxAddress);
            else stage.Box.Call = (stage.Now, box.Endpoints[0].Remote);
            stage.RunUntil(stage.Now + TimeSpan.FromSeconds(30), (end, output) => made ??= end == stage.Box ? output as IkeOutput.InstallChildSa : null);
            Assert.Equal([pair.Local], made!.LocalSelectors);
            Assert.Equal(IpAddress.Parse(remote), Assert.Single(made.RemoteSelectors).Start);
        }
    }

    [Theory]
    [InlineData(ConnectionMode.InitiatorOnly, "azure-calls")]
    [InlineData(ConnectionMode.ResponderOnly, "box-calls")]
    public void Its_connection_mode_says_who_calls(ConnectionMode mode, string only)
    {
        var played = Rehearser.Play(Parts.Box(Parts.Config()), new GatewayPart(new AzureGateway { Mode = mode }, false, false), Parts.Habits);
        Assert.Equal(only, Assert.Single(played.Scenes, s => s.Id is "box-calls" or "azure-calls").Id);
    }

    private static List<string> Messages(Model.Configuration.ConnectionConfig config, AzureGateway gateway, bool byAzure)
    {
        using var stage = StageOf(config, gateway);
        var seen = new List<string>();
        if (byAzure) stage.Gateways[0].Call = (stage.Now, Parts.BoxAddress);
        else stage.Box.Call = (stage.Now, stage.Gateways[0].Address);
        stage.RunUntil(stage.Now + TimeSpan.FromSeconds(10), (end, output) =>
        {
            if (end == stage.Box && output is IkeOutput.MessageSeen { Exchange: Ipsec.Wire.Registry.ExchangeType.IkeSaInit } message
                && !message.Payloads.Contains("N(InvalidKePayload)")) seen.Add(string.Join(' ', message.Payloads));
        });
        return seen;
    }

    private static Stage StageOf(Model.Configuration.ConnectionConfig config, AzureGateway gateway, Func<IkeConnection, IkeConnection>? change = null) =>
        StageOf(Parts.Box(config), gateway, change);

    private static Stage StageOf(BoxPart box, AzureGateway gateway, Func<IkeConnection, IkeConnection>? change = null)
    {
        var (connection, remote) = (box.Endpoints[0].Connection, box.Endpoints[0].Remote);
        var theirs = gateway.Connection(connection with
        {
            LocalIdentity = Identification.Address(remote),
            RemoteIdentity = connection.LocalIdentity,
            RemoteAddresses = [Parts.BoxAddress],
            Mode = ConnectionMode.Default,
        });
        var options = new IkeEndpointOptions();
        return new Stage(
            new StageEnd("box", Parts.BoxAddress, 1, options, connection),
            [new StageEnd("azure", remote, 2, AzureGateway.Endpoint(options), change?.Invoke(theirs) ?? theirs)]);
    }
}
