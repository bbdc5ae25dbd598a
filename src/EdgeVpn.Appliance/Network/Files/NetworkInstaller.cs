using System.Collections.Immutable;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Network.Files;

/// <summary>Brings the files under a root to what is wanted, by difference, and says which commands make their daemons read them.</summary>
/// <remarks>
/// Runs as root in a unit of its own (<c>edgevpn-network.service</c>); the daemon itself may write none of these places. It writes only what it made
/// itself from a validated configuration, and removes only what bears our name.
/// </remarks>
/// <param name="root">The machine's, or a test's folder.</param>
public sealed class NetworkInstaller(string root)
{
    /// <summary>Writes what differs and removes what is no longer wanted.</summary>
    /// <returns>What was done, and the commands that are due now, in order; both empty: everything stood already.</returns>
    /// <exception cref="IOException">A place cannot be written.</exception>
    /// <exception cref="LinuxException">The same, told by the kernel.</exception>
    public InstalledNetwork Install(ImmutableArray<NetworkFile> wanted)
    {
        var done = ImmutableArray.CreateBuilder<string>();
        var (written, removed) = (new List<string>(), new List<string>());
        foreach (var stale in Present().Except(wanted.Select(static file => file.Path), StringComparer.Ordinal))
        {
            File.Delete(Full(stale));
            removed.Add(stale);
            done.Add($"- /{stale}");
        }

        foreach (var file in wanted)
        {
            var path = Full(file.Path);
            var mode = file.IsSecret ? AtomicFile.Private : AtomicFile.Public;
            if (File.Exists(path) && File.ReadAllText(path) == file.Text && File.GetUnixFileMode(path) == mode) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            AtomicFile.Write(path, file.Text, mode);
            written.Add(file.Path);
            done.Add($"+ /{file.Path}");
        }

        return new InstalledNetwork(done.ToImmutable(), [.. Commands(written, removed)]);
    }

    /// <summary>Files of ours that are there, by path below the root.</summary>
    private IEnumerable<string> Present()
    {
        IEnumerable<string> In(string folder, string pattern) =>
            Directory.Exists(Full(folder)) ? Directory.EnumerateFiles(Full(folder), pattern).Select(file => $"{folder}/{Path.GetFileName(file)}") : [];
        return
        [
            .. In(NetworkPlaces.Networkd, NetworkPlaces.NetworkdPrefix + "*"), .. In(NetworkPlaces.Pppoe, "*"), .. In(NetworkPlaces.Lte, "*"),
            .. new[] { NetworkPlaces.Dnsmasq, NetworkPlaces.DnsmasqServers, NetworkPlaces.Resolved }.Where(file => File.Exists(Full(file))),
        ];
    }

    private static IEnumerable<ImmutableArray<string>> Commands(List<string> written, List<string> removed)
    {
        var touched = written.Concat(removed).ToList();
        if (touched.Exists(IsNetworkd))
        {
            // networkd makes interfaces of its own, but neither changes nor removes them: networkctl(1), reload.
            foreach (var netdev in touched.Where(static file => file.EndsWith(".netdev", StringComparison.Ordinal)))
                yield return ["networkctl", "delete", Path.GetFileNameWithoutExtension(netdev)[NetworkPlaces.NetworkdPrefix.Length..]];
            yield return ["networkctl", "reload"];
        }

        if (touched.Contains(NetworkPlaces.Resolved)) yield return ["systemctl", "try-restart", "systemd-resolved.service"];
        foreach (var (folder, unit) in new[] { (NetworkPlaces.Pppoe, "edgevpn-pppoe"), (NetworkPlaces.Lte, "edgevpn-lte") })
        {
            foreach (var name in NamesIn(removed, folder)) yield return ["systemctl", "stop", $"{unit}@{name}.service"];
            foreach (var name in NamesIn(written, folder)) yield return ["systemctl", "--no-block", "restart", $"{unit}@{name}.service"];
        }

        if (removed.Contains(NetworkPlaces.Dnsmasq)) yield return ["systemctl", "stop", "edgevpn-dnsmasq.service"];
        if (written.Contains(NetworkPlaces.Dnsmasq)) yield return ["systemctl", "--no-block", "restart", "edgevpn-dnsmasq.service"];
        else if (written.Contains(NetworkPlaces.DnsmasqServers)) yield return ["systemctl", "reload", "edgevpn-dnsmasq.service"];
    }

    private static bool IsNetworkd(string file) => file.StartsWith(NetworkPlaces.Networkd + "/", StringComparison.Ordinal);

    private static IEnumerable<string> NamesIn(List<string> files, string folder) =>
        files.Where(file => Path.GetDirectoryName(file) == folder).Select(static file => Path.GetFileName(file));

    private string Full(string path) => Path.Combine(root, path);
}

/// <param name="Done">One line per file.</param>
/// <param name="Commands">Argument arrays.</param>
public sealed record InstalledNetwork(ImmutableArray<string> Done, ImmutableArray<ImmutableArray<string>> Commands);
