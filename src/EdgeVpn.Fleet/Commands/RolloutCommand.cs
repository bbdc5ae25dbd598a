using System.CommandLine;
using System.Globalization;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet apply</c> and <c>edgefleet rollout</c>: configurations to many boxes, all at once or by stages.</summary>
internal static class RolloutCommand
{
    public static Command Apply(FleetConsole console)
    {
        var selection = new BoxSelection();
        var options = new Options();
        var command = new DetailedCommand("apply", "Sends every configuration that changed, and follows each to its end.",
            """
            What `plan` shows is sent, to all boxes at once. Offline boxes get theirs when they come; the broker keeps it for them.
            Boxes with maintenance windows get theirs when one is open; --now does not wait.
            Exit code: 0 every box that is online confirmed and is healthy, 1 some did not, 2 a configuration cannot be sent; nothing was.

            Example: edgefleet apply branch-042 --folder lyon
            """);
        selection.AddTo(command);
        options.AddTo(command, stages: false);
        command.SetAction((parsed, cancel) => StartAsync(console, options, parsed, selection.Read(parsed), RolloutTerms.AllAtOnce(parsed.GetValue(options.Patience), parsed.GetValue(options.Now)), cancel));
        return command;
    }

    public static Command Make(FleetConsole console)
    {
        var command = new DetailedCommand("rollout", "Sends configurations by stages, and stops when too many boxes do not take them.",
            """
            The state of a rollout lies in state/rollout.json: a rollout that was interrupted goes on with `resume`.

            Example: edgefleet rollout start --stages 1,10,50,100 --abort-above 5 --folder lyon
            """)
        { Start(console), Resume(console), Pause(console), Status(console), Rollback(console) };
        return command;
    }

    private static DetailedCommand Start(FleetConsole console)
    {
        var selection = new BoxSelection();
        var options = new Options();
        var command = new DetailedCommand("start", "Begins a rollout of what `plan` shows.",
            """
            Each stage is a percentage of the boxes. A box counts when it confirmed the very document that was sent and stayed healthy
            for --soak. Offline boxes hold nothing up: they get their document when they come, at the latest after the last stage.
            A box with maintenance windows (groups/NAME.json) is sent nothing outside them, and the rollout waits for it: also for one
            that is away, since the broker would give the document out at any hour. --now does not look at windows.
            Exit code: 0 complete, 1 aborted or some boxes failed, 2 wrong usage or a configuration cannot be sent.

            Example: edgefleet rollout start --stages 1,10,50,100 --abort-above 5 --soak 00:05:00 --folder lyon
            """);
        selection.AddTo(command);
        options.AddTo(command, stages: true);
        command.SetAction((parsed, cancel) => StartAsync(console, options, parsed, selection.Read(parsed), options.Terms(parsed), cancel));
        return command;
    }

    private static DetailedCommand Resume(FleetConsole console)
    {
        var options = new Options();
        var command = new DetailedCommand("resume", "Goes on with a rollout that was paused or interrupted.",
            """
            Exit code: 0 complete, 1 aborted or some boxes failed, 2 there is none that could go on.

            Example: edgefleet rollout resume --folder lyon
            """);
        options.AddTo(command, stages: null);
        command.SetAction((parsed, cancel) =>
        {
            var fleet = options.Folder.Read(parsed);
            var state = Known(fleet);
            if (state.Status is not (RolloutStatus.Running or RolloutStatus.Paused)) throw new UsageException($"the rollout is {ReportText.Word(state.Status)}; `rollout start` begins another.");
            File.Delete(RolloutRunner.PauseFile(fleet));
            return RunAsync(console, options, parsed, fleet, (runner, _) => Task.FromResult(new RolloutMachine(state)), cancel);
        });
        return command;
    }

