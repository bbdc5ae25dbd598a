using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Validation;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>Who renews first, and when.</summary>
internal static class RenewalRules
{
    public static void Check(LintContext context)
    {
        if (!context.ComesUp) return;
        var azureChild = TimeSpan.FromSeconds(context.Proposals.Policy?.LifetimeSeconds ?? AzureTables.ChildLifetime.TotalSeconds);
        Times(context, "child SA", context.Connection.Esp.Lifetime, azureChild, context.Path["esp"]["lifetime"]);
        Times(context, "IKE SA", context.Connection.Ike.Lifetime, AzureTables.IkeLifetime, context.Path["ike"]["lifetime"]);
    }

    private static void Times(LintContext context, string what, TimeSpan ours, TimeSpan azures, JsonPath path)
    {
        var latest = ours * IkeConnection.UsualRekeyPoint;
        var earliest = latest * (1 - IkeConnection.UsualRekeyJitter);
        var theirs = azures * AzureTables.RekeyPoint;
        var first = latest < theirs ? "The box is first to renew" : earliest > theirs ? "Azure is first to renew" : "Either end may be first to renew";
        context.Info(
            FindingId.RenewalTimes, path,
            $"{first} the {what}: the box between {Rehearser.Words(earliest)} and {Rehearser.Words(latest)} after it was made; Azure's moment is not documented "
                + $"(at {Rehearser.Words(theirs)}, if it does as in the one public log).");
        if (ours > azures)
        {
            context.Warn(
                FindingId.LifetimeLonger, path,
                $"The box keeps its {what} {Rehearser.Words(ours)}, Azure {Rehearser.Words(azures)}: Azure always renews or drops it first.",
                $"at most {azures:c}");
        }
    }
}
