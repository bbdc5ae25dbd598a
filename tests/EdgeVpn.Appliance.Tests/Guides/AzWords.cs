namespace EdgeVpn.Appliance.Tests.Guides;

/// <summary>The commands of <c>az</c> that our pages use, with the options that its reference documents for them.</summary>
internal static class AzWords
{
    private static readonly Dictionary<string, string> s_options = new()
    {
        ["group create"] = "--name --location",
        ["network vnet create"] = "--resource-group --name --address-prefixes --subnet-name --subnet-prefixes --location",
        ["network vnet show"] = "--resource-group --name",
        ["network public-ip create"] = "--resource-group --name --sku --zone --allocation-method",
        ["network vnet-gateway create"] = "--resource-group --name --vnet --public-ip-addresses --gateway-type --vpn-type --sku --asn --bgp-peering-address --no-wait --vpn-gateway-generation",
        ["network vnet-gateway show"] = "--resource-group --name --query --output",
        ["network local-gateway create"] = "--resource-group --name --gateway-ip-address --local-address-prefixes --asn --bgp-peering-address",
        ["network local-gateway show"] = "--resource-group --name",
        ["network vpn-connection create"] = "--resource-group --name --vnet-gateway1 --local-gateway2 --shared-key --enable-bgp --use-policy-based-traffic-selectors --ingress-nat-rule --egress-nat-rule",
        ["network vpn-connection show"] = "--resource-group --name",
        ["network vpn-connection update"] = "--resource-group --name --set",
        ["network vpn-connection shared-key show"] = "--resource-group --connection-name",
        ["network vpn-connection ipsec-policy add"] = "--resource-group --connection-name --ike-encryption --ike-integrity --dh-group --ipsec-encryption --ipsec-integrity --pfs-group --sa-lifetime --sa-max-size",
    };

    /// <summary>What is wrong with a command; null if nothing.</summary>
    public static string? Fault(IReadOnlyList<string> words)
    {
        var verb = string.Join(' ', words.TakeWhile(w => !w.StartsWith('-')));
        if (!s_options.TryGetValue(verb, out var options)) return $"az has no \"{verb}\"";
        var unknown = words.Where(w => w.StartsWith('-') && !options.Split(' ').Contains(w)).ToList();
        return unknown.Count == 0 ? null : $"az {verb} has no {string.Join(", ", unknown)}";
    }
}
