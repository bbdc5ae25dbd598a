using System.Text;
using System.Text.Json.Nodes;

namespace EdgeVpn.Model.Tests.Azure;

/// <summary>A shell that knows variables and quotes, and an <c>az</c> that remembers what it was told and shows it in REST shape.</summary>
/// <remarks>Every option it does not know is an error: a script that a real <c>az</c> would refuse does not pass here.</remarks>
internal sealed class FakeAz(IReadOnlyDictionary<string, string> environment)
{
    private const string GatewayId = $"{AzureShapes.Group}/virtualNetworkGateways/vpngw";
    private readonly Dictionary<string, string> _variables = [];

    public Dictionary<string, JsonObject> Connections { get; } = [];

    public Dictionary<string, JsonObject> Sites { get; } = [];

    public List<JsonObject> NatRules { get; } = [];

    public void Run(string script)
    {
        foreach (var line in script.Split('\n'))
        {
            if (line.Length == 0 || line[0] == '#' || line == "set -eu") continue;
            var words = Words(line);
            if (words is [var first, ..] && first == "az") Command(words[1..]);
            else Assign(line);
        }
    }

    private void Assign(string line)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        Assert.True(equals > 0, $"neither a command nor a variable: {line}");
        var (name, value) = (line[..equals], line[(equals + 1)..]);
        if (value.StartsWith($"${{{name}:?", StringComparison.Ordinal)) _variables[name] = environment[name];
        else if (value.StartsWith("$(az network vnet-gateway show ", StringComparison.Ordinal)) _variables[name] = GatewayId;
        else _variables[name] = Assert.Single(Words(value));
    }

    private void Command(List<string> words)
    {
        var at = words.FindIndex(w => w.StartsWith('-'));
        var verb = string.Join(' ', words[..at]);
        var options = new Dictionary<string, List<string>>();
        for (var i = at; i < words.Count; i++)
        {
            if (words[i].StartsWith("--", StringComparison.Ordinal)) options[words[i]] = [];
            else options[options.Keys.Last()].Add(words[i]);
        }

        string One(string name) => Assert.Single(Take(name) ?? throw new InvalidOperationException($"{verb} lacks {name}"));
        List<string>? Take(string name) => options.Remove(name, out var values) ? values : null;
        Assert.Equal(environment["GROUP"], One("--resource-group"));
        switch (verb)
        {
            case "network local-gateway create":
                var site = AzureShapes.Parse("{}");
                var siteName = One("--name");
                site["gatewayIpAddress"] = One("--gateway-ip-address");
                site["localNetworkAddressSpace"] = new JsonObject { ["addressPrefixes"] = new JsonArray([.. (Take("--local-address-prefixes") ?? []).Select(p => (JsonNode)p)]) };
                if (Take("--asn") is { } asn) site["bgpSettings"] = new JsonObject { ["asn"] = long.Parse(asn[0]), ["bgpPeeringAddress"] = One("--bgp-peering-address"), ["peerWeight"] = 0 };
                Sites[siteName] = Resource("localNetworkGateways", siteName, site);
                break;
            case "network vpn-connection create":
                var name = One("--name");
                Assert.Equal(environment["GATEWAY"], One("--vnet-gateway1"));
                var there = One("--local-gateway2");
                Assert.Contains(there, Sites.Keys);
                Connections[name] = Resource("connections", name, new JsonObject
                {
                    ["virtualNetworkGateway1"] = new JsonObject { ["id"] = GatewayId },
                    ["localNetworkGateway2"] = new JsonObject { ["id"] = $"{AzureShapes.Group}/localNetworkGateways/{there}" },
                    ["connectionType"] = "IPsec",
                    ["connectionProtocol"] = "IKEv2",
                    ["sharedKey"] = One("--shared-key"),
                    ["enableBgp"] = Take("--enable-bgp") is not null,
                    ["dpdTimeoutSeconds"] = 0,
                    ["connectionMode"] = "Default",
                    ["usePolicyBasedTrafficSelectors"] = Take("--use-policy-based-traffic-selectors") is { } based && based[0] == "true",
                    ["ipsecPolicies"] = new JsonArray(),
                    ["trafficSelectorPolicies"] = new JsonArray(),
                    ["ingressNatRules"] = Ids(Take("--ingress-nat-rule")),
                    ["egressNatRules"] = Ids(Take("--egress-nat-rule")),
                });
                break;
            case "network vpn-connection ipsec-policy add":
                Properties(One("--connection-name"))["ipsecPolicies"]!.AsArray().Add(new JsonObject
                {
                    ["ikeEncryption"] = Of(One("--ike-encryption"), "GCMAES256 GCMAES128 AES256 AES192 AES128"),
                    ["ikeIntegrity"] = Of(One("--ike-integrity"), "SHA384 SHA256 SHA1 GCMAES256 GCMAES128"),
                    ["dhGroup"] = Of(One("--dh-group"), "DHGroup1 DHGroup14 DHGroup2 DHGroup2048 DHGroup24 ECP256 ECP384 None"),
                    ["ipsecEncryption"] = Of(One("--ipsec-encryption"), "AES128 AES192 AES256 DES DES3 GCMAES128 GCMAES192 GCMAES256 None"),
                    ["ipsecIntegrity"] = Of(One("--ipsec-integrity"), "GCMAES128 GCMAES192 GCMAES256 MD5 SHA1 SHA256"),
                    ["pfsGroup"] = Of(One("--pfs-group"), "ECP256 ECP384 None PFS1 PFS14 PFS2 PFS2048 PFS24 PFSMM"),
                    ["saLifeTimeSeconds"] = long.Parse(One("--sa-lifetime")),
                    ["saDataSizeKilobytes"] = long.Parse(One("--sa-max-size")),
                });
                break;
            case "network vpn-connection update":
                var properties = Properties(One("--name"));
                foreach (var setting in Take("--set")!)
                {
                    var (key, value) = (setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]);
                    Assert.Contains(key, properties.Select(p => p.Key));
                    properties[key] = value[0] is '[' or (>= '0' and <= '9') ? JsonNode.Parse(value) : value;
                }

                break;
            case "network vnet-gateway nat-rule add":
                Assert.Equal(environment["GATEWAY"], One("--gateway-name"));
                var rule = One("--name");
                NatRules.Add(Resource("virtualNetworkGateways/vpngw/natRules", rule, new JsonObject
                {
                    ["type"] = Of(One("--type"), "Static Dynamic"),
                    ["mode"] = Of(One("--mode"), "EgressSnat IngressSnat"),
                    ["internalMappings"] = new JsonArray(new JsonObject { ["addressSpace"] = One("--internal-mappings") }),
                    ["externalMappings"] = new JsonArray(new JsonObject { ["addressSpace"] = One("--external-mappings") }),
                }));
                break;
            default:
                Assert.Fail($"az has no {verb}");
                break;
        }

        Assert.Empty(options);
    }

    private JsonObject Properties(string connection) => Connections[connection]["properties"]!.AsObject();

    private static string Of(string word, string words)
    {
        Assert.Contains(word, words.Split(' '));
        return word;
    }

    private static JsonArray Ids(List<string>? ids) => new([.. (ids ?? []).Select(id => (JsonNode)new JsonObject { ["id"] = id })]);

    private static JsonObject Resource(string type, string name, JsonObject properties)
    {
        var id = $"{AzureShapes.Group}/{type}/{name}";
        var path = type.Split('/');
        return new JsonObject { ["name"] = name, ["id"] = id, ["type"] = $"Microsoft.Network/{(path.Length == 1 ? type : $"{path[0]}/{path[^1]}")}", ["properties"] = properties };
    }

    /// <summary>The words of a line: quotes taken off, variables filled in.</summary>
    private List<string> Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var isOpen = false;
        for (var i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case ' ':
                    if (isOpen) words.Add(word.ToString());
                    word.Clear();
                    isOpen = false;
                    continue;
                case '\'':
                    var end = line.IndexOf('\'', i + 1);
                    word.Append(line, i + 1, end - i - 1);
                    i = end;
                    break;
                case '"':
                    for (i++; line[i] != '"'; i++)
                    {
                        if (line[i] != '$')
                        {
                            word.Append(line[i]);
                            continue;
                        }

                        var start = i + 1;
                        while (char.IsAsciiLetterOrDigit(line[i + 1]) || line[i + 1] == '_') i++;
                        word.Append(_variables[line[start..(i + 1)]]);
                    }

                    break;
                case '\\':
                    word.Append(line[++i]);
                    break;
                default:
                    Assert.False(line[i] is '$' or '`' or ';' or '&' or '|' or '<' or '>' or '*' or '(' && words.Count > 0 && words[0] == "az", $"unquoted {line[i]}: {line}");
                    word.Append(line[i]);
                    break;
            }

            isOpen = true;
        }

        if (isOpen) words.Add(word.ToString());
        return words;
    }
}
