using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Desk;

/// <summary>One order that the console can give.</summary>
/// <param name="Name">As in the topic.</param>
/// <param name="Label">On the button.</param>
/// <param name="What">What it does, one sentence.</param>
/// <param name="Role">The least role.</param>
/// <param name="TakesConnection">It may be about one connection.</param>
/// <param name="NeedsConnection">And must be.</param>
/// <param name="IsGrave">Asked for twice.</param>
public sealed record ConsoleOrder(string Name, string Label, string What, Role Role = Role.Operator, bool TakesConnection = false, bool NeedsConnection = false, bool IsGrave = false);

/// <summary>The orders of the console; a box's other orders are given by <c>edgefleet command</c>.</summary>
public static class ConsoleOrders
{
    public static IReadOnlyList<ConsoleOrder> All { get; } =
    [
        new(TwinCommand.Why, "Why", "The steps from the cable to the far end, and the first that fails.", TakesConnection: true),
        new(TwinCommand.Reconnect, "Reconnect", "What is down tries again at once."),
        new(TwinCommand.Rekey, "Rekey", "New keys for a connection.", TakesConnection: true, NeedsConnection: true),
        new(TwinCommand.Identify, "Identify", "The box's lights alternate for a minute."),
        new(TwinCommand.Status, "Status", "Everything the box knows of itself."),
        new(TwinCommand.Log, "Log", "The last lines of the box's log."),
        new(TwinCommand.Release, "Release", "The fleet lets the box go: it may enrol into another. It keeps its tunnels until somebody does that.", Role.Admin, IsGrave: true),
    ];

    /// <summary>Also those that are used by other pages and commands, never by a button.</summary>
    public static bool IsKnown(string name) => All.Any(o => o.Name == name) || name is TwinCommand.Renew or TwinCommand.Certificate or TwinCommand.Trust;

    public static ConsoleOrder? Find(string name) => All.FirstOrDefault(o => o.Name == name);
}
