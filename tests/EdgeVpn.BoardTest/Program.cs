using System.Globalization;
using System.Runtime.InteropServices;
using EdgeVpn.BoardTest.Story;
using EdgeVpn.Demo.Screens;
using EdgeVpn.Demo.Story;

const int Passed = 0, Failed = 1, Interrupted = 130;

if (!Environment.IsPrivilegedProcess)
{
    Console.Error.WriteLine("board-test: makes network namespaces and needs root: sudo scripts/board-test");
    return Failed;
}

var patience = double.TryParse(Environment.GetEnvironmentVariable("EDGEVPN_BOARD_PATIENCE"), CultureInfo.InvariantCulture, out var factor) ? factor : 1;
using var cancel = new CancellationTokenSource();
void OnSignal(PosixSignalContext context)
{
    context.Cancel = true; // the lab is taken down in order
    cancel.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

var clock = new StoryClock();
await using var screen = new PlainScreen(Console.Out, clock);
Teller teller;
string? lab;
var interrupted = false;
await using (IPlot plot = args switch { ["--raspi"] => new RaspiPlot(clock, patience), ["--wan"] => new LinePlot(screen, clock, patience), _ => new BoardPlot(screen, clock, patience) })
{
    var chapters = plot.Chapters;
    teller = new Teller(screen, clock, chapters);
    try
    {
        await teller.TellAsync(chapters, cancel.Token);
    }
    catch (OperationCanceledException) when (cancel.IsCancellationRequested)
    {
        interrupted = true;
    }

    lab = plot.Lab?.Id;
}

var left = lab is null ? [] : await Leftovers.FindAsync(lab);
teller.Epilogue("Nothing is left behind", "no namespace, process or rule", left.Count == 0 ? null : string.Join(", ", left));
Console.WriteLine();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{teller.Results.Count(result => result.State == ChapterState.Passed)} of {teller.Results.Count} chapters passed in {clock.Elapsed.TotalSeconds:0} s"));
return interrupted ? Interrupted : teller.AllPassed ? Passed : Failed;
