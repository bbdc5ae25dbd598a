using System.Text;

namespace EdgeVpn.Fleet.Keys;

/// <summary>Whole files: a new one beside, synced, renamed over.</summary>
internal static class Files
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Mode 0700.</summary>
    public static void MakePrivateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public static void Write(string path, string text) => Write(path, text, Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    /// <summary>Mode 0600 from the first octet.</summary>
    public static void WriteSecret(string path, string text) => Write(path, text, Private);

    /// <summary>The same of octets.</summary>
    public static void WriteSecret(string path, byte[] octets) => Write(path, octets, Private);

    private static void Write(string path, string text, UnixFileMode mode) => Write(path, Encoding.UTF8.GetBytes(text), mode);

    private static void Write(string path, byte[] octets, UnixFileMode mode)
    {
        var next = $"{path}.{Guid.NewGuid():n}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        try
        {
            using (var stream = new FileStream(next, options))
            {
                stream.Write(octets);
                stream.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
        catch
        {
            File.Delete(next);
            throw;
        }
    }
}
