using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>The health tree: from the cable to the far host, each step judged by evidence only.</summary>
public static class WhyOf
{
    public static WhyReport Connection(BoxFacts facts, ConnectionView view)
    {
        var worst = facts.Reasons.Of(view);
        var steps = Steps(facts, view, worst?.Reason);
        var healthy = view.State == ConnectionState.Up && worst is null or { Reason.Severity: ReasonSeverity.Notice };
        return WhyReport.Of(view.Plan.Name, healthy, steps, worst?.Reason, worst?.Detail);
    }

    /// <summary>The way to the internet of a box that has no connection yet: what whoever sets it up looks at first. The steps behind it are to come.</summary>
    public static WhyReport WayOut(BoxFacts facts)
    {
        var trouble = Control.WayOut.Trouble(facts, facts.Reasons.SomethingAnswers);
        var ladder = new Ladder(trouble is var (reason, _) ? ReasonSteps.Of(reason) : null);
        AddLine(ladder, facts);
        ladder.Add(WhyStepName.Name, WhyResult.Skipped);
        AddInternet(ladder, facts);
        for (var step = WhyStepName.Internet + 1; step <= WhyStepName.Probe; step++) ladder.Add(step, WhyResult.Skipped);
        return WhyReport.Of("", false, ladder.Steps, trouble?.Reason, trouble?.Detail);
    }

    /// <summary>Of these connections; and of the box itself, if all are asked about and none of them tells it already.</summary>
    public static WhyAnswer Answer(BoxFacts facts, IReadOnlyCollection<ConnectionView> views, bool isAll)
    {
        var answer = new WhyAnswer { Reports = [.. views.Select(view => Connection(facts, view))] };
        return isAll && facts.Reasons.OfTheBox() is { } box && !answer.Reports.Any(report => report.Reason?.Digits == box.Reason.Digits)
            ? answer with { Box = BoxTrouble.Of(box.Reason, box.Detail) } : answer;
    }

    private static ImmutableArray<WhyStep> Steps(BoxFacts facts, ConnectionView view, Reason? reason)
    {
        var up = view.State == ConnectionState.Up;
        var established = view.IkeSas.Any(static sa => sa.State == "Established");
        var heard = up || established || (reason is not null && ReasonSteps.ProvesAnAnswer(reason)); // a refusal is an answer
        var natted = view.IkeSas.Any(static sa => sa.Nat != NatSituation.None);
        var failing = reason is null ? null : ReasonSteps.Of(reason);
        var ladder = new Ladder(failing);
        AddLine(ladder, facts);
        ladder.Add(
            WhyStepName.Name,
            view.Plan.Endpoints.All(static e => e.Address.HostName is null) ? WhyResult.Skipped : heard ? WhyResult.Ok : WhyResult.Unknown,
            string.Join(", ", view.Plan.Endpoints.Select(static e => e.Address)));
        AddInternet(ladder, facts);
        ladder.Add(WhyStepName.Udp500, heard ? WhyResult.Ok : WhyResult.Unknown);
        ladder.Add(WhyStepName.Udp4500, natted && heard ? WhyResult.Ok : WhyResult.Skipped);
        ladder.Add(WhyStepName.Peer, established || up || failing > WhyStepName.Peer && heard ? WhyResult.Ok : WhyResult.Unknown);
        ladder.Add(WhyStepName.Authentication, established || up ? WhyResult.Ok : WhyResult.Unknown);
        ladder.Add(WhyStepName.Selectors, up ? WhyResult.Ok : WhyResult.Unknown);
        ladder.Add(WhyStepName.Lasting, up ? WhyResult.Ok : WhyResult.Unknown);
        ladder.Add(WhyStepName.Traffic, Received(facts, view) > 0 ? WhyResult.Ok : WhyResult.Unknown);
        ladder.Add(
            WhyStepName.PathMtu, up && view.PathMtu is { Kind: PathMtuKind.Whole } ? WhyResult.Ok : WhyResult.Unknown,
            $"inner MTU {view.Mtu}, " + (view.PathMtu is { Kind: not PathMtuKind.Unknown } ? "probed both ways" : "not probed"));
        var probes = facts.Probes(view.Plan.Config.Name);
        ladder.Add(
            WhyStepName.Probe,
            probes.IsEmpty ? WhyResult.Skipped : probes.Any(static p => p.IsSilent) ? WhyResult.Failed : probes.All(static p => p.Answers) ? WhyResult.Ok : WhyResult.Unknown,
            string.Join(", ", probes.Select(static p => $"{p.Probe.Address} {p.Answered}/{p.Sent}")));
        return ladder.Steps;
    }

    private static void AddLine(Ladder ladder, BoxFacts facts)
    {
        // Where no port is the WAN and no route leads out, there is nothing to judge a cable by: this page's own is in.
        var isKnown = facts.HasGateway || facts.Wan.All.Any();
        ladder.Add(
            WhyStepName.Cable, isKnown ? Judge(facts.Wan.HaveCarrier) : WhyResult.Unknown,
            facts.Wan.All.Any() ? facts.Wan.Names : isKnown ? "the machine's own network" : "no port is the WAN yet");
        ladder.Add(WhyStepName.Address, isKnown ? Judge(facts.Wan.HaveAddress) : WhyResult.Unknown, string.Join(", ", facts.Wan.All.SelectMany(static i => i.Addresses)));
        ladder.Add(WhyStepName.Gateway, facts.HasGateway && facts.Wan.All.All(static i => i.GatewayAnswers != false) ? WhyResult.Ok : WhyResult.Skipped, facts.HasGateway ? null : "no default route");
    }

    private static void AddInternet(Ladder ladder, BoxFacts facts) => ladder.Add(WhyStepName.Internet, facts.Reasons.SomethingAnswers ? WhyResult.Ok : WhyResult.Unknown);

    private static ulong Received(BoxFacts facts, ConnectionView view)
    {
        var children = view.IkeSas.SelectMany(static sa => sa.Children).Select(static c => c.Id).ToHashSet();
        return facts.Traffic.Children.Where(c => children.Contains(c.Child)).Aggregate(0UL, static (sum, c) => sum + c.PacketsIn);
    }

    private static WhyResult Judge(bool good) => good ? WhyResult.Ok : WhyResult.Failed;

    /// <summary>The steps so far. The reason's own step failed, whatever it was before; what stands behind it is not known.</summary>
    private sealed class Ladder(WhyStepName? failing)
    {
        private readonly ImmutableArray<WhyStep>.Builder _steps = ImmutableArray.CreateBuilder<WhyStep>();
        private bool _failed;

        public ImmutableArray<WhyStep> Steps => _steps.ToImmutable();

        public void Add(WhyStepName name, WhyResult result, string? detail = null)
        {
            if (name == failing) result = WhyResult.Failed;
            _steps.Add(new WhyStep(name, _failed ? WhyResult.Skipped : result, string.IsNullOrEmpty(detail) ? null : detail));
            _failed |= result == WhyResult.Failed;
        }
    }
}
