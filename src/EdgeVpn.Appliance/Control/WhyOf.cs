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
        var worst = facts.BoxFault is { } fault ? (fault, null)
            : facts.Wan.Trouble is { } trouble ? (trouble, null)
            : facts.ReasonOf(view);
        var steps = Steps(facts, view, worst?.Reason);
        var healthy = view.State == ConnectionState.Up && worst is null;
        return WhyReport.Of(view.Plan.Name, healthy, steps, worst?.Reason, worst?.Detail);
    }

    private static ImmutableArray<WhyStep> Steps(BoxFacts facts, ConnectionView view, Reason? reason)
    {
        var up = view.State == ConnectionState.Up;
        var established = view.IkeSas.Any(static sa => sa.State == "Established");
        var heard = up || established || reason is { } r && r.Digits / 10 == 3; // a refusal is an answer
        var natted = view.IkeSas.Any(static sa => sa.Nat != NatSituation.None);
        var steps = ImmutableArray.CreateBuilder<WhyStep>();
        var failed = false;

        Add(WhyStepName.Cable, Judge(facts.Wan.HaveCarrier), facts.Wan.All.Any() ? facts.Wan.Names : "the machine's own network");
        Add(WhyStepName.Address, Judge(facts.Wan.HaveAddress), string.Join(", ", facts.Wan.All.SelectMany(static i => i.Addresses)));
        Add(WhyStepName.Gateway, facts.HasGateway ? WhyResult.Ok : heard ? WhyResult.Skipped : WhyResult.Failed, facts.HasGateway ? null : "no default route");
        Add(
            WhyStepName.Name,
            view.Plan.Endpoints.All(static e => e.Address.HostName is null) ? WhyResult.Skipped
                : reason == ReasonCode.NameNotResolved ? WhyResult.Failed : heard ? WhyResult.Ok : WhyResult.Unknown,
            string.Join(", ", view.Plan.Endpoints.Select(static e => e.Address)));
        Add(WhyStepName.Internet, facts.SomethingAnswers || heard ? WhyResult.Ok : WhyResult.Unknown);
        Add(
            WhyStepName.Udp500,
            heard || reason == ReasonCode.PeerSilentNat || reason == ReasonCode.PeerSilentAuth ? WhyResult.Ok
                : reason == ReasonCode.PeerSilent ? WhyResult.Failed : WhyResult.Unknown);
        Add(WhyStepName.Udp4500, reason == ReasonCode.PeerSilentNat ? WhyResult.Failed : natted && heard ? WhyResult.Ok : WhyResult.Skipped);
        Add(WhyStepName.Peer, heard ? WhyResult.Ok : reason == ReasonCode.PeerGone ? WhyResult.Failed : WhyResult.Unknown);
        Add(
            WhyStepName.Authentication,
            reason == ReasonCode.WrongSecret || reason == ReasonCode.IdentityRefused || reason == ReasonCode.CertificateRefused || reason == ReasonCode.NoProposalIke
                ? WhyResult.Failed : established ? WhyResult.Ok : WhyResult.Unknown);
        Add(
            WhyStepName.Selectors,
            reason == ReasonCode.SelectorsRefused || reason == ReasonCode.NoProposalEsp || reason == ReasonCode.ChildRefused
                ? WhyResult.Failed : up ? WhyResult.Ok : WhyResult.Unknown);
        Add(WhyStepName.Traffic, reason == ReasonCode.NothingReturns ? WhyResult.Failed : Received(facts, view) > 0 ? WhyResult.Ok : WhyResult.Unknown);
        Add(
            WhyStepName.PathMtu,
            reason == ReasonCode.PathMtuBlackHole ? WhyResult.Failed : up && view.PathMtu is { Kind: PathMtuKind.Whole } ? WhyResult.Ok : WhyResult.Unknown,
            $"inner MTU {view.Mtu}, " + (view.PathMtu is { Kind: not PathMtuKind.Unknown } ? "probed both ways" : "not probed"));
        var probes = facts.Probes(view.Plan.Config.Name);
        Add(
            WhyStepName.Probe,
            probes.IsEmpty ? WhyResult.Skipped : probes.Any(static p => p.IsSilent) ? WhyResult.Failed : probes.All(static p => p.Answers) ? WhyResult.Ok : WhyResult.Unknown,
            string.Join(", ", probes.Select(static p => $"{p.Probe.Address} {p.Answered}/{p.Sent}")));
        return steps.ToImmutable();

        // What stands behind a failed step is not known, whatever it was before.
        void Add(WhyStepName name, WhyResult result, string? detail = null)
        {
            steps.Add(new WhyStep(name, failed && result != WhyResult.Failed ? WhyResult.Skipped : result, string.IsNullOrEmpty(detail) ? null : detail));
            failed |= result == WhyResult.Failed;
        }
    }

    private static ulong Received(BoxFacts facts, ConnectionView view)
    {
        var children = view.IkeSas.SelectMany(static sa => sa.Children).Select(static c => c.Id).ToHashSet();
        return facts.Traffic.Children.Where(c => children.Contains(c.Child)).Aggregate(0UL, static (sum, c) => sum + c.PacketsIn);
    }

    private static WhyResult Judge(bool good) => good ? WhyResult.Ok : WhyResult.Failed;
}