    private static DetailedCommand Pause(FleetConsole console)
    {
        var folder = new FleetOption();
        var command = new DetailedCommand("pause", "Lets a running rollout rest: no further box is sent anything until `resume`.",
            """
            Boxes that have their document go on with it, each on its own.
            Exit code: 0 it rests from now on, 2 there is no rollout.

            Example: edgefleet rollout pause --folder lyon
            """);
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            var fleet = folder.Read(parsed);
            Known(fleet);
            Files.Write(RolloutRunner.PauseFile(fleet), "");
            console.Line("paused; `edgefleet rollout resume` goes on.");
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Status(FleetConsole console)
    {
        var folder = new FleetOption();
        var json = new Option<bool>("--json") { Description = "One JSON object, for scripts." };
        var command = new DetailedCommand("status", "Says how far the rollout came, as its file says it.",
            """
            Exit code: 0 shown, 2 there is no rollout.

            Example: edgefleet rollout status --folder lyon
            """)
        { json };
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            var state = Known(folder.Read(parsed));
            var printer = new RolloutPrinter(console, parsed.GetValue(json));
            foreach (var box in state.Boxes.Where(static b => b.Step == BoxStep.Failed)) printer.Box(box);
            printer.Sum(new RolloutMachine(state), state.Status);
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Rollback(FleetConsole console)
    {
        var options = new Options();
        var command = new DetailedCommand("rollback", "Sends every box that was touched the configuration it had before.",
            """
            Each gets it as a new revision, so that no document that was overtaken comes back. Files in configs/ stay as they are.
            Exit code: 0 all that are online confirmed, 1 some did not, 2 there is no rollout.

            Example: edgefleet rollout rollback --folder lyon
            """);
        options.AddTo(command, stages: null);
        command.SetAction((parsed, cancel) =>
        {
            var fleet = options.Folder.Read(parsed);
            var machine = new RolloutMachine(Known(fleet));
            File.Delete(RolloutRunner.PauseFile(fleet));
            return RunAsync(console, options, parsed, fleet, (runner, _) => runner.RollBackAsync(machine, parsed.GetValue(options.Patience), cancel), cancel, isRollback: true);
        });
        return command;
    }

    private static Task<int> StartAsync(FleetConsole console, Options options, ParseResult parsed, Selection selection, RolloutTerms terms, CancellationToken cancel)
    {
        if (terms.Problem is { } problem) throw new UsageException(problem);
        var fleet = options.Folder.Read(parsed);
        if (RolloutState.Load(fleet) is { Status: RolloutStatus.Running or RolloutStatus.Paused } running && running.Boxes.Any(static b => b.Step is BoxStep.Waiting or BoxStep.Published or BoxStep.Soaking) && !parsed.GetValue(options.Force))
            throw new UsageException("another rollout is not over: `rollout resume`, `rollout rollback`, or --force to forget it.");
        File.Delete(RolloutRunner.PauseFile(fleet));
        var wanted = WantedFleet.Read(fleet);
        return RunAsync(console, options, parsed, fleet, (_, picture) =>
        {
            var plans = PlanCommand.Plans(fleet, wanted, picture, selection);
            var impossible = plans.Where(static p => p is BoxPlan.Impossible).ToArray();
            foreach (var plan in impossible) PlanCommand.Print(console, plan);
            if (impossible.Length > 0) throw new UsageException($"{impossible.Length} configuration(s) cannot be sent; nothing was.");
            return Task.FromResult(new RolloutMachine(terms, [.. plans.Where(static p => p.NeedsSending).Select(static p => (p.Device, (string?)DesiredDocument.Hash(p.Wanted!.Body!.Value.Span)))], DateTimeOffset.UtcNow));
        }, cancel);
    }

    private static async Task<int> RunAsync(
        FleetConsole console, Options options, ParseResult parsed, FleetFolder fleet, Func<RolloutRunner, FleetPicture, Task<RolloutMachine>> make, CancellationToken cancel, bool isRollback = false)
    {
        var printer = new RolloutPrinter(console, parsed.GetValue(options.Json));
        var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            var picture = await FleetPicture.LoadAsync(session, fleet.Name, cancel).ConfigureAwait(false);
            var runner = new RolloutRunner(fleet, WantedFleet.Read(fleet), session, picture, TimeProvider.System);
            var machine = await make(runner, picture).ConfigureAwait(false);
            runner.Stepped += printer.Box;
            runner.Looked += m => printer.Look(m, runner.Wait);
            await runner.RunAsync(machine, cancel).ConfigureAwait(false);
            if (isRollback)
            {
                machine.RolledBack();
                machine.State.Save(fleet);
            }

            printer.Sum(machine, machine.Status);
            return machine.Status == RolloutStatus.Aborted || machine.Count(BoxStep.Failed) > 0 ? ExitCode.Failed : ExitCode.Done;
        }
    }

    private static RolloutState Known(FleetFolder fleet) => RolloutState.Load(fleet) ?? throw new UsageException("there is no rollout here.");

    /// <summary>The options of everything that sends to many.</summary>
    private sealed class Options
    {
        private readonly Option<string> _stages = new("--stages")
        {
            Description = "Percentages, growing, the last is 100.",
            HelpName = "LIST",
            DefaultValueFactory = static _ => "1,10,50,100",
        };

        private readonly Option<double> _abortAbove = new("--abort-above")
        {
            Description = "More percent of the boxes that were touched than this fail: no further box is touched.",
            HelpName = "PERCENT",
            DefaultValueFactory = static _ => 5,
        };

        private readonly Option<TimeSpan> _soak = new("--soak")
        {
            Description = "How long a box must be healthy after it confirmed ([d.]hh:mm:ss).",
            HelpName = "SPAN",
            DefaultValueFactory = static _ => TimeSpan.FromMinutes(1),
        };

        private readonly Option<int> _parallel = new("--parallel") { Description = "Boxes under way at a time.", HelpName = "NUMBER", DefaultValueFactory = static _ => 200 };

        public Option<TimeSpan> Patience { get; } = new("--patience")
        {
            Description = "How long an online box may take to its last word, and to be healthy ([d.]hh:mm:ss); more than its commitConfirm.",
            HelpName = "SPAN",
            DefaultValueFactory = static _ => TimeSpan.FromMinutes(6),
        };

        public Option<bool> Now { get; } = new("--now") { Description = "Although maintenance windows are closed." };

        public Option<bool> Json { get; } = new("--json") { Description = "One JSON object per line, for scripts." };

        public Option<bool> Force { get; } = new("--force") { Description = "Forget a rollout that is not over." };

        public FleetOption Folder { get; } = new();

        /// <param name="command">Gets them.</param>
        /// <param name="stages">True: those of stages too; null: those of a rollout that exists.</param>
        public void AddTo(Command command, bool? stages)
        {
            if (stages == true)
                foreach (var option in (Option[])[_stages, _abortAbove, _soak, _parallel]) command.Options.Add(option);
            if (stages is not null)
            {
                command.Options.Add(Force);
                command.Options.Add(Now);
            }

            command.Options.Add(Patience);
            command.Options.Add(Json);
            Folder.AddTo(command);
        }

        public RolloutTerms Terms(ParseResult parsed)
        {
            var stages = parsed.GetValue(_stages)!.Split(',').Select(static s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? percent : 0).ToArray();
            return new RolloutTerms(stages, parsed.GetValue(_abortAbove), parsed.GetValue(_soak), parsed.GetValue(Patience), parsed.GetValue(_parallel), parsed.GetValue(Now));
        }
    }
}

/// <summary>The lines of a rollout.</summary>
internal sealed class RolloutPrinter(FleetConsole console, bool json)
{
    private int _stage = -1;
    private RolloutWait _wait = new(0, 0, null);

