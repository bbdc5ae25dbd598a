using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Azure;

/// <summary>What a person adds to an export.</summary>
public sealed record AzureExportOptions
{
    /// <summary>The resource group; null: a variable that the script asks for.</summary>
    public string? Group { get; init; }

    /// <summary>The virtual network gateway, which exists; null: a variable that the script asks for.</summary>
    public string? Gateway { get; init; }

    /// <summary>The public address of the box where its identity is none; null: a variable that the script asks for.</summary>
    public IPAddress? WanAddress { get; init; }

    /// <summary>Write the shared keys out; else the script asks for them.</summary>
    public bool WithSecrets { get; init; }
}

/// <summary>The cloud side of a configuration.</summary>
/// <param name="Script">Lines for a POSIX shell, ending each with a newline: variables, then <c>az</c> commands, one per line.</param>
/// <param name="Remarks">What Azure cannot be told, and what was chosen.</param>
public sealed record AzureExportResult(string Script, ImmutableArray<ImportRemark> Remarks)
{
    /// <summary>True if a command came of it.</summary>
    public bool HasCommands => Script.Contains("\naz ", StringComparison.Ordinal);
}

/// <summary>The <c>az</c> commands that make the cloud side of each connection: local network gateway, connection, policy.</summary>
/// <remarks>The gateway and its virtual network exist; making them costs money and half an hour, and is not done in passing.</remarks>
public static class AzureExport
{
    /// <summary>Writes the script of every connection that Azure can answer.</summary>
    public static AzureExportResult Write(BoxConfig config, AzureExportOptions options)
    {
        var remarks = new List<ImportRemark>();
        var (variables, commands) = (new List<string>(), new List<string>());
        var connections = config.Connections.Where(c => IsExpressible(c, remarks)).ToList();
        if (connections.Count > 0)
        {
            variables.Add(options.Group is { } group ? $"GROUP={Quote(group)}" : "GROUP=${GROUP:?the resource group}");
            variables.Add(options.Gateway is { } gateway ? $"GATEWAY={Quote(gateway)}" : "GATEWAY=${GATEWAY:?the virtual network gateway}");
        }

        foreach (var connection in connections) Connection(connection, config, options, variables, commands, remarks);
        var script = new StringBuilder("#!/bin/sh\n");
        script.Append(CultureInfo.InvariantCulture, $"# The cloud side of {config.Device.Name ?? "this box"}: run it where `az login` was done.\nset -eu\n");
        foreach (var variable in variables.Distinct()) script.Append(variable).Append('\n');
        foreach (var command in commands) script.Append(command).Append('\n');
        return new(script.ToString(), [.. remarks]);
    }

    private static void Connection(
        ConnectionConfig connection, BoxConfig config, AzureExportOptions options, List<string> variables, List<string> commands, List<ImportRemark> remarks)
    {
        var name = Quote(connection.Name);
        var address = options.WanAddress ?? (connection.Local.Identity is { } identity && Addresses.TryParse(identity, out var read) ? read : null);
        if (address is null) variables.Add("WAN_ADDRESS=${WAN_ADDRESS:?the public address of the box}");
        var key = Variable(connection.Name);
        var secret = connection.Authentication is PskAuthentication psk ? config.Secrets.GetValueOrDefault(psk.Secret)?.Psk : null;
        variables.Add(options.WithSecrets && secret is not null ? $"{key}={Quote(secret.Reveal())}" : $"{key}=${{{key}:?the shared key of {connection.Name}}}");

        var site = new StringBuilder($"az network local-gateway create --resource-group \"$GROUP\" --name {name} --gateway-ip-address {address?.ToString() ?? "\"$WAN_ADDRESS\""}");
        if (!connection.Local.Networks.IsEmpty) site.Append(" --local-address-prefixes ").AppendJoin(' ', connection.Local.Networks);
        if (connection.Bgp is { } bgp)
        {
            site.Append(CultureInfo.InvariantCulture, $" --asn {bgp.LocalAsn}");
            if (bgp.LocalAddress is { } speaker) site.Append(CultureInfo.InvariantCulture, $" --bgp-peering-address {speaker}");
            else remarks.Add(new ImportRemark(ImportRemarkKind.Missing, connection.Name, "Azure needs the box's BGP address.", "\"bgp\": { \"localAddress\": … }"));
        }

        commands.Add(site.ToString());
        var rules = NatRules(connection, commands, variables, remarks);
        var create = new StringBuilder($"az network vpn-connection create --resource-group \"$GROUP\" --name {name} --vnet-gateway1 \"$GATEWAY\" --local-gateway2 {name} --shared-key \"${key}\"");
        if (connection.Bgp is not null) create.Append(" --enable-bgp");
        if (!connection.TrafficSelectors.IsAny) create.Append(" --use-policy-based-traffic-selectors true");
        commands.Add(create.Append(rules).ToString());
        Policy(connection, name, commands, remarks);
        Settings(connection, name, commands, remarks);
    }

