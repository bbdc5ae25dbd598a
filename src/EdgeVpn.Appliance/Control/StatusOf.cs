using System.Collections.Immutable;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Board;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Control;

/// <summary>From what is known of the box to what <c>edgevpn status</c> and the cloud's report say.</summary>
public static class StatusOf
{
    public static ImmutableArray<ConnectionStatus> Connections(BoxFacts facts, Instant now, DateTimeOffset wall)
    {
        var traffic = facts.Traffic.Children.ToDictionary(static child => child.Child);
        return [.. facts.Connections.Select(view => Connection(facts, view, traffic, now, wall))];
    }

    public static Local.CloudStatus Cloud(BoxFacts facts) => facts.Cloud is not { } cloud
        ? new Local.CloudStatus()
        : new Local.CloudStatus
        {
            State = !cloud.Connected ? "connecting" : cloud.State == DocumentState.None ? "connected" : Word(cloud.State.ToString()),
            Broker = cloud.Broker.ToString(),
            Detail = (cloud.Reason ?? cloud.Document) is { } reason
                ? $"{reason.Name}" + (reason.Detail is null ? "" : $": {reason.Detail}")
                : cloud.Insecure ? "documents are taken unsigned" : null,
        };

    /// <summary>The same for the operator's report.</summary>
    public static (ReportedHealth Health, IReadOnlyList<ReportedConnection> Connections) Report(BoxFacts facts, Instant now, DateTimeOffset wall)
    {
        var wanted = facts.Connections.Where(static c => c.State != ConnectionState.Off).ToList();
        var up = wanted.Count(static c => c.State == ConnectionState.Up);
        var health = facts.BoxFault is { Severity: not ReasonSeverity.Notice } || (up == 0 && wanted.Count > 0) ? ReportedHealth.Down
            : up < wanted.Count || facts.Reasons.Worst() is not null ? ReportedHealth.Degraded
            : ReportedHealth.Healthy;
        return (
            health,
            [
                .. facts.Connections.Select(view => new ReportedConnection(
                    view.Plan.Name,
                    Word(view.State.ToString()),
                    facts.Reasons.Of(view) is { } why ? Appliance.Cloud.TwinReasons.Of(why.Reason, why.Detail) : null,
                    string.Join(' ', view.Plan.Endpoints.Select(static e => e.Address)),
                    wall - (now - view.Since))),
            ]);
    }

    /// <summary>What the lights say beneath set-up mode and identify, for the operator's report.</summary>
    public static ReportedLights Lights(BoxFacts facts)
    {
        var health = PanelOf.Health(facts, PanelModes.None);
        var patterns = StatusPanel.Patterns(health);
        return new ReportedLights(patterns.Power.Name, patterns.Wan.Name, patterns.Vpn.Name, patterns.Cloud.Name) { Code = health.FaultCode };
    }

    private static ConnectionStatus Connection(BoxFacts facts, ConnectionView view, Dictionary<ChildSaId, ChildTraffic> traffic, Instant now, DateTimeOffset wall) => new()
    {
        Name = view.Plan.Name,
        State = Enum.Parse<Local.ConnectionState>(view.State.ToString()),
        Since = wall - (now - view.Since),
        Reason = facts.Reasons.Of(view) is { } why ? ReasonStatus.Of(why.Reason, why.Detail) : null,
        Tunnel = Tunnel(view, traffic),
        IkeSas = [.. view.IkeSas.Select(sa => Ike(facts, view, sa, now))],
        ChildSas = [.. view.IkeSas.SelectMany(sa => sa.Children.Select(child => Child(sa, child, traffic)))],
        Attempts = view.Failures,
        NextAttemptSeconds = view.NextAttempt == Instant.Never ? null : Math.Max(0, (view.NextAttempt - now).TotalSeconds),
    };

