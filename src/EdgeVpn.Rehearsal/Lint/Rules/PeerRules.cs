using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>What Azure takes of a connection beside its proposals: secret, DPD, who must call, what Basic lacks.</summary>
internal static class PeerRules
{
    private const int ShortestAdvisedSecret = 20; // Microsoft's troubleshooter
    private const int LongestSecret = 128;

    public static void Check(LintContext context)
    {
        Secret(context);
        Dpd(context);
        if (context.IsBehindNat && context.Connection.Mode == ConnectionMode.Responder)
            context.Error(FindingId.NatMustCall, context.Path["mode"], "Behind a NAT the box must call: Azure cannot.", "\"mode\": \"initiator\" or \"default\"");
        if (context.Azure.Sku?.Equals("Basic", StringComparison.OrdinalIgnoreCase) ?? false) Basic(context);
        if (context.Connection.Remote is { Strategy: EndpointStrategy.All, Endpoints.Length: > 1 } && context.Connection.Bgp is null)
        {
            context.Warn(
                FindingId.ActiveActiveBgp, context.Path["remote"]["strategy"],
                "Two tunnels to one site need BGP at Azure, and a flow may come back by the other tunnel: Azure promises no symmetry.",
                "\"strategy\": \"failover\", or a \"bgp\" part");
        }

        if (!context.Connection.TrafficSelectors.IsAny)
        {
            context.Info(
                FindingId.SelectorsOfAzure, context.Path["trafficSelectors"],
                "Azure takes these selectors when the box calls; when Azure calls it proposes its own: any to any, unless the connection has usePolicyBasedTrafficSelectors or trafficSelectorPolicies.");
        }
    }

    private static void Secret(LintContext context)
    {
        if (context.Connection.Authentication is not PskAuthentication psk
            || !context.Configuration.Secrets.TryGetValue(psk.Secret, out var secret) || secret.Psk is not { } text) return;
        var path = JsonPath.Root["secrets"][psk.Secret]["psk"];
        var key = text.Reveal();
        if (key.Any(static c => c is < '!' or > '~' or '-' or '~'))
            context.Error(FindingId.SecretCharacters, path, "Azure refuses this secret: printable ASCII without space, '-' and '~' only.", "letters and digits");
        if (key.Length > LongestSecret)
            context.Error(FindingId.SecretLength, path, $"Azure refuses a secret of more than {LongestSecret} characters.", $"{ShortestAdvisedSecret} to {LongestSecret} letters and digits");
        else if (key.Length < ShortestAdvisedSecret)
            context.Warn(FindingId.SecretLength, path, $"A secret of {key.Length} characters can be guessed by whoever records one handshake; Microsoft advises {ShortestAdvisedSecret} or more.", $"{ShortestAdvisedSecret} random letters and digits or more");
    }

    private static void Dpd(LintContext context)
    {
        var (timeout, path) = (context.Connection.Dpd.Timeout.TotalSeconds, context.Path["dpd"]["timeout"]);
        if (timeout is < 9 or > 3600)
            context.Error(FindingId.DpdRange, path, $"Azure takes DPD timeouts of 9 to 3,600 seconds, not {timeout:0}.", "00:00:45, Azure's default");
        else if (timeout is < 30 or > 45)
            context.Warn(FindingId.DpdAdvice, path, $"Microsoft advises a DPD timeout of 30 to 45 seconds at both ends, not {timeout:0}.", "00:00:45, Azure's default");
    }

    private static void Basic(LintContext context)
    {
        var mend = "another SKU: VpnGw1AZ is the smallest";
        if (context.Proposals.Policy is not null)
            context.Error(FindingId.BasicLacks, context.Path["ike"]["proposals"], "The Basic SKU has no custom policies.", $"{mend}; or leave \"ike.proposals\" and \"esp.proposals\" out");
        if (context.Connection.Bgp is not null) context.Error(FindingId.BasicLacks, context.Path["bgp"], "The Basic SKU has no BGP.", mend);
        if (context.Connection.Remote.Networks.Concat(context.Connection.Local.Networks).Any(static n => !n.IsIpv4()))
            context.Error(FindingId.BasicLacks, context.Path["remote"]["networks"], "The Basic SKU carries no IPv6.", mend);
    }
}
