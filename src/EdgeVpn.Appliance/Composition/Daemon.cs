using System.Collections.Immutable;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Crypto.SelfTest;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Board;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Board.Hardware;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Azure;

namespace EdgeVpn.Appliance.Composition;

/// <summary><c>edgevpn run</c> and <c>edgevpn gateway</c>: reads what to start from, puts the box together, waits for the end.</summary>
public sealed class Daemon : ICommandActions
{
    /// <summary>In the service's runtime folder while the package is replaced (<c>scripts/debian/prerm</c>).</summary>
    private const string UpdatingMark = "updating";

    public Task<int> RunAsync(RunOptions options, CancellationToken stop)
    {
        Start Again() => Start.From(options, options.Bootstrap);
        var start = Again();
        return start.Problems.IsEmpty || start.MayWait(options) ? ServeAsync(options, start, Again, stop) : Refuse(start.Problems);
    }

    public Task<int> GatewayAsync(GatewayOptions options, CancellationToken stop)
    {
        var azure = options.As is GatewayKind.Azure ? new AzureGateway { Policy = options.Policy } : null;
        Start Again() => options.Quick is { } quick ? Start.From(quick) : Start.From(options, bootstrap: null);
        var start = Again();
        return start.Problems.IsEmpty || start.MayWait(options) ? ServeAsync(options, start, Again, stop, azure) : Refuse(start.Problems);
    }

    private static Task<int> Refuse(ImmutableArray<string> problems)
    {
        foreach (var problem in problems) Console.Error.WriteLine(problem);
        return Task.FromResult(ExitCode.Usage);
    }

