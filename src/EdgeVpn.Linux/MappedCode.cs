using System.Buffers.Text;
using System.Text;

namespace EdgeVpn.Linux;

/// <summary>The executable and its libraries, as far as their pages lie in this process's memory.</summary>
public static unsafe class MappedCode
{
    private const int MADV_DONTNEED = 4;

    /// <summary>Octets of files that lie in this process's memory; nearly all of them are code and constants (proc_pid_statm(5)).</summary>
    public static long Resident
    {
        get
        {
            Span<byte> text = stackalloc byte[128];
            using var file = File.OpenHandle("/proc/self/statm");
            var words = text[..RandomAccess.Read(file, text, 0)];
            return Number(Word(words, 2), 'D') * Environment.SystemPageSize;
        }
    }

    /// <summary>
    /// Gives back every page of code and constants: what is used again comes back from the system's page cache by itself, some microseconds for each 64 KiB.
    /// What only a start needed stays away.
    /// </summary>
    /// <remarks>Only what nobody wrote to: a page of our own (a relocated pointer, a variable) has no other copy.</remarks>
    public static void LetGo()
    {
        using var smaps = new FileStream("/proc/self/smaps", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        foreach (var area in Unwritten(smaps)) _ = Libc.madvise((void*)area.Start, area.Length, MADV_DONTNEED); // EINVAL: locked, then it stays
    }

    /// <summary>Read-only areas of files that are mapped as code, too, without a page of our own; proc_pid_smaps(5).</summary>
    /// <remarks>A hundred kilobytes of text are read as octets: as strings they would be more than what is given back is worth.</remarks>
    internal static List<Area> Unwritten(Stream smaps)
    {
        var areas = new List<Area>();
        var code = new HashSet<string>(StringComparer.Ordinal);
        Area? area = null;
        var buffer = new byte[16 * 1024];
        int kept = 0, read;
        while ((read = smaps.Read(buffer, kept, buffer.Length - kept)) > 0)
        {
            ReadOnlySpan<byte> text = buffer.AsSpan(0, kept + read);
            while (text.IndexOf((byte)'\n') is >= 0 and var end)
            {
                Take(text[..end]);
                text = text[(end + 1)..];
            }

            kept = text.Length;
            text.CopyTo(buffer);
        }

        return areas.FindAll(found => code.Contains(found.File));

        void Take(ReadOnlySpan<byte> line)
        {
            if (Word(line, 0) is [.., (byte)':'] name)
            {
                if (!name.SequenceEqual("Anonymous:"u8)) return;
                if (area is not null && Number(Word(line, 1), 'D') == 0) areas.Add(area);
                return;
            }

            area = null;
            if (Word(line, 1) is not [_, var write, var execute, (byte)'p'] || line.IndexOf((byte)'/') is not (>= 0 and var path)) return;
            var file = Encoding.UTF8.GetString(line[path..]);
            if (execute == 'x') code.Add(file);
            if (write == 'w') return;
            var range = Word(line, 0);
            var dash = range.IndexOf((byte)'-');
            var start = (nuint)Number(range[..dash], 'x');
            area = new Area(file, start, (nuint)Number(range[(dash + 1)..], 'x') - start);
        }
    }

    /// <summary>The word at <paramref name="index"/>; empty if there are fewer.</summary>
    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> line, int index)
    {
        foreach (var range in line.Split((byte)' '))
            if (line[range] is { IsEmpty: false } word && index-- == 0) return word;
        return default;
    }

    private static long Number(ReadOnlySpan<byte> digits, char format) =>
        Utf8Parser.TryParse(digits, out long value, out var taken, format) && taken == digits.Length ? value : throw new FormatException("The kernel's word is no number.");

    internal sealed record Area(string File, nuint Start, nuint Length);
}
