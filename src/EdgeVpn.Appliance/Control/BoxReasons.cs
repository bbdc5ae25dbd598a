using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>What is wrong at one moment, from evidence: the one place where lights, page, <c>why</c>, <c>status</c>, reports, metrics and log have it from.</summary>
/// <remarks>A gateway of a thousand connections asks for each of them: what they share is found out once.</remarks>
public sealed class BoxReasons
{
    private readonly (Reason Reason, string? Detail)? _way;
    private readonly Lazy<Dictionary<ChildSaId, ChildTraffic>> _traffic;

    public BoxReasons(BoxFacts facts)
    {
        Facts = facts;
        SomethingAnswers = facts.Cloud is { Connected: true }
            || facts.Connections.Any(static c => IsEstablished(c) || (c.Reason is { } reason && ReasonSteps.ProvesAnAnswer(reason)))
            || facts.Connections.Any(c => facts.Probes(c.Plan.Config.Name).Any(static p => p.Answers));
        _way = WayOut.Trouble(facts, SomethingAnswers);
        _traffic = new(() => facts.Traffic.Children.ToDictionary(static c => c.Child));
    }

    /// <summary>The moment that was judged.</summary>
    public BoxFacts Facts { get; }

    /// <summary>Whether a configured broker, peer or probe answers; who refuses answers too.</summary>
    public bool SomethingAnswers { get; }

    /// <summary>The reason to show: the one nearest to the cable, for it explains the others. A notice hides none that stops something.</summary>
    public (Reason Reason, string? Detail)? Worst()
    {
        if ((BoxTrouble ?? _way) is { } beneath) return beneath;
        (Reason Reason, string? Detail)? notice = null;
        foreach (var connection in Facts.Connections)
        {
            if (Of(connection) is not { } reason) continue;
            if (reason.Reason.Severity != ReasonSeverity.Notice) return reason;
            notice ??= reason;
        }

        return Beside is { Reason.Severity: not ReasonSeverity.Notice } beside ? beside : notice ?? Beside;
    }

    /// <summary>What is wrong with the box, whatever its tunnels do; null: nothing.</summary>
    public (Reason Reason, string? Detail)? OfTheBox() => BoxTrouble ?? _way ?? Beside;

    /// <summary>What is wrong with one connection, beneath it first.</summary>
    public (Reason Reason, string? Detail)? Of(ConnectionView connection)
    {
        if (connection.State != ConnectionState.Off)
        {
            if (connection.State != ConnectionState.Up && BoxTrouble is { } box) return box;
            if (_way is { } way) return way;
        }

        if (connection.State == ConnectionState.Up)
        {
            // It carries traffic with keys that nobody will renew: better told now than when they end.
            return Silence(connection)
                ?? (connection.Reason == ReasonCode.RekeyRefused ? (ReasonCode.RekeyRefused, connection.Detail) : connection.Churn ?? BlackHole(connection) ?? Replays(connection));
        }

        // Down at this moment, and up in the next: that says more than how it was lost the last time. A refusal is another matter.
        if (connection is { Churn: { } churn, Reason: not { Severity: ReasonSeverity.Refusal } }) return churn;
        return connection.Reason is { } reason ? (reason, connection.Detail) : null;
    }

    private (Reason Reason, string? Detail)? BoxTrouble => Facts.BoxFault is { Severity: not ReasonSeverity.Notice } fault ? (fault, null) : null;

    /// <summary>What is wrong beside the tunnels.</summary>
    private (Reason Reason, string? Detail)? Beside => WayOut.Flaw(Facts) ?? CloudTrouble ?? (Facts.BoxFault is { } notice ? (notice, null) : null);

    private (Reason Reason, string? Detail)? CloudTrouble =>
        (Facts.Cloud?.Reason ?? Facts.Cloud?.Document) is { } told && ReasonCatalog.ByName(told.Name) is { } reason ? (reason, told.Detail) : null;

    private static bool IsEstablished(ConnectionView connection) => connection.State == ConnectionState.Up || connection.IkeSas.Any(static sa => sa.State == "Established");

    private IEnumerable<ChildTraffic> TrafficOf(ConnectionView connection) =>
        connection.IkeSas.SelectMany(static sa => sa.Children).Select(child => _traffic.Value.GetValueOrDefault(child.Id)).OfType<ChildTraffic>();

    /// <summary>A probe gets no answer: whether nothing at all returns, and by which way it should.</summary>
    private (Reason Reason, string? Detail)? Silence(ConnectionView connection)
    {
        if (Facts.Probes(connection.Plan.Config.Name).FirstOrDefault(static p => p.IsSilent) is not { } silent) return null;
        if (TrafficOf(connection).Any(static c => c.PacketsIn > 0)) return (ReasonCode.ProbeSilent, $"{silent.Probe.Address} does not answer, other traffic does");
        var carriers = connection.IkeSas.Where(static sa => !sa.Children.IsEmpty).ToList();
        var isBare = carriers.Count > 0 && !carriers.Exists(StatusOf.IsUdp);
        var seen = $"{silent.Sent} probes to {silent.Probe.Address}, not one packet came back";
        return isBare ? (ReasonCode.EspBlocked, $"{seen} by protocol 50") : (ReasonCode.NothingReturns, seen);
    }

    private static (Reason Reason, string? Detail)? BlackHole(ConnectionView connection) => connection.PathMtu is { Kind: PathMtuKind.BlackHole } hole
        ? (ReasonCode.PathMtuBlackHole, $"packets of {hole.Mtu + 1} to {connection.FullMtu} octets vanish; the tunnel takes {connection.Mtu} now")
        : null;

    /// <summary>One packet in a hundred twice or too late, and not just a few: no line does that by itself.</summary>
    private (Reason Reason, string? Detail)? Replays(ConnectionView connection)
    {
        const ulong few = 1_000;
        var (repeated, arrived) = (0UL, 0UL);
        foreach (var child in TrafficOf(connection))
        {
            repeated += child.Refused.GetValueOrDefault(nameof(EspRefusal.Replayed)) + child.Refused.GetValueOrDefault(nameof(EspRefusal.TooOld));
            arrived += child.PacketsIn;
        }

        return repeated >= few && repeated >= arrived / 100 ? (ReasonCode.ReplayedPackets, $"{repeated} packets twice or too late, {arrived} in time") : null;
    }
}
