using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Model.Azure;

namespace EdgeVpn.Model.Tests.Azure;

/// <summary>One small Azure estate, printed as each of Azure's tools would print it.</summary>
internal static class AzureShapes
{
    public const string Group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/lyon/providers/Microsoft.Network";
    public const string Psk = "Zq81Lkd72Mnb39Xc5TgY";

    /// <summary>A connection in REST shape; <paramref name="change"/> edits its <c>properties</c>.</summary>
    public static JsonObject Connection(Action<JsonObject>? change = null, string name = "lyon-hub")
    {
        var properties = Parse($$"""
            { "provisioningState": "Succeeded",
              "virtualNetworkGateway1": { "id": "{{Group}}/virtualNetworkGateways/vpngw" },
              "localNetworkGateway2": { "id": "{{Group}}/localNetworkGateways/lyon" },
              "connectionType": "IPsec", "connectionProtocol": "IKEv2", "routingWeight": 0, "sharedKey": "{{Psk}}", "enableBgp": false,
              "useLocalAzureIpAddress": false, "usePolicyBasedTrafficSelectors": false, "ipsecPolicies": [], "trafficSelectorPolicies": [],
              "dpdTimeoutSeconds": 0, "connectionMode": "Default", "gatewayCustomBgpIpAddresses": [] }
            """);
        change?.Invoke(properties);
        return Resource("connections", name, properties);
    }

    /// <summary>An active-standby gateway.</summary>
    public static JsonObject Gateway(Action<JsonObject>? change = null)
    {
        var properties = Parse($$"""
            { "ipConfigurations": [{ "name": "default", "id": "{{Group}}/virtualNetworkGateways/vpngw/ipConfigurations/default",
                "properties": { "privateIPAllocationMethod": "Dynamic", "publicIPAddress": { "id": "{{Group}}/publicIPAddresses/pip1" },
                                "subnet": { "id": "{{Group}}/virtualNetworks/vnet1/subnets/GatewaySubnet" } } }],
              "natRules": [], "sku": { "name": "VpnGw1AZ", "tier": "VpnGw1AZ" }, "gatewayType": "Vpn", "vpnType": "RouteBased", "activeActive": false, "enableBgp": false,
              "bgpSettings": { "asn": 65515, "bgpPeeringAddress": "10.20.255.30", "peerWeight": 0,
                "bgpPeeringAddresses": [{ "ipconfigurationId": "{{Group}}/virtualNetworkGateways/vpngw/ipConfigurations/default",
                  "defaultBgpIpAddresses": ["10.20.255.30"], "customBgpIpAddresses": [], "tunnelIpAddresses": ["203.0.113.20"] }] } }
            """);
        change?.Invoke(properties);
        return Resource("virtualNetworkGateways", "vpngw", properties);
    }

    /// <summary>Makes an active-active gateway of it.</summary>
    public static void ActiveActive(JsonObject gateway)
    {
        gateway["activeActive"] = true;
        var second = $"{Group}/virtualNetworkGateways/vpngw/ipConfigurations/activeActive";
        gateway["ipConfigurations"]!.AsArray().Add(Parse($$"""{ "name": "activeActive", "id": "{{second}}", "properties": { "publicIPAddress": { "id": "{{Group}}/publicIPAddresses/pip2" } } }"""));
        gateway["bgpSettings"]!["bgpPeeringAddresses"]!.AsArray().Add(Parse($$"""
            { "ipConfigurationId": "{{second}}", "defaultBgpIpAddresses": ["10.20.255.31"], "customBgpIpAddresses": ["169.254.21.3"], "tunnelIpAddresses": ["203.0.113.21"] }
            """));
    }

    public static JsonObject Site(Action<JsonObject>? change = null)
    {
        var properties = Parse("""{ "localNetworkAddressSpace": { "addressPrefixes": ["10.10.0.0/24"] }, "gatewayIpAddress": "198.51.100.7" }""");
        change?.Invoke(properties);
        return Resource("localNetworkGateways", "lyon", properties);
    }

    public static JsonObject Network() => Resource("virtualNetworks", "vnet1", Parse("""{ "addressSpace": { "addressPrefixes": ["10.20.0.0/16"] }, "subnets": [] }"""));

