using System.Text;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using static EdgeVpn.Model.Tests.Azure.AzureShapes;

namespace EdgeVpn.Model.Tests.Azure;

/// <summary>Every shape of the same estate becomes the same configuration.</summary>
public class AzureShapeTests
{
    private static readonly AzureImportOptions s_none = new();

    private static string Expected => """
        {
          "connections": [{
            "name": "lyon-hub",
            "local": { "identity": "198.51.100.7", "networks": ["10.10.0.0/24"] },
            "remote": { "endpoints": [{ "address": "203.0.113.20" }], "networks": ["10.20.0.0/16"] },
            "authentication": { "type": "psk", "secret": "lyon-hub" }
          }],
          "secrets": { "lyon-hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } }
        }
        """;

    private static JsonObject[] Estate => [Connection(), Gateway(), Site(), Network()];

    private static void Same(AzureImportResult result, string expected)
    {
        Assert.True(result.Configuration is not null, string.Join('\n', result.Remarks) + string.Join('\n', result.Problems));
        var wanted = EdgeVpn.Model.Validation.ConfigurationReader.Read(expected).Configuration!;
        Assert.Equal(Text(wanted), Text(result.Configuration));
    }

    private static string Text(BoxConfig config) => Encoding.UTF8.GetString(ConfigurationWriter.WriteForStorage(config));

    [Fact]
    public void Rest_bodies_become_a_configuration() => Same(Import(Estate), Expected);

    [Fact]
    public void Flattened_documents_of_az_become_the_same() => Same(Import([.. Estate.Select(Flattened)]), Expected);

    [Fact]
    public void Examples_of_the_rest_reference_become_the_same() => Same(Import([.. Estate.Select(Rest)]), Expected);

    [Fact]
    public void Powershell_objects_become_the_same() => Same(Import([.. Estate.Select(PowerShell)]), Expected);

    [Fact]
    public void Powershell_objects_cut_at_depth_two_are_read_from_their_text_siblings() => Same(Import([.. Estate.Select(PowerShellCut)]), Expected);

    [Fact]
    public void What_powershell_cut_off_without_a_sibling_is_said_with_the_remedy()
    {
        var cut = PowerShellCut(Site()).AsObject();
        cut.Remove("LocalNetworkAddressSpaceText");
        var result = Import(Connection(), Gateway(), Network(), cut);
        Assert.Null(result.Configuration);
        Assert.Contains(result.Remarks, r => r.Sentence.Contains("localNetworkAddressSpace", StringComparison.OrdinalIgnoreCase) && r.Remedy!.Contains("-Depth 10", StringComparison.Ordinal));
    }

    [Fact]
    public void A_template_becomes_the_same()
    {
        // An export holds no key, and no address that only Azure knows.
        var result = AzureImport.Read(
            [File(Template(Connection(c => c.Remove("sharedKey")), Gateway(), Site(), Network()))], s_none with { Psk = Psk });
        Same(result, Expected);
    }

    [Fact]
    public void A_templates_parameters_come_from_a_file_beside_it_in_any_order()
    {
        var template = Template(Connection(c => c["sharedKey"] = "[parameters('psk')]"), Gateway(), Site(), Network());
        template["parameters"]!["psk"] = new JsonObject { ["type"] = "SecureString" };
        var parameters = Parse($$"""{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "parameters": { "psk": { "value": "{{Psk}}" } } }""");
        Same(Import(parameters, template), Expected);
        Same(Import(template, parameters), Expected);
        Assert.Contains(Import(template).Remarks, r => r.Kind == ImportRemarkKind.Missing && r.Remedy!.Contains("--psk", StringComparison.Ordinal));
    }

    [Fact]
    public void The_portals_script_alone_becomes_the_same() => Same(AzureImport.Read([File(Script(), "script.txt")], s_none), Expected);

    [Fact]
    public void A_script_that_az_wrapped_into_a_json_string_is_unwrapped() => Same(AzureImport.Read([File(JsonValue.Create(Script()), "script.json")], s_none), Expected);

