using System.Globalization;
using EdgeVpn.Demo.Cast;
using EdgeVpn.Demo.Story;
using EdgeVpn.Interop.Net;
using Spectre.Console;

namespace EdgeVpn.Demo.Screens;

/// <summary>What stands on the terminal when the story is over.</summary>
public static class Closing
{
    public static void Summary(IAnsiConsole console, IReadOnlyList<ChapterResult> results, TimeSpan took)
    {
        if (!console.Profile.Out.IsTerminal)
        {
            Lines(Console.Out, results, took);
            return;
        }

        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var result in results)
        {
            var (mark, style) = result.State switch
            {
                ChapterState.Passed => ("✓", "green"),
                ChapterState.Failed => ("✗", "red"),
                _ => ("·", "grey"),
            };
            grid.AddRow($"[{style}]{mark}[/]", Markup.Escape(result.Title), $"[{(result.State == ChapterState.Failed ? "red" : "grey")}]{Markup.Escape(result.Figure)}[/]");
        }

        console.WriteLine();
        console.Write(grid);
        console.WriteLine();
        console.MarkupLine($"[bold]{Score(results, took)}[/]");
    }

    // Off a terminal nothing is wrapped or coloured: one line per chapter, for grep.
    private static void Lines(TextWriter output, IReadOnlyList<ChapterResult> results, TimeSpan took)
    {
        output.WriteLine();
        foreach (var result in results)
        {
            var word = result.State switch { ChapterState.Passed => "ok", ChapterState.Failed => "FAILED", _ => "-" };
            output.WriteLine($"{word,-7}{result.Title}: {result.Figure}");
        }

        output.WriteLine();
        output.WriteLine(Score(results, took));
    }

    private static string Score(IReadOnlyList<ChapterResult> results, TimeSpan took) => string.Create(
        CultureInfo.InvariantCulture, $"{results.Count(result => result.State == ChapterState.Passed)} of {results.Count} chapters passed in {took.TotalSeconds:0} s");

    public static void Evidence(IAnsiConsole console) =>
        console.WriteLine($"logs and commands: {Path.GetRelativePath(LabFolders.Repository, Path.Combine(LabFolders.Artifacts, "interop", "demo"))}");

    /// <summary>What to try on a lab that was left running.</summary>
    public static void TryNext(IAnsiConsole console, Lab lab, Box box)
    {
        var control = $"--control {box.Control}";
        var edgevpn = Path.GetRelativePath(LabFolders.Repository, Box.Executable);
        var edgefleet = Path.GetRelativePath(LabFolders.Repository, Broker.Executable);
        var broker = $"--broker {Interop.Peers.Mosquitto.Url} --insecure";
        console.WriteLine();
        console.MarkupLine("[bold]It goes on running. Try, as root, in this folder:[/]");
        foreach (var (what, command) in new[]
        {
            ("how it is", $"{edgevpn} status {control}"),
            ("every event", $"{edgevpn} watch {control}"),
            ("the lights", $"{edgevpn} board lights {control}"),
            ("new keys", $"{edgevpn} rekey --child {DemoDocuments.Connection} {control}"),
            ("an echo through the tunnel", $"ip netns exec {lab.Netns(Node.BranchLan)} ping -c 3 {LabAddresses.CloudHost}"),
            ("pull the cable", $"ip -n {lab.Netns(Node.Internet)} link set wb0 down; {edgevpn} why {control}"),
            ("and back", $"ip -n {lab.Netns(Node.Internet)} link set wb0 up"),
            ("the operator's view", $"ip netns exec {lab.Netns(Node.Internet)} {edgefleet} watch {broker}"),
            ("end it", "scripts/demo --stop"),
        })
            console.WriteLine($"  {what,-28}{command}");
    }
}
