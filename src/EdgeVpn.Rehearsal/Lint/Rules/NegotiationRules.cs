using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>What is agreed on when either end calls, and when either end is first to renew keys.</summary>
internal static class NegotiationRules
{
    public static void Check(LintContext context)
    {
        var prediction = context.Prediction;
        context.Info(
            FindingId.Gateway, context.Path,
            $"\"{context.Connection.Name}\" is judged against {context.Proposals}"
                + (!context.Assumed ? "." : context.Proposals.Policy is null ? ": with it a tunnel comes up." : ": with the default set none would come up."),
            context.Assumed ? "--azure-policy says what Azure really has" : null);

        if (!context.BoxMayCall && !context.AzureMayCall)
            context.Error(FindingId.NobodyCalls, context.Path["mode"], "Neither end may call the other.", "\"mode\": \"default\", or another connectionMode at Azure");
        if (context.BoxMayCall) Call(context, FindingId.BoxCalls, "When the box calls", prediction.IkeWhenBoxCalls, prediction.EspWhenBoxCalls);
        if (context.AzureMayCall) Call(context, FindingId.AzureCalls, "When Azure calls", prediction.IkeWhenAzureCalls, prediction.EspWhenAzureCalls);
        if (!context.ComesUp) return;

        Child(context, FindingId.ChildRenewalByBox, "the box", prediction.RekeyByBox);
        Child(context, FindingId.ChildRenewalByAzure, "Azure", prediction.RekeyByAzure);
        Ike(context, FindingId.IkeRenewalByBox, "the box", prediction.IkeWhenBoxCalls);
        Ike(context, FindingId.IkeRenewalByAzure, "Azure", prediction.IkeWhenAzureCalls);
    }

    private static void Call(LintContext context, string id, string when, ProposalSpec? ike, ProposalSpec? esp)
    {
        if (ike is null)
        {
            context.Error(
                id, context.Path["ike"]["proposals"], $"{when}, no IKE proposal is common ({ReasonCode.NoProposalIke}).",
                Mend.Ike(context.Connection.Name, context.Specs, context.Proposals));
        }
        else if (esp is null)
        {
            context.Error(
                id, context.Path["esp"]["proposals"], $"{when}, IKE agrees on {ike.Text}, but no ESP proposal is common ({ReasonCode.NoProposalEsp}).",
                Mend.Esp(context.Connection.Name, context.Specs, context.Proposals));
        }
        else
        {
            context.Info(
                id, context.Path, $"{when}: IKE {ike.Text}, child {esp.Text}"
                    + (id == FindingId.BoxCalls && context.Proposals.Policy is null ? " (by Azure's table; how it orders what it could take is not documented)." : "."));
        }
    }

    private static void Child(LintContext context, string id, string who, ProposalSpec? agreed)
    {
        if (agreed is null)
        {
            context.Error(
                id, context.Path["esp"]["proposals"],
                $"The tunnel comes up, and breaks hours later: the first child rekey is refused if {who} starts it ({ReasonCode.NoProposalEsp}). PFS does not count before.",
                Mend.Esp(context.Connection.Name, context.Specs, context.Proposals));
            return;
        }

        var pfs = agreed.Of(TransformKind.KeyExchange).FirstOrDefault(static t => t.Id != 0);
        context.Info(
            id, context.Path["esp"]["proposals"],
            $"The first child rekey succeeds if {who} starts it: {agreed.Text}, {(pfs.Id == 0 ? "without PFS" : "with PFS")}.");
    }

    private static void Ike(LintContext context, string id, string who, ProposalSpec? agreed)
    {
        if (agreed is null)
        {
            context.Error(
                id, context.Path["ike"]["proposals"], $"The tunnel comes up, and the IKE SA cannot be renewed if {who} starts it ({ReasonCode.NoProposalIke}).",
                Mend.Ike(context.Connection.Name, context.Specs, context.Proposals));
        }
    }
}
