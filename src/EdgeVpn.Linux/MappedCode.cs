using System.Globalization;

namespace EdgeVpn.Linux;

/// <summary>The executable and its libraries, as far as their pages lie in this process's memory.</summary>
public static unsafe class MappedCode
{
    private const string Maps = "/proc/self/smaps";
    private const int MADV_DONTNEED = 4;

    /// <summary>
    /// Gives back every page of code and constants: what is used again comes back from the system's page cache by itself, some microseconds for each 64 KiB.
    /// What only a start needed stays away.
    /// </summary>
    /// <remarks>Only what nobody wrote to: a page of our own (a relocated pointer, a variable) has no other copy.</remarks>
    /// <returns>Octets that were let go.</returns>
    public static long LetGo()
    {
        long freed = 0;
        foreach (var area in Unwritten(File.ReadLines(Maps)))
            if (Libc.madvise((void*)area.Start, area.Length, MADV_DONTNEED) == 0) freed += area.Resident; // EINVAL: locked, then it stays
        return freed;
    }

    /// <summary>Read-only areas of files that are mapped as code, too, without a page of our own; proc_pid_smaps(5).</summary>
    internal static IReadOnlyList<Area> Unwritten(IEnumerable<string> smaps)
    {
        var areas = new List<Area>();
        var code = new HashSet<string>(StringComparer.Ordinal);
        Area? area = null;
        foreach (var line in smaps)
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].EndsWith(':'))
            {
                if (area is null) continue;
                if (words[0] == "Rss:") area = area with { Resident = 1_024 * long.Parse(words[1], CultureInfo.InvariantCulture) };
                if (words[0] != "Anonymous:") continue; // comes later in each area
                if (words[1] == "0") areas.Add(area);
                area = null;
                continue;
            }

            area = null;
            if (words is not [var range, [_, var write, var execute, 'p'], _, _, _, ['/', ..] file, ..]) continue;
            if (execute == 'x') code.Add(file);
            if (write == 'w') continue;
            var ends = range.Split('-');
            var start = nuint.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            area = new Area(file, start, nuint.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start, 0);
        }

        return areas.FindAll(found => code.Contains(found.File));
    }

    /// <param name="Resident">Octets.</param>
    internal sealed record Area(string File, nuint Start, nuint Length, long Resident);
}
