using System.Collections.Immutable;
using System.Diagnostics;

namespace EdgeVpn.Interop.Processes;

/// <summary>What a command that ran to its end left behind.</summary>
public sealed record ToolResult(ImmutableArray<string> Command, int ExitCode, string Output, string Error, TimeSpan Took)
{
    public bool Ok => ExitCode == 0;

    /// <exception cref="ToolFailedException">The exit code is not 0.</exception>
    public ToolResult Checked() => Ok ? this : throw new ToolFailedException(this);

    public override string ToString() =>
        $"{string.Join(' ', Command)} -> {ExitCode} in {Took.TotalMilliseconds:0} ms\n{Output}{Error}";
}

/// <summary>A command that had to work did not.</summary>
public sealed class ToolFailedException(ToolResult result) : Exception(result.ToString())
{
    public ToolResult Result { get; } = result;
}

/// <summary>Runs one command to its end: an argument array, never a shell line.</summary>
public static class Tool
{
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Runs <paramref name="command"/>; past the deadline it is killed and the exit code is -1.</summary>
    public static async Task<ToolResult> RunAsync(
        ImmutableArray<string> command, string? input = null, TimeSpan? within = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = new Process { StartInfo = StartInfo(command, environment) };
        process.StartInfo.RedirectStandardInput = true;
        process.StartInfo.RedirectStandardOutput = true;
        process.StartInfo.RedirectStandardError = true;
        process.Start();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();

        using var deadline = new CancellationTokenSource(within ?? DefaultDeadline);
        var late = "";
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            late = $"killed after {(within ?? DefaultDeadline).TotalSeconds:0.#} s\n";
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return new ToolResult(command, late.Length == 0 ? process.ExitCode : -1, await output, late + await error, Stopwatch.GetElapsedTime(start));
    }

    internal static ProcessStartInfo StartInfo(ImmutableArray<string> command, IReadOnlyDictionary<string, string>? environment)
    {
        var info = new ProcessStartInfo(command[0]) { UseShellExecute = false };
        foreach (var argument in command.Skip(1)) info.ArgumentList.Add(argument);
        info.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (name, value) in environment ?? ImmutableDictionary<string, string>.Empty) info.Environment[name] = value;
        return info;
    }
}