    private static IkeSaReport Ike(BoxFacts facts, ConnectionView view, IkeSaStatus sa, Instant now) => new()
    {
        Id = sa.Id.Value,
        State = Word(sa.State),
        Role = sa.WeInitiated ? "initiator" : "responder",
        Local = sa.Path.Local.ToString(),
        Remote = sa.Path.Remote.ToString(),
        PeerIdentity = sa.PeerIdentity?.ToString(),
        Nat = sa.Nat switch
        {
            NatSituation.None => "none",
            NatSituation.Local => "local",
            NatSituation.Remote => "remote",
            _ => "both",
        },
        Suite = sa.Suite?.ToString(),
        InitiatorSpi = sa.InitiatorSpi,
        ResponderSpi = sa.ResponderSpi,
        EstablishedSeconds = view.EstablishedAt.TryGetValue(sa.Id, out var at) ? (now - at).TotalSeconds : 0,
        AssignedAddresses = [.. (sa.Assigned?.Addresses ?? sa.Leased).Select(static a => a.ToString())],
        AssignedDns = [.. (sa.Assigned?.DnsServers ?? []).Select(static a => a.ToString())],
        AssignedDomains = sa.Assigned?.Domains ?? [],
        AssignedDnsInUse = facts.HandsNamesOver && sa is { State: "Established", Assigned: { Domains.IsEmpty: false, DnsServers.IsEmpty: false } },
    };

    /// <summary>The path's MTU as probes found it, where the far end answers; else what the kernel was told of the way out.</summary>
    private static TunnelReport Tunnel(ConnectionView view, Dictionary<ChildSaId, ChildTraffic> traffic)
    {
        var inUse = view.IkeSas.SelectMany(static sa => sa.Children.Select(child => (Sa: sa, Child: child))).FirstOrDefault(static each => each.Child.IsUsed);
        if (inUse.Child is null) return new TunnelReport(view.Plan.Interface, view.Mtu, null);
        if (view.PathMtu is { Kind: not PathMtuKind.Unknown } found)
        {
            var outer = inUse.Child.Suite.SealedOctets(found.Mtu) + (IsUdp(inUse.Sa) ? 8 : 0) + (inUse.Sa.Path.Remote.Address.IsIPv6 ? 40 : 20);
            return new TunnelReport(view.Plan.Interface, view.Mtu, outer, "probed both ways");
        }

        return traffic.GetValueOrDefault(inUse.Child.Id)?.PathMtu is { } told
            ? new TunnelReport(view.Plan.Interface, view.Mtu, told, "outward only: no echo probe answers")
            : new TunnelReport(view.Plan.Interface, view.Mtu, null);
    }

    /// <summary>ESP of this IKE SA rides in UDP; otherwise it is protocol 50.</summary>
    internal static bool IsUdp(IkeSaStatus sa) => sa.Path.HasNonEspMarker || sa.Nat != NatSituation.None;

    private static ChildSaReport Child(IkeSaStatus sa, ChildSaStatus child, Dictionary<ChildSaId, ChildTraffic> traffic)
    {
        var counts = traffic.GetValueOrDefault(child.Id);
        return new ChildSaReport
        {
            Id = child.Id.Value,
            State = child.State is "Live" or "Rekeying" ? "installed" : Word(child.State),
            Used = child.IsUsed,
            InboundSpi = child.InboundSpi,
            OutboundSpi = child.OutboundSpi,
            Suite = child.Suite.ToString(),
            KeyExchange = child.KeyExchange == KeyExchangeMethod.None ? null : string.Join('+', child.AdditionalKeyExchanges.Prepend(child.KeyExchange)),
            LocalSelectors = [.. child.LocalSelectors.Select(Selector)],
            RemoteSelectors = [.. child.RemoteSelectors.Select(Selector)],
            PacketsIn = counts?.PacketsIn ?? 0,
            OctetsIn = counts?.OctetsIn ?? 0,
            PacketsOut = counts?.PacketsOut ?? 0,
            OctetsOut = counts?.OctetsOut ?? 0,
            Provider = counts?.Provider,
            Encapsulation = IsUdp(sa) ? "udp" : "esp",
            Refused = counts?.Refused.ToImmutableSortedDictionary(static r => r.Key, static r => (long)r.Value, StringComparer.Ordinal)
                ?? ImmutableSortedDictionary<string, long>.Empty,
        };
    }

    /// <summary>A selector as people write it: a prefix where it is one.</summary>
    private static string Selector(TrafficSelector selector)
    {
        var size = selector.End.Value - selector.Start.Value;
        var isPrefix = selector is { IpProtocol: 0, StartPort: 0, EndPort: ushort.MaxValue } && (size & (size + 1)) == 0 && (selector.Start.Value & size) == 0;
        var width = selector.IsIPv6 ? 128 : 32;
        return isPrefix ? $"{selector.Start}/{width - (int)UInt128.PopCount(size)}" : selector.ToString();
    }

    private static string Word(string name) => name.ToLowerInvariant();
}
