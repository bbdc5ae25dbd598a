using System.Collections.Immutable;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Board.Definitions;

namespace EdgeVpn.Appliance.Setup;

/// <summary>The machine's ports in the roles that the board's definition gives them: what counts until a configuration names its own.</summary>
internal static class BoardPorts
{
    /// <param name="idPath">udev's ID_PATH of an interface, by its index; empty if it has none.</param>
    public static ImmutableArray<NicAssignment> Of(BoardDefinition board, NetworkFacts facts, Func<int, string> idPath) => NicRoles.Assign(
        board, [.. facts.Interfaces.Where(static i => i is { Name: not "lo", Role: not InterfaceUse.Tunnel }).Select(i => new NicSeen(i.Name, idPath(i.Index), Spelt(i)))]);

    /// <summary>The port that the board calls WAN; null if it is not there, or the board only counts ports: then it is as likely the other one.</summary>
    public static string? Wan(BoardDefinition board, NetworkFacts facts, Func<int, string> idPath) =>
        Of(board, facts, idPath).FirstOrDefault(static nic => nic.Definition is { Role: NicRole.Wan, Index: null } && nic.Seen is not null).Seen?.Name;

    /// <summary>What udev knows of an interface (its database below /run/udev).</summary>
    public static string IdPathOf(int index)
    {
        const string key = "E:ID_PATH=";
        var file = $"/run/udev/data/n{index}";
        return File.Exists(file) ? File.ReadLines(file).FirstOrDefault(static line => line.StartsWith(key, StringComparison.Ordinal))?[key.Length..] ?? "" : "";
    }

    private static string Spelt(InterfaceFacts nic) => nic.Mac is { } mac ? string.Join(':', mac.GetAddressBytes().Select(static o => o.ToString("x2", null))) : "";
}
