using System.Collections.Immutable;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Control;

/// <summary>Everything known of the box at one moment: what status, why and the lights are all made from.</summary>
public sealed record BoxFacts(
    BoxConfig Configuration,
    ConfigurationInForce InForce,
    ImmutableArray<InterfaceStatus> Interfaces,
    bool HasGateway,
    IReadOnlyList<ConnectionView> Connections,
    Func<string, ImmutableArray<ProbeState>> Probes,
    DataPlaneStatus Traffic,
    Cloud.CloudStatus? Cloud,
    Reason? BoxFault)
{
    /// <summary>Whether names that a tunnel brings are given to the LAN's resolver.</summary>
    public bool HandsNamesOver { get; init; }

    public WanPorts Wan => new(Interfaces);

    /// <summary>Whether a configured broker, peer or probe answers.</summary>
    public bool SomethingAnswers =>
        Cloud is { Connected: true }
        || Connections.Any(static c => c.State == ConnectionState.Up || c.IkeSas.Any(static sa => sa.State == "Established"))
        || Connections.Any(c => Probes(c.Plan.Config.Name).Any(static p => p.Answers));

    /// <summary>The reason to show: the one nearest to the cable, for it explains the others.</summary>
    public (Reason Reason, string? Detail)? Worst()
    {
        if (BoxFault is not null) return (BoxFault, null);
        if (Wan.Trouble is { } trouble) return (trouble, Wan.Names);
        foreach (var connection in Connections)
        {
            if (ReasonOf(connection) is { } reason) return reason;
        }

        if (Cloud is { Connected: false, Reason: { } offline } && ReasonCatalog.ByName(offline.Name) is { } cloud) return (cloud, offline.Detail);
        return null;
    }

    /// <summary>What is wrong with one connection, beneath it first.</summary>
    public (Reason Reason, string? Detail)? ReasonOf(ConnectionView connection)
    {
        if (connection.State == ConnectionState.Up)
        {
            var silent = Probes(connection.Plan.Config.Name).FirstOrDefault(static p => p.IsSilent);
            // It carries traffic with keys that nobody will renew: better told now than when they end.
            if (silent is null) return connection.Reason == ReasonCode.RekeyRefused ? (ReasonCode.RekeyRefused, connection.Detail) : connection.Churn ?? BlackHoleOf(connection);
            var received = Traffic.Children.Where(c => connection.IkeSas.Any(sa => sa.Children.Any(child => child.Id == c.Child))).Sum(static c => (long)c.PacketsIn);
            return received == 0
                ? (ReasonCode.NothingReturns, $"{silent.Sent} probes to {silent.Probe.Address}, not one packet came back")
                : (ReasonCode.ProbeSilent, $"{silent.Probe.Address} does not answer, other traffic does");
        }

        // Down at this moment, and up in the next: that says more than how it was lost the last time. A refusal is another matter.
        if (connection is { Churn: { } churn, Reason: not { Severity: ReasonSeverity.Refusal } }) return churn;
        return connection.Reason is { } reason ? (reason, connection.Detail) : null;
    }

    private static (Reason Reason, string? Detail)? BlackHoleOf(ConnectionView connection) => connection.PathMtu is { Kind: PathMtuKind.BlackHole } hole
        ? (ReasonCode.PathMtuBlackHole, $"packets of {hole.Mtu + 1} to {connection.FullMtu} octets vanish; the tunnel takes {connection.Mtu} now")
        : null;
}