    public void Box(RolloutBox box)
    {
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("device", box.Device);
                w.WriteString("step", ReportText.Word(box.Step));
                if (box.Sent is { } sent) w.WriteString("version", sent.Version.ToString());
                if (box.Why is { } why) w.WriteString("why", why);
            }));
            return;
        }

        var (words, tone) = box.Step switch
        {
            BoxStep.Published => ($"{box.Sent!.Version} published", Tone.Busy),
            BoxStep.Soaking => ($"{box.Sent!.Version} confirmed", Tone.Busy),
            BoxStep.Done => ($"{box.Sent!.Version} confirmed and healthy", Tone.Good),
            BoxStep.Left => ($"is offline; the broker keeps {box.Sent!.Version} for it", Tone.Faint),
            BoxStep.Failed => (box.Why ?? "failed", Tone.Bad),
            _ => ("waits", Tone.Faint),
        };
        console.Line($"{box.Device} {FleetConsole.Printable(words)}", tone);
    }

    public void Look(RolloutMachine machine, RolloutWait wait)
    {
        Wait(wait);
        if (machine.Stage == _stage) return;
        _stage = machine.Stage;
        var stages = machine.State.Terms.Stages;
        if (stages.Count == 1) return;
        if (json) console.Line(JsonLine.Of(w => w.WriteNumber("stage", stages[_stage])));
        else console.Line($"stage {_stage + 1} of {stages.Count}: {stages[_stage]} % of {machine.Boxes.Count} boxes", Tone.Plain);
    }

    private void Wait(RolloutWait wait)
    {
        if (wait == _wait) return;
        _wait = wait;
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteNumber("windowClosed", wait.Closed);
                w.WriteNumber("awayInWindow", wait.Away);
                if (wait.OpensAt is { } at) w.WriteString("opensAt", at);
            }));
            return;
        }

        if (wait.Closed > 0) console.Line($"{wait.Closed} box(es) wait for their window; the next opens {wait.OpensAt:u}", Tone.Faint);
        if (wait.Away > 0) console.Line($"{wait.Away} box(es) are offline while their window is open", Tone.Faint);
    }

    public void Sum(RolloutMachine machine, RolloutStatus status)
    {
        if (json)
        {
            console.Line(JsonLine.Of(w =>
            {
                w.WriteString("status", ReportText.Word(status));
                foreach (var step in Enum.GetValues<BoxStep>()) w.WriteNumber(ReportText.Word(step), machine.Count(step));
            }));
            return;
        }

        var counts = Enum.GetValues<BoxStep>().Where(s => machine.Count(s) > 0).Select(s => $"{machine.Count(s)} {ReportText.Word(s)}");
        console.Line($"{ReportText.Word(status)}: {(machine.Boxes.Count == 0 ? "nothing to do" : string.Join(", ", counts))}", status is RolloutStatus.Complete or RolloutStatus.RolledBack && machine.Count(BoxStep.Failed) == 0 ? Tone.Good : Tone.Bad);
    }
}
