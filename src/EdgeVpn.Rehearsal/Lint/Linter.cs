using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint.Rules;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>Predicts what a validated configuration comes to when it meets Azure, before anyone drives to the branch.</summary>
public static class Linter
{
    /// <param name="azure">What is known of Azure's side, the same for every connection.</param>
    public static LintReport Check(BoxConfig configuration, AzureSide azure, AlgorithmCatalog algorithms) => Check(configuration, _ => azure, algorithms);

    /// <summary>
    /// What a check that nobody asked about Azure should tell all the same: warnings and errors, of connections that an Azure gateway can meet.
    /// </summary>
    /// <param name="said">Paths of which something was said already.</param>
    public static ImmutableArray<Finding> Notes(BoxConfig configuration, AlgorithmCatalog algorithms, IEnumerable<string> said)
    {
        var paths = said.ToHashSet(StringComparer.Ordinal);
        return [.. Check(configuration, new AzureSide { OnlyLikely = true }, algorithms).Findings.Where(f => f.Severity != FindingSeverity.Info && !paths.Contains(f.Path))];
    }

    /// <param name="sideOf">What is known of Azure's side of a connection.</param>
    public static LintReport Check(BoxConfig configuration, Func<ConnectionConfig, AzureSide> sideOf, AlgorithmCatalog algorithms)
    {
        var findings = new List<Finding>();
        var forecasts = ImmutableArray.CreateBuilder<ConnectionForecast>();
        for (var i = 0; i < configuration.Connections.Length; i++)
        {
            var connection = configuration.Connections[i];
            var specs = ConnectionSpecs.Of(connection, algorithms);
            var azure = sideOf(connection);
            var (proposals, assumed) = azure.For(specs);
            var prediction = Prediction.Of(specs, proposals);
            var context = new LintContext(configuration, connection, JsonPath.Root["connections"][i], specs, azure, proposals, assumed, prediction, findings);
            if (specs.Nothing is { } lacking)
            {
                context.Error(FindingId.EngineLacks, context.Path[lacking]["proposals"], ConnectionSpecs.Lacking(lacking), "other proposals, or none for the defaults");
                continue;
            }

            if (!context.IsAzure)
            {
                if (!azure.OnlyLikely)
                    context.Info(FindingId.NotAzure, context.Path["ike"]["proposals"], "Azure has no names for these proposals: the peer is taken for another gateway, and nothing is predicted.", "--azure-policy says what Azure has");
                continue;
            }

            forecasts.Add(ConnectionForecast.Of(connection.Name, proposals.ToString(), assumed, prediction));
            NegotiationRules.Check(context);
            RenewalRules.Check(context);
            StrengthRules.Check(context);
            PeerRules.Check(context);
            RoutingRules.Check(context);
            SizeRules.Check(context);
        }

        if (forecasts.Count > 0) OverlapRules.Check(configuration, findings);
        return new LintReport(
            findings.Exists(static f => f.Severity == FindingSeverity.Error), forecasts.ToImmutable(), [.. findings.OrderByDescending(static f => f.Severity)]);
    }
}

/// <summary>What is known of Azure's side.</summary>
public sealed record AzureSide
{
    /// <summary>What the gateway's connection has; null: nobody said, so it is concluded from the configuration.</summary>
    public AzureProposals? Told { get; init; }

    /// <summary>Azure's <c>connectionMode</c>.</summary>
    public Ipsec.Ike.ConnectionMode Mode { get; init; }

    /// <summary>The SKU's name, where it is known: Basic lacks much.</summary>
    public string? Sku { get; init; }

    /// <summary>The box is behind a NAT; null: judged by its addresses.</summary>
    public bool? BehindNat { get; init; }

    /// <summary>MTU of the way to Azure; null: the WAN interface's.</summary>
    public int? WanMtu { get; init; }

    /// <summary>Leave out connections that no Azure gateway could meet: for a check that nobody asked about Azure.</summary>
    public bool OnlyLikely { get; init; }

    /// <summary>The lists to judge by, and whether they are an assumption.</summary>
    public (AzureProposals Proposals, bool Assumed) For(ConnectionSpecs box) =>
        Told is { } told ? (told, false) : (AzureProposals.Of(AzureAssumption.PolicyFor(box)), true);

    /// <summary>Whether the box is behind a NAT, as far as a document shows: a WAN with a private address (RFC 1918, RFC 6598).</summary>
    public bool IsBehindNat(BoxConfig configuration) => BehindNat ?? configuration.Interfaces
        .Where(static i => i.Role == InterfaceRole.Wan)
        .Select(static i => i.Ipv4.Address?.Address)
        .Any(static address => address is not null && PrivateAddresses.Contains(address));
}
