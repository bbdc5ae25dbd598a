using System.Globalization;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Net;

/// <summary>Takes labs down: at their end, and those that an earlier run left behind when it was killed.</summary>
public static class Janitor
{
    private static readonly SemaphoreSlim Once = new(1, 1);
    private static bool _swept;

    /// <summary>Removes every lab on this machine whose process is gone. Labs of living processes hold their lock and stay.</summary>
    /// <returns>The ids that were removed.</returns>
    public static async Task<IReadOnlyList<string>> SweepAsync()
    {
        var removed = new List<string>();
        foreach (var id in KnownIds())
        {
            if (!LabFolders.TryLock(id, out var held)) continue;
            await using (held) await TakeDownAsync(id);
            removed.Add(id);
        }

        return removed;
    }

    /// <summary>As <see cref="SweepAsync"/>, the first time only.</summary>
    internal static async Task SweepOnceAsync()
    {
        await Once.WaitAsync();
        try
        {
            if (!_swept) await SweepAsync();
            _swept = true;
        }
        finally
        {
            Once.Release();
        }
    }

    /// <summary>Kills what runs in the lab's namespaces, removes them, its run folder and its lock. The caller holds the lock.</summary>
    internal static async Task TakeDownAsync(string id)
    {
        var namespaces = Namespaces().Where(name => name.StartsWith($"{LabFolders.NamespacePrefix}{id}-", StringComparison.Ordinal)).ToArray();
        foreach (var name in namespaces) await EmptyAsync(name);
        foreach (var name in namespaces) await Tool.RunAsync(["ip", "netns", "del", name]);
        if (Directory.Exists(LabFolders.RunFolder(id))) Directory.Delete(LabFolders.RunFolder(id), recursive: true);
        File.Delete(Path.Combine(LabFolders.Root, id + ".lock"));
    }

    private static async Task EmptyAsync(string netns)
    {
        await Until.TrueAsync($"{netns} is empty", TimeSpan.FromSeconds(10), async () =>
        {
            var pids = (await Tool.RunAsync(["ip", "netns", "pids", netns])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            foreach (var pid in pids) _ = Libc.Kill(int.Parse(pid, CultureInfo.InvariantCulture), (int)Signal.Kill);
            return pids.Length == 0;
        });
    }

    private static string[] KnownIds()
    {
        var fromNamespaces = Namespaces().Select(name => name[LabFolders.NamespacePrefix.Length..].Split('-')[0]);
        var fromLocks = Directory.Exists(LabFolders.Root)
            ? Directory.GetFiles(LabFolders.Root, "*.lock").Select(file => Path.GetFileNameWithoutExtension(file))
            : [];
        return fromNamespaces.Concat(fromLocks).Distinct(StringComparer.Ordinal).ToArray();
    }

    private static IEnumerable<string> Namespaces() => Directory.Exists("/run/netns")
        ? Directory.GetFiles("/run/netns", LabFolders.NamespacePrefix + "*").Select(file => Path.GetFileName(file))
        : [];
}
