using System.Diagnostics;
using System.Text.Json;

namespace EdgeVpn.FleetBench;

/// <summary><c>edgefleet</c> as an operator runs it: its own process, its lines, its processor time and memory.</summary>
internal sealed class OperatorRun(string fleet)
{
    /// <summary>Of all runs so far.</summary>
    public TimeSpan Cpu { get; private set; }

    public long MostResidentOctets { get; private set; }

    /// <summary>Runs a command to its end.</summary>
    /// <param name="stepped">Called with each step a box went: its name, the step.</param>
    /// <param name="arguments">Behind <c>edgefleet</c>.</param>
    /// <returns>The exit code, and what it wrote to standard error.</returns>
    public async Task<(int Code, string Error)> RunAsync(Action<string, string> stepped, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "edgefleet"), [.. arguments, "--json", "--folder", fleet])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        using var ended = new CancellationTokenSource();
        var measuring = MeasureAsync(process, ended.Token);
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var said = JsonElement.Parse(line);
            if (said.TryGetProperty("device", out var device) && said.TryGetProperty("step", out var step)) stepped(device.GetString()!, step.GetString()!);
        }

        await ended.CancelAsync();
        Cpu += await measuring;
        await process.WaitForExitAsync();
        return (process.ExitCode, await error);
    }

    /// <summary>Its processor time as it was last seen, a tenth of a second before its end at most.</summary>
    private async Task<TimeSpan> MeasureAsync(Process process, CancellationToken end)
    {
        var cpu = TimeSpan.Zero;
        while (!end.IsCancellationRequested)
        {
            try
            {
                process.Refresh();
                cpu = process.TotalProcessorTime;
                MostResidentOctets = Math.Max(MostResidentOctets, process.PeakWorkingSet64);
                await Task.Delay(TimeSpan.FromMilliseconds(100), end);
            }
            catch (Exception over) when (over is InvalidOperationException or OperationCanceledException)
            {
                break; // It ended.
            }
        }

        return cpu;
    }
}
