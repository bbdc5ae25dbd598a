using System.Collections.Immutable;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Proposals and lifetimes of the SAs.</summary>
internal static class SuiteRules
{
    private const int MostProposals = 32;

    // Azure's own bounds of a custom policy: quick mode SA lifetime from 300 seconds and 1,024 kilobytes.
    private static readonly TimeSpan s_shortestLifetime = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan s_longestLifetime = TimeSpan.FromDays(7);
    private const int LeastKilobytes = 1024;

    public static void Check(RuleContext context)
    {
        foreach (var (connection, path) in context.Connections)
        {
            Proposals(context, connection.Ike.Proposals, ProposalUse.Ike, path["ike"]["proposals"]);
            Proposals(context, connection.Esp.Proposals, ProposalUse.Esp, path["esp"]["proposals"]);
            context.Between(connection.Ike.Lifetime, s_shortestLifetime, s_longestLifetime, path["ike"]["lifetime"]);
            context.Between(connection.Esp.Lifetime, s_shortestLifetime, s_longestLifetime, path["esp"]["lifetime"]);
            if (connection.Ike.AuthenticationLifetime != TimeSpan.Zero)
                context.Between(connection.Ike.AuthenticationLifetime, s_shortestLifetime, s_longestLifetime, path["ike"]["authenticationLifetime"]);
            Esp(context, connection.Esp, path["esp"]);
        }
    }

    private static void Esp(RuleContext context, EspConfig esp, JsonPath path)
    {
        if (esp.LifetimeKilobytes != 0) context.Between(esp.LifetimeKilobytes, LeastKilobytes, long.MaxValue / 1024, path["lifetimeKilobytes"]);
        if (esp.ReplayWindow != 0) context.Between(esp.ReplayWindow, 64, 4096, path["replayWindow"]);
        else context.Warn(ProblemKind.Weak, path["replayWindow"], "Replayed packets will be accepted.");
    }

    private static void Proposals(RuleContext context, ImmutableArray<string> proposals, ProposalUse use, JsonPath path)
    {
        context.Between(proposals.Length, 0, MostProposals, path);
        foreach (var (text, at) in context.Items(proposals, path))
        {
            ProposalParser.Parse(text, use, out var remarks);
            foreach (var remark in remarks)
            {
                var kind = remark.IsWeak ? ProblemKind.Weak : remark.IsError ? ProblemKind.BadValue : ProblemKind.Doubtful;
                if (remark.IsError) context.Error(kind, at, remark.Sentence, remark.Mend);
                else context.Warn(kind, at, remark.Sentence, remark.Mend);
            }
        }
    }
}
