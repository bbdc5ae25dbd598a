using System.CommandLine;
using System.CommandLine.Parsing;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Azure;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Lint;
using EdgeVpn.Rehearsal.Proposals;
using ConnectionMode = EdgeVpn.Ipsec.Ike.ConnectionMode;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What <c>lint</c> and <c>rehearse</c> are told of Azure's side.</summary>
internal sealed class AzureArguments
{
    private const string DefaultSet = "default";
    private const string Named = "named";

    public Option<string?> PolicyText { get; } = new("--azure-policy")
    {
        HelpName = "POLICY",
        Description = $"What Azure's connection has: default (no custom policy), named (a policy with what the configuration names), or a policy as {AzurePolicy.Recommended}. Default: concluded from the configuration.",
    };

    public Option<ConnectionMode> Mode { get; } = new("--azure-mode")
    {
        HelpName = "MODE",
        Description = "Azure's connectionMode: default, initiatorOnly or responderOnly.",
        DefaultValueFactory = static _ => ConnectionMode.Default,
    };

    public Option<bool> BehindNat { get; } = new("--behind-nat") { Description = "The box is behind a NAT. Default: judged by the WAN's static address." };

    public Option<string?> Sku { get; } = new("--sku") { HelpName = "SKU", Description = "The gateway's SKU, such as VpnGw1AZ or Basic." };

    public Option<int?> WanMtu { get; } = new("--wan-mtu") { HelpName = "OCTETS", Description = "What the way to Azure carries. Default: the WAN interface's MTU, else 1500." };

    /// <summary>For <c>--policy</c> and its like: a policy in Azure's names.</summary>
    public static AzurePolicy? Policy(ArgumentResult result)
    {
        if (AzurePolicy.TryParse(result.Tokens[0].Value, out var policy, out var problem)) return policy;
        result.AddError(problem);
        return null;
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[PolicyText, Mode, BehindNat, Sku, WanMtu]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(PolicyText) is { } text and not (DefaultSet or Named) && !AzurePolicy.TryParse(text, out _, out var problem)) result.AddError(problem);
            if (result.GetValue(Sku) is { } sku && AzureSku.Find(sku) is null)
                result.AddError($"'{sku}' is no SKU of Azure's. {Model.DidYouMean.Sentence(sku, AzureSku.All.Select(static s => s.Name).Distinct())}".TrimEnd());
            if (result.GetValue(WanMtu) is < 576 or > 9216) result.AddError("--wan-mtu is from 576 to 9216.");
        });
    }

    /// <summary>Azure's side for one connection; with <c>named</c> each has its own.</summary>
    public AzureSide Side(ParseResult parsed, ConnectionConfig? connection = null) => new()
    {
        Told = parsed.GetValue(PolicyText) switch
        {
            null => null,
            DefaultSet => AzureProposals.Default,
            Named => connection is null ? null : AzureAssumption.PolicyNamedBy(ConnectionSpecs.Of(connection, AlgorithmCatalog.Default)) is { } named ? AzureProposals.Of(named) : null,
            { } text => AzurePolicy.TryParse(text, out var policy, out _) ? AzureProposals.Of(policy) : null,
        },
        Mode = parsed.GetValue(Mode),
        Sku = parsed.GetValue(Sku),
        BehindNat = parsed.GetValue(BehindNat) ? true : null,
        WanMtu = parsed.GetValue(WanMtu),
    };

    /// <summary>Reads the document that a person named; prints what is wrong with it and returns the exit code otherwise.</summary>
    public static int? Read(CommandContext context, ParseResult parsed, string file, out BoxConfig configuration)
    {
        configuration = new BoxConfig();
        if (DocumentFile.Read(context.Terminal, file, out var trouble) is not { } document) return context.Fail(parsed, trouble!, ExitCode.Failed);
        var result = Model.Validation.ConfigurationReader.Read(document, Model.Validation.DocumentBounds.File);
        if (result.Configuration is { } valid)
        {
            configuration = valid;
            return null;
        }

        var checkup = ConfigurationCheck.Of(file, result);
        if (context.IsJson(parsed)) context.Write(checkup, LocalJson.Pages.ConfigurationCheck);
        else ConfigCommands.Print(context, checkup);
        return ExitCode.Usage;
    }
}
