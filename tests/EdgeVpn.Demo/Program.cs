using System.Runtime.InteropServices;
using EdgeVpn.Demo;
using EdgeVpn.Demo.Screens;
using EdgeVpn.Demo.Story;
using EdgeVpn.Interop.Net;
using Spectre.Console;

const int Passed = 0, Failed = 1, WrongUsage = 2, Interrupted = 130;

if (!DemoOptions.TryParse(args, out var options, out var problem))
{
    Console.Error.WriteLine($"demo: {problem}\n\n{DemoOptions.Usage}");
    return WrongUsage;
}

if (options.Help)
{
    Console.WriteLine(DemoOptions.Usage);
    return Passed;
}

if (!Environment.IsPrivilegedProcess)
{
    Console.Error.WriteLine("demo: makes network namespaces and needs root: sudo scripts/demo");
    return Failed;
}

if (options.Stop)
{
    var ended = await KeptLab.EndAllAsync();
    Console.WriteLine(ended.Count == 0 ? "nothing was left running" : $"ended: {string.Join(", ", ended)}");
    return Passed;
}

using var cancel = new CancellationTokenSource();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = true; // the lab is taken down in order; a second signal changes nothing about that
    cancel.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);

var console = AnsiConsole.Console;
var clock = new StoryClock();
var interrupted = false;
IReadOnlyList<ChapterResult> results;
string? labId = null;
Lab? keptLab = null;
EdgeVpn.Demo.Cast.Box? keptBox = null;

IScreen screen = !options.Plain && LiveScreen.Fits(console)
    ? new LiveScreen(console, clock, $"EdgeVpn: {options.Peer} peer, {options.Broker} broker".ToLowerInvariant())
    : new PlainScreen(Console.Out, clock);
await using (screen)
{
    var plot = new Plot(options, screen, clock);
    var chapters = plot.Chapters;
    var teller = new Teller(screen, clock, chapters);
    try
    {
        await teller.TellAsync(chapters, cancel.Token);
    }
    catch (OperationCanceledException) when (cancel.IsCancellationRequested)
    {
        interrupted = true;
        screen.Say("interrupted: taking the lab down");
    }

    labId = plot.Lab?.Id;
    if (options.Keep && !interrupted && plot is { Lab: { } lab, Box: { } box })
    {
        (keptLab, keptBox) = (lab, box);
        await plot.KeepAsync();
    }
    else
    {
        await plot.DisposeAsync();
        var left = labId is null ? [] : await Leftovers.FindAsync(labId);
        teller.Epilogue("Nothing is left behind", "no namespace, process or rule", left.Count == 0 ? null : string.Join(", ", left));
    }

    results = teller.Results;
}

Closing.Summary(console, results, clock.Elapsed);
Closing.Evidence(console);
if (keptLab is not null && keptBox is not null) Closing.TryNext(console, keptLab, keptBox);
return interrupted ? Interrupted : results.All(result => result.State == ChapterState.Passed) ? Passed : Failed;
