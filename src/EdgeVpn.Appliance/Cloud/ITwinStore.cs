namespace EdgeVpn.Appliance.Cloud;

/// <summary>Where the twin's notes survive a restart.</summary>
public interface ITwinStore
{
    /// <summary>The last octets written under this name; null if there are none.</summary>
    ReadOnlyMemory<byte>? Read(TwinFile file);

    /// <summary>Writes durably and whole: after a power cut either these octets are there or the ones before.</summary>
    void Write(TwinFile file, ReadOnlySpan<byte> octets);
}

/// <summary>A note.</summary>
public enum TwinFile
{
    /// <summary><see cref="TwinMemory"/>.</summary>
    Memory,

    /// <summary><see cref="Outbox.Snapshot"/>.</summary>
    Outbox,
}

/// <summary>Notes as readable JSON files in one folder: write, fsync, rename.</summary>
/// <param name="folder">Exists; mode 0700 on the box.</param>
public sealed class TwinFolder(string folder) : ITwinStore
{
    public ReadOnlyMemory<byte>? Read(TwinFile file)
    {
        try
        {
            return File.ReadAllBytes(PathOf(file));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public void Write(TwinFile file, ReadOnlySpan<byte> octets)
    {
        var path = PathOf(file);
        var next = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, options))
        {
            stream.Write(octets);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, path, overwrite: true);
    }

    private string PathOf(TwinFile file) => System.IO.Path.Combine(folder, file == TwinFile.Memory ? "twin.json" : "outbox.json");
}
