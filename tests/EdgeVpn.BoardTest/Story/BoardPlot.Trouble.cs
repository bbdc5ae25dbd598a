using EdgeVpn.Board;
using EdgeVpn.Demo;
using EdgeVpn.Demo.Traffic;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.BoardTest.Story;

/// <content>What goes wrong in an office, and the way back from it.</content>
internal sealed partial class BoardPlot
{
    private async Task<string> CableAsync(CancellationToken cancel)
    {
        var heard = _operator!.Heard().Length;
        var start = Clock.Elapsed;
        Board!.Cable(isIn: false);
        await Board.Lights.ShowsAsync(Light.Wan, LedPattern.Off, Within(15));
        await Board.Lights.ShowsAsync(Light.Power, LedPattern.FastBlink, Within(15));
        var told = Clock.Elapsed - start;
        await BlinksAsync(NoCarrier);
        _cableHeard = heard;
        return $"wan off and power fast after {Seconds(told)}; a short press blinks {NoCarrier}";
    }

    private int _cableHeard;

    private async Task<string> BackAsync(CancellationToken cancel)
    {
        var start = Clock.Elapsed;
        Board!.Cable(isIn: true);
        await CarriesAsync();
        var carried = Clock.Elapsed - start;
        await Board.Lights.AllShowAsync(AllSteady, Within(60));
        await Until.TrueAsync($"the operator hears of reason {NoCarrier}", Within(30), () => _operator!.Heard().Skip(_cableHeard)
            .Any(heard => heard.Topic == Documents.Topic("events") && heard.Message.Contains("no-carrier", StringComparison.Ordinal)), HeardLast);
        return $"echoes answered after {Seconds(carried)}, four steady lights after {Seconds(Clock.Elapsed - start)}, the event reached the operator; {await ResidentAsync()}";
    }

    private async Task<string> LoopAsync(CancellationToken cancel)
    {
        var start = Clock.Elapsed;
        await Board!.Shell.RunAsync(
            "p=$(systemctl show -P MainPID edgevpn); held=$(grep -lx ike /proc/$p/task/*/comm | cut -d/ -f5); "
            + "rm -f /run/held; setsid /hold-thread $held >/run/held 2>&1 & until grep -q held /run/held 2>/dev/null; do sleep 0.1; done; cat /run/held", Within(15));
        await Until.TrueAsync("systemd starts the daemon anew", Within(75), async () => (await Board.Shell.RunAsync("systemctl show -P NRestarts edgevpn", Within(15))).Trim() == "1");
        var restarted = Clock.Elapsed - start;
        await BoardSaysAsync("ike stands still");
        await CarriesAsync();
        var carried = Clock.Elapsed - start;
        await Board.Lights.AllShowAsync(AllSteady, Within(60));
        return $"started anew after {Seconds(restarted)} (WatchdogSec=30), echoes answered after {Seconds(carried)}";
    }

    private async Task<string> HangAsync(CancellationToken cancel)
    {
        var start = Clock.Elapsed;
        var resets = Board!.WatchdogResets;
        await Board.Shell.SendAsync("sync; echo c >/proc/sysrq-trigger"); // there is no answer: the kernel stops in the middle of it
        await Until.TrueAsync("the watchdog resets the board", Within(60), () => Board.WatchdogResets > resets, Board.Lights.Describe);
        var reset = Clock.Elapsed - start;
        Board.Shell.Reset();
        await Board.Lights.ShowsAsync(Light.Power, LedPattern.Off, Within(20)); // the four were steady when the kernel stopped: that is no lamp test
        Board.Lights.Forget();
        await Until.TrueAsync("every light is on for the lamp test", Within(90), () => Board.Lights.LongestLampTest > LampTest, Board.Lights.Describe);
        await CarriesAsync();
        var carried = Clock.Elapsed - start - reset;
        await Board.Lights.AllShowAsync(AllSteady, Within(60));
        var clear = await ClearCounter.ReadAsync(Lab!);
        if (clear > 0) throw new ChapterFailedException($"{clear} protected packets left the box in clear");
        return $"reset after {Seconds(reset)}, echoes answered {Seconds(carried)} after power-on; {await ResidentAsync()}; 0 packets in clear since the start";
    }

    /// <summary>What the daemon holds at this moment; what its start left behind is given back in the quarter of a minute after it.</summary>
    private async Task<string> ResidentAsync() =>
        $"{Megabytes(await Board!.Shell.RunAsync("awk '/^VmRSS:/ {print $2}' /proc/$(systemctl show -P MainPID edgevpn)/status", Within(15)))} MB resident without the set-up page";

    private async Task<string> ResetAsync(CancellationToken cancel)
    {
        // With the operator's document still on the broker the box would only take it again.
        await _broker!.PublishAsync(Documents.Topic("desired"), "", retain: true);
        await Board!.HoldUntilAsync(() => Board.Lights.AllShowAsync(StatusPanel.AllFast, Within(20)));
        await Board.Lights.ShowsAsync(Light.Vpn, LedPattern.Off, Within(30));
        await Board.Lights.ShowsAsync(Light.Cloud, LedPattern.Off, Within(30));
        await Until.TrueAsync("strongSwan was told", Within(15), async () => (await Gateway!.SasAsync()).IsEmpty);
        if (await Ping.AnswersAsync(Lab!, Node.BranchLan, LabAddresses.CloudHost)) throw new ChapterFailedException("an echo was answered after the reset");
        var kept = await Board.Shell.RunAsync("ls /var/lib/edgevpn; edgevpn config show 2>&1 | head -20", Within(20));
        return $"configuration gone, tunnel taken down at both ends; kept: {kept.Split('\n')[0]}";
    }
}
