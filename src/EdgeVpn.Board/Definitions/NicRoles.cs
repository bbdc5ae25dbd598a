using System.Collections.Immutable;

namespace EdgeVpn.Board.Definitions;

/// <summary>An Ethernet port as the kernel and udev see it.</summary>
/// <param name="Name">Kernel name.</param>
/// <param name="Path">udev's ID_PATH; empty if it has none.</param>
/// <param name="Mac">Permanent address, colons between the octets.</param>
public readonly record struct NicSeen(string Name, string Path, string Mac);

/// <summary>A definition's NIC, and the port found for it.</summary>
/// <param name="Seen">Null: not there (yet).</param>
public readonly record struct NicAssignment(NicDefinition Definition, NicSeen? Seen);

/// <summary>Which port has which role.</summary>
public static class NicRoles
{
    /// <summary>One assignment per NIC of the board, in its order. No port is given twice: an earlier definition takes it.</summary>
    /// <remarks>Call again when a NIC appears; what is found by path, MAC or name does not depend on the others, what is found by index does.</remarks>
    public static ImmutableArray<NicAssignment> Assign(BoardDefinition board, IReadOnlyList<NicSeen> seen)
    {
        var inOrder = seen.OrderBy(nic => nic.Path, StringComparer.Ordinal).ThenBy(nic => nic.Name, StringComparer.Ordinal).ToArray();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var result = ImmutableArray.CreateBuilder<NicAssignment>(board.Nics.Length);
        foreach (var wanted in board.Nics)
        {
            NicSeen? found = null;
            for (var i = 0; i < inOrder.Length && found is null; i++)
                if (Matches(wanted, inOrder[i], i) && taken.Add(inOrder[i].Name))
                    found = inOrder[i];
            result.Add(new(wanted, found));
        }

        return result.MoveToImmutable();
    }

    private static bool Matches(NicDefinition wanted, NicSeen nic, int index) =>
        wanted.Path is { } path ? Glob(path, nic.Path)
        : wanted.Mac is { } mac ? mac.Equals(nic.Mac, StringComparison.OrdinalIgnoreCase)
        : wanted.Name is { } name ? name == nic.Name
        : wanted.Index == index;

    /// <summary>True if <paramref name="text"/> is <paramref name="pattern"/>, each * of it standing for any characters.</summary>
    internal static bool Glob(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        var (p, t, star, retry) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, retry, p) = (p, t, p + 1);
            else if (p < pattern.Length && pattern[p] == text[t]) (p, t) = (p + 1, t + 1);
            else if (star >= 0) (p, t) = (star + 1, ++retry);
            else return false;
        }

        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