    [Fact]
    public void Files_may_come_in_any_order_and_mixture()
    {
        JsonNode[] shapes = [Flattened(Connection()), PowerShell(Gateway()), Rest(Site()), Network()];
        foreach (var order in new[] { "0123", "3210", "2031", "1302" })
            Same(Import([.. order.Select(c => shapes[c - '0'])]), Expected);
    }

    [Fact]
    public void One_file_may_hold_several_documents_a_list_or_the_lists_of_rest()
    {
        Same(AzureImport.Read([File(string.Join('\n', Estate.Select(e => e.ToJsonString())))], s_none), Expected);
        Same(Import(new JsonArray([.. Estate])), Expected);
        Same(Import(new JsonObject { ["value"] = new JsonArray([.. Estate]), ["nextLink"] = null }), Expected);
    }

    [Fact]
    public void Windows_powershells_utf16_and_byte_order_marks_are_read()
    {
        var text = string.Join('\n', Estate.Select(e => PowerShell(e).ToJsonString()));
        foreach (var encoding in new Encoding[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF8 })
            Same(AzureImport.Read([new AzureFile("ps.json", (byte[])[.. encoding.GetPreamble(), .. encoding.GetBytes(text)])], s_none), Expected);
    }

    [Fact]
    public void Virtual_wan_becomes_a_configuration()
    {
        var gateway = Parse($$"""
            { "name": "hubgw", "id": "{{Group}}/vpnGateways/hubgw", "type": "Microsoft.Network/vpnGateways", "properties": {
              "virtualHub": { "id": "{{Group}}/virtualHubs/hub1" },
              "connections": [{ "name": "lyon", "id": "{{Group}}/vpnGateways/hubgw/vpnConnections/lyon", "properties": {
                "remoteVpnSite": { "id": "{{Group}}/vpnSites/lyon" },
                "vpnLinkConnections": [{ "name": "lyon-hub", "id": "{{Group}}/vpnGateways/hubgw/vpnConnections/lyon/vpnLinkConnections/lyon-hub", "properties": {
                  "vpnSiteLink": { "id": "{{Group}}/vpnSites/lyon/vpnSiteLinks/link1" }, "sharedKey": "{{Psk}}", "vpnConnectionProtocolType": "IKEv2", "ipsecPolicies": [], "enableBgp": false } }] } }],
              "bgpSettings": { "asn": 65515, "bgpPeeringAddresses": [
                { "ipConfigurationId": "Instance0", "defaultBgpIpAddresses": ["10.20.0.12"], "tunnelIpAddresses": ["10.20.0.4", "203.0.113.20"] },
                { "ipConfigurationId": "Instance1", "defaultBgpIpAddresses": ["10.20.0.13"], "tunnelIpAddresses": ["203.0.113.21", "10.20.0.5"] }] } } }
            """);
        var site = Parse($$"""
            { "name": "lyon", "id": "{{Group}}/vpnSites/lyon", "type": "Microsoft.Network/vpnSites", "properties": { "addressSpace": { "addressPrefixes": ["10.10.0.0/24"] },
              "vpnSiteLinks": [{ "name": "link1", "id": "{{Group}}/vpnSites/lyon/vpnSiteLinks/link1", "properties": { "ipAddress": "198.51.100.7" } }] } }
            """);
        var hub = Parse($$"""{ "name": "hub1", "id": "{{Group}}/virtualHubs/hub1", "type": "Microsoft.Network/virtualHubs", "properties": { "addressPrefix": "10.20.0.0/16" } }""");
        Same(Import(gateway, site, hub), Expected.Replace("[{ \"address\": \"203.0.113.20\" }]", "[{ \"address\": \"203.0.113.20\" }, { \"address\": \"203.0.113.21\" }], \"strategy\": \"all\"", StringComparison.Ordinal));
    }