    private static void Policy(ConnectionConfig connection, string name, List<string> commands, List<ImportRemark> remarks)
    {
        var standard = new EspConfig();
        var isDefault = connection.Ike.Proposals.IsEmpty && connection.Esp.Proposals.IsEmpty;
        if (isDefault)
        {
            if (connection.Esp.Lifetime != standard.Lifetime || connection.Esp.LifetimeKilobytes != standard.LifetimeKilobytes)
                remarks.Add(new ImportRemark(ImportRemarkKind.Note, connection.Name, "Azure keeps its own lifetimes without a policy; in IKEv2 they need not be equal."));
            if (!connection.TrafficSelectors.IsAny)
                remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, connection.Name, "Azure takes traffic selectors only beside a custom policy.", "name \"ike.proposals\" and \"esp.proposals\""));
            return;
        }

        if (AzurePolicyWriter.Of(connection, remarks) is not { } policy) return;
        commands.Add($"az network vpn-connection ipsec-policy add --resource-group \"$GROUP\" --connection-name {name} {policy.AzArguments}");
    }

    /// <summary>What <c>create</c> has no option for is set by name.</summary>
    private static void Settings(ConnectionConfig connection, string name, List<string> commands, List<ImportRemark> remarks)
    {
        var settings = new List<string>();
        if (connection.Mode != ConnectionMode.Default) settings.Add($"connectionMode={(connection.Mode == ConnectionMode.Initiator ? "ResponderOnly" : "InitiatorOnly")}");
        if (connection.Dpd.Timeout != new DpdConfig().Timeout) settings.Add(string.Create(CultureInfo.InvariantCulture, $"dpdTimeoutSeconds={connection.Dpd.Timeout.TotalSeconds:0}"));
        if (!connection.TrafficSelectors.IsAny)
        {
            if (connection.TrafficSelectors.Pairs.Any(p => p.Protocol is not null)) remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, connection.Name, "Azure's traffic selectors have no protocol."));
            var pairs = connection.TrafficSelectors.Pairs.Select(p => $"{{\"localAddressRanges\":[\"{p.Remote}\"],\"remoteAddressRanges\":[\"{p.Local}\"]}}");
            settings.Add(Quote($"trafficSelectorPolicies=[{string.Join(',', pairs)}]"));
        }

        if (settings.Count > 0) commands.Add($"az network vpn-connection update --resource-group \"$GROUP\" --name {name} --set {string.Join(' ', settings)}");
    }

    /// <summary>The gateway's own rules; returns the options that attach them to the connection.</summary>
    private static string NatRules(ConnectionConfig connection, List<string> commands, List<string> variables, List<ImportRemark> remarks)
    {
        var (ingress, egress) = (new List<string>(), new List<string>());
        var number = 0;
        foreach (var rule in connection.Nat)
        {
            if (rule.By != NatTranslator.Peer)
            {
                remarks.Add(new ImportRemark(ImportRemarkKind.Note, connection.Name, $"{rule.Internal} is translated by the box; Azure is told the prefixes as they stand in the configuration."));
                continue;
            }

            var name = $"{connection.Name}-{++number}";
            var (mode, list) = rule.Side == NatSide.Remote ? ("EgressSnat", egress) : ("IngressSnat", ingress);
            commands.Add($"az network vnet-gateway nat-rule add --resource-group \"$GROUP\" --gateway-name \"$GATEWAY\" --name {Quote(name)} --type {rule.Kind} --mode {mode} --internal-mappings {rule.Internal} --external-mappings {rule.External}");
            list.Add($"\"$GATEWAY_ID/natRules/{name}\"");
        }

        if (number == 0) return "";
        variables.Add("GATEWAY_ID=$(az network vnet-gateway show --resource-group \"$GROUP\" --name \"$GATEWAY\" --query id --output tsv)");
        return (ingress.Count == 0 ? "" : $" --ingress-nat-rule {string.Join(' ', ingress)}") + (egress.Count == 0 ? "" : $" --egress-nat-rule {string.Join(' ', egress)}");
    }

    private static bool IsExpressible(ConnectionConfig connection, List<ImportRemark> remarks)
    {
        var why = connection.Remote.Endpoints.Any(e => e.Address.IsAny) ? "It takes calls from anywhere: its other end is not a gateway."
            : connection.Authentication is not PskAuthentication ? "It does not prove itself by a pre-shared key; az has no command for its certificates that could be written without them." : null;
        if (why is null) return true;
        remarks.Add(new ImportRemark(ImportRemarkKind.NotHonoured, connection.Name, $"{why} No commands are written for it."));
        return false;
    }

    private static string Variable(string name) => "PSK_" + new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToUpperInvariant(c) : '_')]);

    /// <summary>A word of a POSIX shell.</summary>
    private static string Quote(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':' or ',') ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
