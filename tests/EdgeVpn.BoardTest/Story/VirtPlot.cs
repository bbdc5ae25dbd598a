using System.Globalization;
using EdgeVpn.Board;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo.Screens;
using EdgeVpn.Demo.Story;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.BoardTest.Story;

/// <summary>What the stories on QEMU <c>-M virt</c> have in common: Debian boots, our package is installed, lights and tunnel are looked at.</summary>
/// <param name="patience">Every deadline is this many times what a quiet machine with two cores needs at the most.</param>
internal abstract class VirtPlot(IScreen screen, StoryClock clock, double patience) : IPlot
{
    protected const int NoCarrier = 11; // ReasonCode: the digits that the lights must blink for a pulled cable

    /// <summary>Half of what the product promises: an emulated board may draw the lights late.</summary>
    public static readonly TimeSpan LampTest = TimeSpan.FromSeconds(0.5);

    protected static readonly PanelPatterns AllSteady = new(LedPattern.Steady);

    public abstract IReadOnlyList<Chapter> Chapters { get; }

    public Lab? Lab { get; protected set; }

    protected VirtBoard? Board { get; set; }

    protected StrongSwan? Gateway { get; set; }

    protected IScreen Screen => screen;

    protected StoryClock Clock => clock;

    public virtual async ValueTask DisposeAsync()
    {
        try
        {
            if (Board is { Emulator: { IsRunning: false } gone }) screen.Say($"the emulator ended with {gone.ExitCode}: {gone.Log()}");
            else if (Board is not null) await KeepJournalAsync();
            if (Board?.ProcessorTime is { } used) screen.Say($"processor time: {used.TotalSeconds:0} s in the emulator, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s in this process");
            Board?.Dispose();
            if (Gateway is not null) await Gateway.DisposeAsync();
        }
        finally
        {
            if (Lab is not null) await Lab.DisposeAsync();
        }
    }

    internal static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0 's'", CultureInfo.InvariantCulture);

    /// <summary>Debian as it comes boots, and our package is installed while it runs.</summary>
    /// <returns>How long <c>dpkg -i</c> took.</returns>
    protected async Task<TimeSpan> PlainDebianAsync()
    {
        var start = clock.Elapsed;
        Board!.PowerOn();
        await Board.Shell.RunAsync("true", Within(90));
        var shell = clock.Elapsed - start;
        await Board.Shell.RunAsync("systemctl is-system-running --wait", Within(60));
        screen.Say($"Debian runs after {Seconds(clock.Elapsed - start)}, a shell after {Seconds(shell)}");
        return await InstallAsync(Path.GetFileName(BoardFiles.Package));
    }

    /// <summary><c>dpkg -i</c> of a package on the card; the daemon runs after it.</summary>
    protected async Task<TimeSpan> InstallAsync(string package)
    {
        var start = clock.Elapsed;
        await Board!.Shell.RunAsync($"dpkg -i /{package}", Within(60));
        var installed = clock.Elapsed - start;
        await Board.Shell.RunAsync("systemctl is-active edgevpn.service", Within(5));
        return installed;
    }

    protected TimeSpan Within(double seconds) => TimeSpan.FromSeconds(seconds * patience);

    /// <summary>Waits until an echo from the branch's host is answered by the cloud's.</summary>
    protected Task CarriesAsync() => Until.TrueAsync("the tunnel carries echoes", Within(60), () => Ping.AnswersAsync(Lab!, Node.BranchLan, LabAddresses.CloudHost), Board!.Lights.Describe);

    protected async Task ShortPressAsync()
    {
        using var pressed = new CancellationTokenSource();
        await Board!.HoldUntilAsync(() => Task.Delay(300, pressed.Token)); // the length of a press is what is pressed, not something waited for
    }

    /// <summary>Presses short and reads the code off the power light; who lost count presses again.</summary>
    protected async Task BlinksAsync(int code)
    {
        for (var again = 2; ; again--)
        {
            await ShortPressAsync();
            try
            {
                await Board!.Lights.ShowsAsync(Light.Power, LedPattern.Code(code), Within(20)); // the code is blinked three times over
                return;
            }
            catch (TimeoutException) when (again > 0)
            {
                screen.Say($"code {code} was not read: {Board!.Lights.Describe()}");
            }
        }
    }

    protected Task BoardSaysAsync(string words) => Until.TrueAsync(
        $"the daemon says: {words}", Within(20), async () => (await Board!.Shell.TryAsync($"journalctl --no-pager -q -b -u edgevpn.service | grep -F '{words}'", Within(15))).Code == 0);

    /// <summary>What the board says about itself goes to the evidence; a board that does not answer any more is no reason to keep the lab.</summary>
    private async Task KeepJournalAsync()
    {
        try
        {
            var (_, journal) = await Board!.Shell.TryAsync("journalctl --no-pager -o short-monotonic -b all", TimeSpan.FromSeconds(20));
            await File.WriteAllTextAsync(Path.Combine(Lab!.EvidenceFolder, "journal.log"), journal);
        }
        catch (Exception silent) when (silent is TimeoutException or IOException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            screen.Say($"the board's journal could not be kept: {silent.Message}");
        }
    }
}