    public static JsonObject Policy(string ike = "AES256", string integrity = "SHA256", string group = "ECP384", string esp = "GCMAES256", string espIntegrity = "GCMAES256", string pfs = "ECP384") => Parse($$"""
        { "saLifeTimeSeconds": 14400, "saDataSizeKilobytes": 2048000, "ipsecEncryption": "{{esp}}", "ipsecIntegrity": "{{espIntegrity}}",
          "ikeEncryption": "{{ike}}", "ikeIntegrity": "{{integrity}}", "dhGroup": "{{group}}", "pfsGroup": "{{pfs}}" }
        """);

    public static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private static JsonObject Resource(string type, string name, JsonObject properties) => new()
    {
        ["name"] = name,
        ["id"] = $"{Group}/{type}/{name}",
        ["type"] = $"Microsoft.Network/{type}",
        ["location"] = "francecentral",
        ["properties"] = properties,
    };

    /// <summary><c>az … show</c>: <c>properties</c> flattened, at every level.</summary>
    public static JsonNode Flattened(JsonNode node)
    {
        if (node is JsonArray list) return new JsonArray([.. list.Select(i => i is null ? null : Flattened(i))]);
        if (node is not JsonObject holder) return node.DeepClone();
        var flat = new JsonObject();
        foreach (var (name, value) in holder)
        {
            if (name == "properties" && value is JsonObject inner)
            {
                foreach (var (key, nested) in Flattened(inner).AsObject().ToList())
                    flat[flat.ContainsKey(key) ? $"{key}PropertiesType" : key] = nested?.DeepClone(); // a rule's "type" beside the resource's
            }
            else
            {
                flat[name] = value is null ? null : Flattened(value);
            }
        }

        return flat;
    }

    /// <summary>The example of the REST reference: under <c>responses.200.body</c>.</summary>
    public static JsonNode Rest(JsonNode node) => new JsonObject
    {
        ["parameters"] = new JsonObject { ["api-version"] = "2024-05-01" },
        ["responses"] = new JsonObject { ["200"] = new JsonObject { ["body"] = node.DeepClone() } },
    };

    /// <summary>PowerShell's ConvertTo-Json -Depth 10: flattened, in Pascal case, without a type.</summary>
    public static JsonNode PowerShell(JsonNode node)
    {
        var pascal = Pascal(Flattened(node)).AsObject();
        pascal.Remove("Type");
        return pascal;
    }

    /// <summary>PowerShell's ConvertTo-Json without -Depth: deep values are type names, and text siblings tell them.</summary>
    public static JsonNode PowerShellCut(JsonNode node)
    {
        var whole = PowerShell(node).AsObject();
        var cut = new JsonObject();
        foreach (var (name, value) in whole.ToList())
        {
            var isDeep = value is JsonObject or JsonArray { Count: > 0 };
            cut[name] = isDeep ? value is JsonArray ? new JsonArray("Microsoft.Azure.Commands.Network.Models.PSThing") : "Microsoft.Azure.Commands.Network.Models.PSThing" : value?.DeepClone();
            if (isDeep) cut[name + "Text"] = value!.ToJsonString();
        }

        return cut;
    }

    private static JsonNode Pascal(JsonNode node) => node switch
    {
        JsonArray list => new JsonArray([.. list.Select(i => i is null ? null : Pascal(i))]),
        JsonObject holder => new JsonObject(holder.Select(m => KeyValuePair.Create(char.ToUpperInvariant(m.Key[0]) + m.Key[1..], m.Value is null ? null : Pascal(m.Value)))),
        _ => node.DeepClone(),
    };

    /// <summary>What <c>az group export</c> makes: names in parameters, ids as expressions.</summary>
    public static JsonNode Template(params JsonObject[] resources)
    {
        var parameters = new JsonObject();
        var list = new JsonArray();
        foreach (var resource in resources)
        {
            var copy = JsonNode.Parse(Expressions(resource.ToJsonString()))!.AsObject();
            var type = copy["type"]!.GetValue<string>().Split('/')[1];
            var name = copy["name"]!.GetValue<string>();
            var parameter = $"{type}_{name.Replace('-', '_')}_name";
            parameters[parameter] = new JsonObject { ["defaultValue"] = name, ["type"] = "String" };
            copy["name"] = $"[parameters('{parameter}')]";
            copy.Remove("id");
            copy["apiVersion"] = "2024-05-01";
            list.Add(copy);
        }

        return new JsonObject
        {
            ["$schema"] = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
            ["contentVersion"] = "1.0.0.0",
            ["parameters"] = parameters,
            ["variables"] = new JsonObject(),
            ["resources"] = list,
        };
    }

