using System.Collections.Immutable;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Azure;

/// <summary>The head of a script that the portal makes ("download configuration"): a vendor-neutral block of <c>/Data/KEY = value</c> lines.</summary>
/// <remarks>A value that is its own key's name is a placeholder: <c>/Data/VNG_ASN = VNG_ASN</c> where BGP is off.</remarks>
internal sealed record DeviceScript
{
    private const int MaxLines = 20_000;

    public required string Source { get; init; }

    public required string Connection { get; init; }

    public string? Gateway { get; init; }

    public string? Site { get; init; }

    public ImmutableArray<string> GatewayAddresses { get; init; } = [];

    public string? SiteAddress { get; init; }

    public ImmutableArray<string> GatewayPrefixes { get; init; } = [];

    public ImmutableArray<string> SitePrefixes { get; init; } = [];

    public AzurePolicy? Policy { get; init; }

    public string? SharedKey { get; init; }

    public bool BgpEnabled { get; init; }

    public long? GatewayAsn { get; init; }

    public string? GatewayBgp { get; init; }

    public long? SiteAsn { get; init; }

    public string? SiteBgp { get; init; }

    public static bool IsScript(string text) => text.Contains("/Data/CONNECTION_NAME", StringComparison.OrdinalIgnoreCase) || text.Contains("/Data/VNG_GATEWAYIP", StringComparison.OrdinalIgnoreCase);

    public static DeviceScript Read(string source, string text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var (gateways, ours, theirs) = (new List<string>(), new List<string>(), new List<string>());
        List<string>? block = null; // the list that SP_NetworkCIDR lines belong to
        var lines = 0;
        foreach (var line in text.Split('\n'))
        {
            if (++lines > MaxLines) break;
            if (!TrySplit(line, out var key, out var value)) continue;
            if (key.StartsWith("/Data/", StringComparison.OrdinalIgnoreCase))
            {
                key = key["/Data/".Length..];
                block = key.StartsWith("VnetSubnets/", StringComparison.OrdinalIgnoreCase) ? theirs : key.StartsWith("OnPremiseSubnets/", StringComparison.OrdinalIgnoreCase) ? ours : null;
                if (key.StartsWith("VNG_GATEWAYIPS/", StringComparison.OrdinalIgnoreCase)) gateways.Add(value);
                else if (!value.Equals(key, StringComparison.OrdinalIgnoreCase)) values.TryAdd(key, value);
            }
            else if (key.Equals("SP_NetworkCIDR", StringComparison.OrdinalIgnoreCase))
            {
                block?.Add(value);
            }
        }

        if (gateways.Count == 0 && values.TryGetValue("VNG_GATEWAYIP", out var only)) gateways.Add(only);
        string? Of(string key) => values.GetValueOrDefault(key);
        return new DeviceScript
        {
            Source = source,
            Connection = Of("CONNECTION_NAME") ?? "azure",
            Gateway = Of("VNG_NAME"),
            Site = Of("LNG_NAME"),
            GatewayAddresses = [.. gateways.Distinct()],
            SiteAddress = Of("LNG_GATEWAYIP"),
            GatewayPrefixes = [.. theirs],
            SitePrefixes = [.. ours],
            Policy = Of("IKE_ENCRYPTION_1") is { } ike && Of("IKE_INTEGRITY_1") is { } integrity && Of("IKE_DHGROUP_1") is { } group && Of("IPsec_ENCRYPTION_1") is { } esp
                ? AzurePolicy.Printed(ike, integrity, group, esp, Of("IPsec_INTEGRITY_1") ?? esp, Of("IPsec_PFSGROUP_1") ?? "None", Number(Of("IPsec_SALIFETIME")), Number(Of("IPsec_KB_SALIFETIME")))
                : null,
            SharedKey = Of("CONNECTION_PSK"),
            BgpEnabled = Of("CONNECTION_BGP_ENABLED")?.Equals("true", StringComparison.OrdinalIgnoreCase) ?? false,
            GatewayAsn = Number(Of("VNG_ASN")),
            GatewayBgp = Of("VNG_BGPIP"),
            SiteAsn = Number(Of("LNG_ASN")),
            SiteBgp = Of("LNG_BGPIP"),
        };
    }

    /// <summary>What Virtual WAN lets a person download for a site: the same facts as JSON, one document per link, one entry per hub.</summary>
    public static IEnumerable<DeviceScript> OfVirtualWan(string source, AzureNode node)
    {
        var (site, number) = (node["vpnSiteConfiguration"], 0);
        foreach (var hub in node["vpnSiteConnections"].Items.Where(c => c.IsObject))
        {
            var (gateway, connection) = (hub["gatewayConfiguration"], hub["connectionConfiguration"]);
            var name = site["name"].Text ?? "azure";
            yield return new DeviceScript
            {
                Source = source,
                Connection = ++number == 1 ? name : $"{name}-{number}",
                GatewayAddresses = [.. Instances(gateway["ipAddresses"])],
                SiteAddress = site["ipAddress"].Text,
                GatewayPrefixes = [.. hub["hubConfiguration"]["addressSpace"].Texts, .. hub["hubConfiguration"]["connectedSubnets"].Texts],
                SharedKey = connection["psk"].Text,
                BgpEnabled = connection["isBgpEnabled"].IsTrue,
                GatewayAsn = gateway["bgpSetting"]["asn"].Number,
                GatewayBgp = Instances(gateway["bgpSetting"]["bgpPeeringAddresses"]).FirstOrDefault(),
                SiteAsn = site["bgpSetting"]["asn"].Number,
                SiteBgp = site["bgpSetting"]["bgpPeeringAddress"].Text,
            };
        }

        static IEnumerable<string> Instances(AzureNode node) => new[] { node["instance0"].Text, node["instance1"].Text }.OfType<string>();
    }

    private static bool TrySplit(string line, out string key, out string value)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        (key, value) = equals < 0 ? ("", "") : (line[..equals].Trim(' ', '\t', '!', '#', '>'), line[(equals + 1)..].Trim());
        return key.Length > 0 && value.Length > 0;
    }

    private static long? Number(string? text) => long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;
}