    [Fact]
    public void The_file_that_virtual_wan_lets_one_download_needs_only_the_lan()
    {
        var file = new JsonArray(Parse($$"""
            { "configurationVersion": { "LastUpdatedTime": "2026-11-22T00:00:00Z", "Version": "x" },
              "vpnSiteConfiguration": { "Name": "lyon-hub", "IPAddress": "198.51.100.7", "LinkName": "" },
              "vpnSiteConnections": [{
                "hubConfiguration": { "AddressSpace": "10.20.0.0/24", "Region": "West Europe", "ConnectedSubnets": ["10.21.0.0/16"] },
                "gatewayConfiguration": { "IpAddresses": { "Instance0": "203.0.113.20", "Instance1": "203.0.113.21" } },
                "connectionConfiguration": { "IsBgpEnabled": false, "PSK": "{{Psk}}", "IPsecParameters": { "SADataSizeInKilobytes": 102400000, "SALifeTimeInSeconds": 3600 } } }] }
            """));
        Assert.Contains("--lan", Assert.Single(Import(file).Remarks, r => r.Kind == ImportRemarkKind.Missing).Remedy);
        var connection = AzureImport.Read([File(file)], s_none with { Lan = [System.Net.IPNetwork.Parse("10.10.0.0/24")] }).Configuration!.Connections[0];
        Assert.Equal(("198.51.100.7", EndpointStrategy.All), (connection.Local.Identity, connection.Remote.Strategy));
        Assert.Equal(["203.0.113.20", "203.0.113.21"], connection.Remote.Endpoints.Select(e => e.Address.ToString()));
        Assert.Equal(["10.20.0.0/24", "10.21.0.0/16"], connection.Remote.Networks.Select(n => n.ToString()));
    }

    [Fact]
    public void The_samples_beside_the_repository_are_read()
    {
        var folder = Environment.GetEnvironmentVariable("EDGEVPN_SHARED") is { Length: > 0 } shared ? Path.Combine(shared, "vectors", "azure") : null;
        Assert.SkipWhen(folder is null || !Directory.Exists(folder), "no samples of Azure beside this checkout (EDGEVPN_SHARED)");
        AzureFile Of(string name) => new(name, System.IO.File.ReadAllBytes(Path.Combine(folder!, name)));

        var script = AzureImport.Read([Of("cli-recording-2022-device-config-script-cisco-isr-params.txt")], s_none).Configuration!.Connections[0];
        Assert.Equal(("conn1", "20.237.224.160", "131.107.72.22"), (script.Name, script.Remote.Endpoints[0].Address.ToString(), script.Local.Identity));
        Assert.Equal(["10.11.0.0/16", "10.12.0.0/16"], script.Remote.Networks.Select(n => n.ToString()));
        Assert.Equal(["10.61.0.0/16", "10.62.0.0/16"], script.Local.Networks.Select(n => n.ToString()));

        AzureFile[] rest = [Of("rest-2024-05-01-VirtualNetworkGatewayConnectionGet.json"), Of("rest-2024-05-01-VirtualNetworkGatewayGet.json"), Of("rest-2024-05-01-LocalNetworkGatewayGet.json")];
        var asked = AzureImport.Read(rest, s_none);
        Assert.Null(asked.Configuration);
        Assert.Equal(["--wan-address", "--vnet"], asked.Remarks.Where(r => r.Kind == ImportRemarkKind.Missing).Select(r => r.Remedy!.Split(' ')[0]));
        var told = AzureImport.Read(rest, s_none with { WanAddress = System.Net.IPAddress.Parse("198.51.100.7"), Vnet = [System.Net.IPNetwork.Parse("10.20.0.0/16")] }).Configuration!.Connections[0];
        Assert.Equal("52.161.10.135", told.Remote.Endpoints[0].Address.ToString());
        Assert.Equal(TimeSpan.FromSeconds(30), told.Dpd.Timeout);
        Assert.Equal(2, told.Nat.Length);

        var both = AzureImport.Read([Of("cli-recording-2022-conn1-default-policy.json"), Of("cli-recording-2022-device-config-script-cisco-isr-params.txt")], s_none);
        Assert.Single(both.Configuration!.Connections);
    }
}
