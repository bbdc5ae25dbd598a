using System.Text.Json.Nodes;
using EdgeVpn.Board;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo;
using EdgeVpn.Demo.Traffic;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.BoardTest.Story;

/// <content>From set-up to a tunnel.</content>
internal sealed partial class BoardPlot
{
    private SetupVisit? _visit;

    private async Task<string> SetupAsync(CancellationToken cancel)
    {
        _visit = new SetupVisit(Lab!, Within(30));
        await _visit.PlugInAsync();
        if (await _visit.IsShownAsync()) throw new ChapterFailedException("the page is there before anybody pressed the button");
        var start = Clock.Elapsed;
        await Board!.HoldUntilAsync(() => Board.Lights.ChaseAsync(Within(10)));
        var held = Clock.Elapsed - start;
        start = Clock.Elapsed;
        await Until.TrueAsync("the page is shown on the LAN port", Within(20), _visit.IsShownAsync);
        var shown = Clock.Elapsed - start;
        await Board.Lights.ChaseAsync(Within(5));
        if (await _visit.IsShownOutsideAsync(LabAddresses.BoxWan)) throw new ChapterFailedException("the page is shown on the WAN port");
        return $"let go after {Seconds(held)} of chase, the page after {Seconds(shown)}; not on the WAN";
    }

    private async Task<string> UploadAsync(CancellationToken cancel)
    {
        await _visit!.BeginAsync(Documents.Boot());
        await _visit.SaysAsync("signed in");
        await Until.TrueAsync("the box is at its broker", Within(30), () => Said("presence", line => (bool?)line["online"] == true), HeardLast);
        await _visit.SaysAsync("on trial, cloud steady");
        await ShortPressAsync();
        await BoardSaysAsync("a change made on the spot is kept");
        await _visit.SaysAsync("kept");
        await _visit.SaysAsync("closed");
        await Board!.Lights.ShowsAsync(Light.Cloud, LedPattern.Steady, Within(20));
        return "Chromium signs in with the label's code, the trial reaches the broker, the button keeps it, the page closes";
    }

    private async Task<string> PublishAsync(CancellationToken cancel)
    {
        var start = Clock.Elapsed;
        await _broker!.PublishAsync(Documents.Topic("desired"), Documents.Desired(), retain: true);
        await CarriesAsync();
        var carried = Clock.Elapsed - start;
        await Until.TrueAsync("the box reports its document confirmed", Within(60), () => Said("reported", line => (string?)line["state"] == "confirmed" && (long?)line["revision"] == 1), HeardLast);
        var confirmed = Clock.Elapsed - start;
        // The one time that networkd changes over from the machine's file to ours it asks for its address anew: echoes count after that.
        await Until.TrueAsync("networkd runs the WAN from our file", Within(30), async () =>
            (await Board!.Shell.TryAsync($"networkctl --no-pager status {VirtBoard.Wan} | grep -F 'Network File: /run/systemd/network/10-edgevpn-{VirtBoard.Wan}.network'", Within(15))).Code == 0);
        await CarriesAsync();
        await Board!.Lights.AllShowAsync(AllSteady, Within(30));
        var echoes = await Ping.RunAsync(Lab!, Node.BranchLan, LabAddresses.CloudHost, count: 10, interval: TimeSpan.FromMilliseconds(50), patience: Within(3));
        if (echoes.Received != 10) throw new ChapterFailedException($"{echoes.Received} of 10 echoes answered");
        return $"published to first echo {Seconds(carried)}, to confirmed {Seconds(confirmed)}, 10 of 10 echoes, four steady lights";
    }

    private async Task<string> DaemonAsync(CancellationToken cancel)
    {
        var facts = await Board!.Shell.RunAsync(
            "p=$(systemctl show -P MainPID edgevpn); awk '/^(VmRSS|VmHWM|Uid|CapEff|NoNewPrivs|Seccomp):/ {print $1, $2}' /proc/$p/status; "
            + "echo watchdog $(systemctl show -P WatchdogUSec edgevpn) $(systemctl show -P RuntimeWatchdogUSec); echo user $(stat -c %U /proc/$p); echo restarts $(systemctl show -P NRestarts edgevpn)", Within(15));
        var words = facts.Split('\n').Select(line => line.Trim().Split(' ', 2)).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0].TrimEnd(':'), pair => pair[1]);
        void Must(string what, string is_) => _ = words[what] == is_ ? true : throw new ChapterFailedException($"{what} is {words[what]}, not {is_}: {facts}");
        Must("user", "edgevpn");
        Must("CapEff", "0000000000003400"); // CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW
        Must("NoNewPrivs", "1");
        Must("Seccomp", "2");
        Must("watchdog", "30s 30s");
        Must("restarts", "0");
        var failed = await Board.Shell.RunAsync("systemctl --failed --no-legend --plain", Within(15));
        if (failed.Length > 0) throw new ChapterFailedException($"units have failed: {failed}");
        return $"{Megabytes(words["VmRSS"])} MB resident (at most {Megabytes(words["VmHWM"])} MB), the set-up page's server not counted; user edgevpn, three capabilities, seccomp, both watchdogs armed; networkd runs the WAN from our file";
    }

    /// <summary>Of a figure in kB, as /proc says it.</summary>
    private static int Megabytes(string kilobytes) => int.Parse(kilobytes, System.Globalization.CultureInfo.InvariantCulture) / 1024;

    /// <summary>Whether anything that the operator heard on a channel is so.</summary>
    private bool Said(string channel, Func<JsonNode, bool> so) =>
        _operator!.Heard().Any(heard => heard.Topic == Documents.Topic(channel) && heard.Message.Length > 0 && JsonNode.Parse(heard.Message) is { } message && so(message));

    private string HeardLast() => string.Join(" | ", _operator!.Heard().TakeLast(3).Select(heard => $"{heard.Topic} {heard.Message}"));
}
