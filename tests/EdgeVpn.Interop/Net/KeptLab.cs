using System.Globalization;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Net;

/// <summary>Labs that were left running on purpose: a small process in each holds its lock, so that no sweep takes it down.</summary>
public static class KeptLab
{
    internal const string HolderName = "holder";

    /// <summary>Ends every lab that was kept on this machine, and only those.</summary>
    /// <returns>Their ids.</returns>
    public static async Task<IReadOnlyList<string>> EndAllAsync()
    {
        List<string> ended = [];
        if (!Directory.Exists(LabFolders.Root)) return ended;
        foreach (var folder in Directory.GetDirectories(LabFolders.Root))
            if (await EndAsync(Path.GetFileName(folder)))
                ended.Add(Path.GetFileName(folder));
        return ended;
    }

    /// <returns>False if there is no such lab, or it was not kept.</returns>
    internal static async Task<bool> EndAsync(string id)
    {
        if (HolderOf(id) is not { } holder) return false;
        _ = Libc.Kill(holder, (int)Signal.Kill);
        FileStream? held = null;
        await Until.TrueAsync($"the lock of lab {id} is free", TimeSpan.FromSeconds(5), () => LabFolders.TryLock(id, out held));
        await using (held) await Janitor.TakeDownAsync(id);
        return true;
    }

    internal static string HolderFile(string id) => Path.Combine(LabFolders.RunFolder(id), HolderName + ".pid");

    internal static string LockFile(string id) => Path.Combine(LabFolders.Root, id + ".lock");

    /// <summary>The process that holds the lock; null if there is none, or the number belongs to another by now.</summary>
    private static int? HolderOf(string id)
    {
        try
        {
            var holder = int.Parse(File.ReadAllText(HolderFile(id)), CultureInfo.InvariantCulture);
            return File.ReadAllText($"/proc/{holder}/cmdline").Contains(LockFile(id), StringComparison.Ordinal) ? holder : null;
        }
        catch (Exception absent) when (absent is IOException or FormatException)
        {
            return null;
        }
    }
}