    // Ids become expressions of the names' parameters, as an export writes them.
    private static string Expressions(string json)
    {
        foreach (var (type, name) in new[] { ("virtualNetworkGateways", "vpngw"), ("localNetworkGateways", "lyon") })
            json = json.Replace($"\"{Group}/{type}/{name}\"", $"\"[resourceId('Microsoft.Network/{type}', parameters('{type}_{name}_name'))]\"", StringComparison.Ordinal);
        return json.Replace($"\"{Group}/virtualNetworkGateways/vpngw/ipConfigurations/default\"", "\"[concat(resourceId('Microsoft.Network/virtualNetworkGateways', parameters('virtualNetworkGateways_vpngw_name')), '/ipConfigurations/default')]\"", StringComparison.Ordinal)
            .Replace($"\"{Group}/virtualNetworks/vnet1/subnets/GatewaySubnet\"", "\"[concat(resourceId('Microsoft.Network/virtualNetworks', parameters('virtualNetworks_vnet1_name')), '/subnets/GatewaySubnet')]\"", StringComparison.Ordinal);
    }

    /// <summary>The head of the portal's script.</summary>
    public static string Script(string addresses = "/Data/VNG_GATEWAYIPS/IpAddress/IP = 203.0.113.20", string bgp = "False", string dh = "DHGroup2", string pfs = "None", string lifetime = "3600") => $"""
        ! [1] Resource names
        /Data/CONNECTION_NAME = lyon-hub
        /Data/VNG_NAME        = vpngw
        /Data/LNG_NAME        = lyon
        ! [2] Public IP address of the Azure VPN gateway
        /Data/VNG_GATEWAYIP   = 203.0.113.20
        {addresses}
        ! [3] Public IP address of the on-premises VPN device
        /Data/LNG_GATEWAYIP   = 198.51.100.7
        ! [4] VNet address prefixes
        /Data/VnetSubnets/Subnet/SP_NetworkIpRange = 10.20.0.0
          SP_NetworkSubnetMask   = 255.255.0.0
          SP_NetworkCIDR         = 10.20.0.0/16
        ! [5] On-premises address prefixes
        /Data/OnPremiseSubnets/Subnet/SP_NetworkIpRange = 10.10.0.0
          SP_NetworkCIDR         = 10.10.0.0/24
        ! [6] Phase 1/Main Mode:
        /Data/IKE_ENCRYPTION_1 = AES256
        /Data/IKE_INTEGRITY_1  = SHA256
        /Data/IKE_DHGROUP_1    = {dh}
        /Data/IKE_SALIFETIME_1 = 28800
        ! [7] Phase 2/Quick Mode:
        /Data/IPsec_ENCRYPTION_1 	= AES256
        /Data/IPsec_INTEGRITY_1  	= SHA256
        /Data/IPsec_PFSGROUP_1   	= {pfs}
        /Data/IPsec_SALIFETIME   	= {lifetime}
        /Data/IPsec_KB_SALIFETIME   = 102400000
        ! [8] Connection pre-shared key
        /Data/CONNECTION_PSK = {Psk}
        ! [9] BGP parameters
        /Data/CONNECTION_BGP_ENABLED  = {bgp}
        /Data/VNG_ASN                 = {(bgp == "True" ? "65515" : "VNG_ASN")}
        /Data/VNG_BGPIP               = {(bgp == "True" ? "10.20.255.30" : "VNG_BGPIP")}
        /Data/LNG_ASN                = {(bgp == "True" ? "65010" : "LNG_ASN")}
        /Data/LNG_BGPIP              = {(bgp == "True" ? "10.10.0.1" : "LNG_BGPIP")}
        ! [11] Misc
        /Data/AccessList				= Azure-ACL-lyon-hub
        """;

    public static AzureFile File(string text, string name = "azure.json") => new(name, Encoding.UTF8.GetBytes(text));

    public static AzureFile File(JsonNode node, string name = "azure.json") => File(node.ToJsonString(new JsonSerializerOptions { WriteIndented = true }), name);

    public static AzureImportResult Import(params JsonNode[] documents) => AzureImport.Read([.. documents.Select((d, i) => File(d, $"{i}.json"))], new AzureImportOptions());
}
