using EdgeVpn.Board;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo;
using EdgeVpn.Demo.Traffic;

namespace EdgeVpn.BoardTest.Story;

/// <content>The package's life on a box that works.</content>
internal sealed partial class LinePlot
{
    /// <summary>What of ours a machine could hold: files but for logs, the filter, rules, routes, units, the session.</summary>
    /// <remarks>A LAN's address stays until the next start: who removes the package over the network keeps the way in.</remarks>
    private const string Traces = """
        find / -xdev -name '*edgevpn*' -not -name 'edgevpn_*.deb' -not -path '/var/log/*' -not -path '/proc/*'; ls -d /run/edgevpn* /run/systemd/network/*edgevpn* 2>/dev/null;
        nft list tables | grep edgevpn; ip rule | grep -E '^45[0-9][0-9]'; ip route show table all | grep -E 'evpn|table 455|proto bgp'; ip -br link | grep -E 'evpn|dsl0';
        systemctl list-units --all --no-legend --plain 'edgevpn*'; pgrep -a 'edgevpn'; pgrep -a pppd | grep edgevpn-network; true
        """;

    private async Task<string> UpgradeAsync(CancellationToken cancel)
    {
        var shell = Board!.Shell;
        await shell.RunAsync("sed -i 's/^EDGEVPN_OPTIONS=.*/EDGEVPN_OPTIONS=\"--board qemu-virt\"/' /etc/default/edgevpn && edgevpn setup code --set 7KQ2M-X9RTB", Within(20));
        var before = await shell.RunAsync(Kept, Within(15));
        var start = Clock.Elapsed;
        Board.Lights.Forget();
        var updating = Board.Lights.ShowsAsync(Light.Power, LedPattern.TwoBlinks, Within(60));
        var took = await InstallAsync(Path.GetFileName(BoardFiles.LaterPackage));
        await updating;
        await CarriesAsync();
        var carried = Clock.Elapsed - start;
        var after = await shell.RunAsync(Kept, Within(15));
        if (after != before) throw new ChapterFailedException($"what was to be kept changed:\n{before}\n{after}");
        var version = await shell.RunAsync("dpkg-query -W -f '${Version}' edgevpn", Within(10));
        if (!version.EndsWith("+later", StringComparison.Ordinal)) throw new ChapterFailedException($"the version is {version}");
        await NoUnitFailedAsync();
        return $"dpkg -i in {Seconds(took)}, power blinked twice meanwhile, echoes through the tunnel {Seconds(carried)} after its start; configuration, options and state as they were";
    }

    private async Task<string> RemoveAsync(CancellationToken cancel)
    {
        var shell = Board!.Shell;
        var before = await shell.RunAsync(Kept, Within(15));
        await shell.RunAsync("dpkg -r edgevpn", Within(60));
        var left = await TracesAsync("/etc/default/edgevpn", "/etc/edgevpn", "/var/lib/edgevpn", "/var/lib/dpkg/", "/var/lib/systemd/", "/etc/systemd/system/", "edgevpn.service masked"); // Debian's own memory of a removed unit
        if (left.Length > 0) throw new ChapterFailedException($"left after the removal:\n{left}");
        if (await shell.RunAsync(Kept, Within(15)) is var kept && kept != before) throw new ChapterFailedException($"what was to be kept changed:\n{before}\n{kept}");
        var start = Clock.Elapsed;
        await InstallAsync(Path.GetFileName(BoardFiles.Package));
        await CarriesAsync();
        return $"filter, rules, routes, session and units gone, configuration and state kept; installed again: echoes after {Seconds(Clock.Elapsed - start)}";
    }

    private async Task<string> PurgeAsync(CancellationToken cancel)
    {
        await Board!.Shell.RunAsync("dpkg -P edgevpn", Within(60));
        var left = await TracesAsync();
        if (left.Length > 0) throw new ChapterFailedException($"left after the purge:\n{left}");
        var user = await Board.Shell.RunAsync("getent passwd edgevpn; getent group edgevpn; systemctl --failed --no-legend --plain", Within(15));
        if (user.Split('\n').Length != 2) throw new ChapterFailedException($"user, group, and no failed unit were expected: {user}");
        var clear = await ClearCounter.ReadAsync(Lab!);
        if (clear > 0) throw new ChapterFailedException($"{clear} protected packets left in clear while the package was there");
        return "no file, key, filter, rule, route, session or unit of ours; the user stays, for its number must not become somebody else's; 0 packets in clear in the whole story";
    }

    /// <summary>Configuration, options and what the daemon keeps for good, as checksums.</summary>
    private const string Kept = "sha256sum /etc/edgevpn/config.json /etc/default/edgevpn; grep -rl . /var/lib/edgevpn | sort; stat -c '%n %a %U' /etc/edgevpn /var/lib/edgevpn";

    private async Task<string> TracesAsync(params string[] allowed)
    {
        var traces = await Board!.Shell.RunAsync(Traces.Replace('\n', ' '), Within(40));
        return string.Join('\n', traces.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => !allowed.Any(prefix => line.StartsWith(prefix, StringComparison.Ordinal))));
    }
}
