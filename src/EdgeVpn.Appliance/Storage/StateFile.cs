using EdgeVpn.Linux;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Storage;

/// <summary>Something that was read. Null: there is nothing, or nothing usable; then <see cref="Notice"/> says which.</summary>
/// <param name="Value">What the file, or the one before it, holds.</param>
/// <param name="Notice">What a person should know: the file was unreadable and the one before it serves, or none does. Null: nothing to say.</param>
public sealed record Stored<T>(T? Value, string? Notice)
    where T : class;

/// <summary>One file of the state folder: whole or not at all, mode 0600, the last good one beside it. Nothing here throws for what a disk can do.</summary>
/// <param name="path">The file; its folder exists.</param>
/// <param name="parse">The value in these octets; null if they are not one.</param>
internal sealed class StateFile<T>(string path, Func<byte[], T?> parse)
    where T : class
{
    private const int MostOctets = 2 * TwinLimits.MaxBodyOctets; // the largest is a confirmed document with its frame; what is larger is not ours

    public string Path { get; } = path;

    /// <summary>The file's value; else the one before it, and a notice.</summary>
    public Stored<T> Read()
    {
        var (value, fault) = TryRead(Path);
        if (value is not null) return new Stored<T>(value, null);
        var (before, _) = TryRead(AtomicFile.LastGoodPath(Path));
        return (before, fault) switch
        {
            (null, null) => new Stored<T>(null, null),
            (null, _) => new Stored<T>(null, $"{Path} {fault}, and there is none before it to fall back to."),
            (_, null) => new Stored<T>(before, $"{Path} is missing; the one before it is used."),
            _ => new Stored<T>(before, $"{Path} {fault}; the one before it is used."),
        };
    }

    /// <summary>Replaces the file. What was there becomes the last good one if it is good.</summary>
    public StorageResult Write(ReadOnlySpan<byte> octets)
    {
        try
        {
            AtomicFile.Write(Path, octets, AtomicFile.Private, keepLastGood: TryRead(Path).Value is not null);
            return StorageResult.Ok;
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            return StorageResult.From(Path, e);
        }
    }

    /// <summary>Takes the file and the one before it away.</summary>
    public StorageResult Delete()
    {
        try
        {
            AtomicFile.Delete(Path);
            return StorageResult.Ok;
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            return StorageResult.From(Path, e);
        }
    }

    private (T? Value, string? Fault) TryRead(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostOctets }) return (null, "is larger than anything written there");
            var value = parse(File.ReadAllBytes(path));
            return value is null ? (null, "does not hold what was written there") : (value, null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be read ({e.Message})");
        }
    }
}
