using System.Text;

namespace EdgeVpn.Fleet.Keys;

/// <summary>Whole files: a new one beside, synced, renamed over.</summary>
internal static class Files
{
    public const UnixFileMode PrivateFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void Write(string path, string text) => Write(path, text, Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    /// <summary>Mode 0600 from the first octet.</summary>
    public static void WriteSecret(string path, string text) => Write(path, text, Private);

    private static void Write(string path, string text, UnixFileMode mode)
    {
        var next = $"{path}.{Guid.NewGuid():n}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        try
        {
            using (var stream = new FileStream(next, options))
            {
                stream.Write(Encoding.UTF8.GetBytes(text));
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
