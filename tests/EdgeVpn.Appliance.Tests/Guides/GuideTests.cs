using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Tests.Local;
using EdgeVpn.Guides;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Guides;

/// <summary>Every command of every guide, in its order, with the guide's own files: run where it needs no daemon and no root, else read by the real command line.</summary>
public sealed class GuideTests : IDisposable
{
    private const string Group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/lyon/providers/Microsoft.Network";

    // Need no daemon: they are run.
    private static readonly string[] s_offline = ["import azure ", "export azure ", "config check ", "explain ", "lint ", "rehearse "];
    private static readonly string[] s_others = ["openssl", "install", "systemctl", "swanctl", "sh"];

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-guide-").FullName;
    private readonly CommandBench _bench = new();

    public static TheoryData<string> Names => [.. Guide.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_command_of_a_guide_does_what_it_says(string name)
    {
        var guide = Guide.Read(name);
        Assert.NotEmpty(guide.Commands);
        foreach (var (file, text) in guide.Files) await File.WriteAllTextAsync(Path.Combine(_folder, file), text, TestContext.Current.CancellationToken);
        foreach (var command in guide.Commands)
        {
            var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(w => w == "sudo").ToList();
            var into = words.IndexOf(">") is >= 0 and var at ? words[at + 1] : null;
            if (into is not null) words.RemoveRange(words.IndexOf(">"), 2);
            var output = words[0] switch
            {
                "edgevpn" => await EdgeVpnAsync(words[1..], command),
                "az" => Az(words[1..], command),
                _ => Other(words, command),
            };
            if (into is not null) await File.WriteAllTextAsync(Path.Combine(_folder, into), output, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The documents that a guide prints are valid by themselves.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_configuration_in_a_guide_is_valid(string name)
    {
        foreach (var (file, text) in Guide.Read(name).Files.Where(f => f.Value.Contains("\"connections\"", StringComparison.Ordinal)))
            Assert.True(ConfigurationReader.Read(text).IsValid, $"{file}: {string.Join('\n', ConfigurationReader.Read(text).Problems)}");
    }

    private async Task<string> EdgeVpnAsync(List<string> words, string command)
    {
        if (!Array.Exists(s_offline, start => string.Join(' ', words).StartsWith(start, StringComparison.Ordinal)))
        {
            var errors = EdgeVpnCommandLine.Build(_bench.Actions, new Terminal { Out = TextWriter.Null, Error = TextWriter.Null }).Parse(words).Errors;
            Assert.True(errors.Count == 0, $"{command}: {string.Join("; ", errors)}");
            return "";
        }

        var ran = await _bench.RunAsync([.. words.Select(w => w.Contains('.', StringComparison.Ordinal) && !w.StartsWith('-') ? Path.Combine(_folder, w) : w)]);
        Assert.True(ran.Code == ExitCode.Done, $"{command}: {ran.Code}\n{ran.Out}{ran.Error}");
        return ran.Out;
    }

    private static string Az(List<string> words, string command)
    {
        Assert.True(AzWords.Fault(words) is null, $"{command}: {AzWords.Fault(words)}");
        return string.Join(' ', words.TakeWhile(w => !w.StartsWith('-'))) switch
        {
            "network vpn-connection show" => $$"""
                { "id": "{{Group}}/connections/hub", "name": "hub", "type": "Microsoft.Network/connections", "connectionType": "IPsec", "connectionProtocol": "IKEv2", "sharedKey": null,
                  "virtualNetworkGateway1": { "id": "{{Group}}/virtualNetworkGateways/vpngw" }, "localNetworkGateway2": { "id": "{{Group}}/localNetworkGateways/lyon" },
                  "ipsecPolicies": [{ "ikeEncryption": "GCMAES256", "ikeIntegrity": "SHA384", "dhGroup": "ECP384", "ipsecEncryption": "GCMAES256", "ipsecIntegrity": "GCMAES256", "pfsGroup": "ECP384",
                                      "saLifeTimeSeconds": 27000, "saDataSizeKilobytes": 102400000 }], "dpdTimeoutSeconds": 45, "connectionMode": "Default" }
                """,
            "network vpn-connection shared-key show" => $$"""{ "id": "{{Group}}/connections/hub/sharedkey", "value": "Zq81Lkd72Mnb39Xc5TgY" }""",
            "network vnet-gateway show" => $$"""
                { "id": "{{Group}}/virtualNetworkGateways/vpngw", "name": "vpngw", "type": "Microsoft.Network/virtualNetworkGateways", "gatewayType": "Vpn", "vpnType": "RouteBased", "activeActive": false,
                  "ipConfigurations": [{ "id": "{{Group}}/virtualNetworkGateways/vpngw/ipConfigurations/default", "subnet": { "id": "{{Group}}/virtualNetworks/vnet1/subnets/GatewaySubnet" } }],
                  "bgpSettings": { "asn": 65515, "bgpPeeringAddresses": [{ "ipconfigurationId": "{{Group}}/virtualNetworkGateways/vpngw/ipConfigurations/default", "tunnelIpAddresses": ["203.0.113.20"] }] } }
                """,
            "network local-gateway show" => $$"""
                { "id": "{{Group}}/localNetworkGateways/lyon", "name": "lyon", "type": "Microsoft.Network/localNetworkGateways", "gatewayIpAddress": "198.51.100.7", "localNetworkAddressSpace": { "addressPrefixes": ["10.10.0.0/24"] } }
                """,
            "network vnet show" => $$"""{ "id": "{{Group}}/virtualNetworks/vnet1", "name": "vnet1", "type": "Microsoft.Network/virtualNetworks", "addressSpace": { "addressPrefixes": ["10.20.0.0/16"] }, "subnets": [] }""",
            _ => "",
        };
    }

    /// <summary>Another program: its own business, but its files must be there, and a script's own commands are read.</summary>
    private string Other(List<string> words, string command)
    {
        Assert.Contains(words[0], s_others);
        if (words[0] != "sh") return "";
        var script = File.ReadAllLines(Path.Combine(_folder, words[1]));
        var calls = script.Where(l => l.StartsWith("az ", StringComparison.Ordinal)).ToList();
        Assert.True(calls.Count >= 3, command);
        foreach (var call in calls) Assert.Null(AzWords.Fault([.. call.Split(' ')[1..].Where(w => !w.StartsWith('"'))]));
        return "";
    }
}