    private static async Task<int> ServeAsync(DaemonOptions options, Start start, Func<Start> again, CancellationToken stop, AzureGateway? azure = null)
    {
        NativeHeap.UseOneArena();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var time = TrustedTime.Of(start.State?.Folder);
        var crypto = new SelfTestRun(CryptoProviders.OfThisMachine(), new KernelEntropy()).Sound(out var tested);
        Box box;
        try
        {
            if (!TunDevice.IsOffered) return await new FatalStart(options.Board).ShowAsync(ReasonCode.NoTunDevice, null, stop).ConfigureAwait(false);
            box = new Box(crypto, time, options.ExportKeysFile, start.State?.CertificateFolder, azure);
        }
        catch (LinuxException refused)
        {
            var reason = refused.Errno == Errno.EADDRINUSE ? ReasonCode.PortTaken : ReasonCode.NotPermitted;
            return await new FatalStart(options.Board).ShowAsync(reason, refused.Message, stop).ConfigureAwait(false);
        }

        await using (box.ConfigureAwait(false))
        {
            var log = new BoxLog(box.Events);
            box.Connections.ClockIsDoubtful = () => time.IsDoubtful;
            box.ClockIsBehind = () => time.IsBehind;
            if (time.IsBehind) log.Warn($"the machine's clock is behind what this box knows: it is taken to be {time.GetUtcNow():u} until the clock is set; certificates wait for that, {TrustedTime.Patience.TotalSeconds:0} s at most");
            foreach (var line in start.Notices) log.Warn(line);
            foreach (var line in start.Problems) log.Warn($"{ReasonCode.NoConfiguration}: {line}");
            foreach (var check in tested.Checks.Where(static check => !check.Passed))
                log.Warn($"self-test: {check.Algorithm} of {check.Provider} {check.Fault}: it is not used");
            box.SetFault(ReasonCode.SelfTestFailed, !tested.Passed);
            Exception? fault = null;
            box.Loop.Failed += exception =>
            {
                fault = exception;
                ending.Cancel();
            };

            var memory = new BoxMemory(start.State?.Folder, time);
            box.Remember(memory);
            var life = new BoxLife(box, start, again, log, time);
            var standstill = StandstillNote.In(start.State?.Folder);
            if (standstill.Take() is { } stood)
            {
                log.Warn($"{ReasonCode.WatchdogRestart}: {ReasonCode.WatchdogRestart.Sentence} ({stood} stood still)");
                box.SetFault(ReasonCode.WatchdogRestart, true);
            }

            var board = BoardOf(options.Board, log.Info, log.Warn);
            var hardware = PanelHardware.Open(board);
            foreach (var failure in hardware.Failures) log.Warn($"board: {failure}");
            hardware.Found = path => log.Info($"board: {path} is there now");
            if (Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") is { Length: > 0 } place) box.IsUpdating = () => Path.Exists(Path.Combine(place.Split(':')[0], UpdatingMark));
            box.WanOfTheBoard = facts => BoardPorts.Wan(board, facts, BoardPorts.IdPathOf);
            using var panel = new PanelLoop(hardware, modes => PanelOf.Health(box.Facts(), modes));
            var setup = new BoxSetup(box, panel, life, board, time);
            await using var _ = setup.ConfigureAwait(false);
            var handler = new BoxControl(box, panel, life, setup);
            life.Hands = new Hands(panel, handler);
            panel.Gestured += ButtonOf(box, life, setup, log).On;
            panel.Refused += fault => log.Warn($"board: {fault}");
            panel.Jammed += () => log.Warn("board: the button is down for a minute: stuck, or wired wrongly; it does nothing until it comes up");
            panel.Changed += snapshot => box.Events.Add(BoxEventKind.Light, null, PanelWords(snapshot));
            box.Cloud = () => life.CloudStatus;

            if (start.Problems.IsEmpty) box.Guard(start.Configuration);
            box.Start();
            panel.Start();
            // What the kernel protects since before stays as it is: a document that cannot be read does not say that there is nothing to protect.
            if (start.Problems.IsEmpty) await box.ApplyAsync(start.Configuration, start.InForce).ConfigureAwait(false);
            else box.SetFault(ReasonCode.NoConfiguration, true);
            box.IsStarting = false;
            var control = ControlSocket.Open(
                new ControlSocketOptions { Path = options.ControlPath, Fault = exception => log.Warn($"control: {exception}") }, handler);
            await using (control.ConfigureAwait(false))
            {
                var living = life.RunAsync(ending.Token);
                var remembering = memory.RunAsync(ending.Token);
                var measuring = new BoxMetrics(box, log).RunAsync(ending.Token);
                log.Info($"edgevpn {ProductVersion.Text} is ready: {box.Configuration.Connections.Length} connections, control at {options.ControlPath}");
                ProcessIdentity.NotifyServiceManager("READY=1");
                var trimming = MemoryTrim.RunAsync(time, ending.Token, MemoryTrim.OfHeap(() => box.Packets), MemoryTrim.OfCode(() => box.Packets));
                var watching = WatchAsync(box, panel, log, standstill, time, ending.Token);
                await Task.WhenAny(StoppedAsync(ending.Token), living).ConfigureAwait(false);
                ProcessIdentity.NotifyServiceManager("STOPPING=1");
                await living.ConfigureAwait(false);
                await ending.CancelAsync().ConfigureAwait(false);
                await remembering.ConfigureAwait(false);
                await measuring.ConfigureAwait(false);
                await watching.ConfigureAwait(false);
                await trimming.ConfigureAwait(false);
            }

            if (fault is null) return ExitCode.Done;
            log.Warn($"the IKE loop ended: {fault}");
            return ExitCode.Failed;
        }
    }

    /// <summary>Feeds systemd's watchdog, if there is one, from the loops' own counters.</summary>
    private static Task WatchAsync(Box box, PanelLoop panel, BoxLog log, StandstillNote standstill, TimeProvider time, CancellationToken stop) =>
        LoopWatch.PeriodOf(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId) is not { } period
            ? Task.CompletedTask
            : new LoopWatch(
                () => box.Pulses().Add(new Pulse("panel", () => panel.Beats)),
                static () => ProcessIdentity.NotifyServiceManager("WATCHDOG=1"),
                standing =>
                {
                    log.Warn($"{standing} stands still: the watchdog is not fed any more");
                    standstill.Write(standing);
                }).RunAsync(period, time, stop);

    private static ButtonActions ButtonOf(Box box, BoxLife life, BoxSetup setup, BoxLog log) => new(
        () => _ = box.Loop.InvokeAsync(now =>
        {
            box.Connections.Reconnect(now);
            return true;
        }),
        () => life.ButtonTarget,
        target => _ = ResetAsync(life, target, log),
        setup.ConfirmByButton,
        () => _ = setup.OpenAsync(),
        log.Info);

    private static async Task ResetAsync(BoxLife life, ResetTarget target, BoxLog log)
    {
        try
        {
            await life.ResetAsync(target, enrolment: false).ConfigureAwait(false);
        }
        catch (InvalidOperationException refused)
        {
            log.Warn($"button: {refused.Message}");
        }
    }

    internal static BoardDefinition BoardOf(string? name, Action<string> inform, Action<string> warn)
    {
        var reading = name is null ? BoardCatalog.OfThisMachine() : BoardCatalog.Load(name);
        foreach (var problem in reading.Problems) warn($"board: {problem}");
        var board = reading.Definition ?? BoardCatalog.Load("virtual").Definition!;
        inform($"board: {board.Name}");
        return board;
    }

    private static string PanelWords(PanelSnapshot snapshot) => string.Join(
        ", ", snapshot.Patterns.Zip(["power", "wan", "vpn", "cloud"], static (pattern, light) => $"{light} {pattern}"));

    private static async Task StoppedAsync(CancellationToken stop)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // That is what was waited for.
        }
    }
}
