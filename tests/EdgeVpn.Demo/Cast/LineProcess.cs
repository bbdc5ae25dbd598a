using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Demo.Cast;

/// <summary>A command in a node of the lab whose lines are read while it runs.</summary>
public sealed class LineProcess : IAsyncDisposable
{
    private const int MaxErrorLines = 50;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _reading;

    private LineProcess(Process process, Action<string> line)
    {
        _process = process;
        process.ErrorDataReceived += (sender, e) =>
        {
            if (e.Data is null) return;
            _errors.Enqueue(e.Data);
            if (_errors.Count > MaxErrorLines) _errors.TryDequeue(out _);
        };
        process.BeginErrorReadLine();
        _reading = ReadAsync(line);
    }

    /// <summary>Its last lines on standard error.</summary>
    public string Errors => string.Join('\n', _errors);

    /// <param name="line">Called for every line of its standard output, in order, from one task.</param>
    public static LineProcess Start(Lab lab, Node node, IReadOnlyList<string> command, Action<string> line)
    {
        var info = new ProcessStartInfo("ip") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["netns", "exec", lab.Netns(node), .. command]) info.ArgumentList.Add(argument);
        info.Environment["NO_COLOR"] = "1";
        var process = new Process { StartInfo = info };
        process.Start();
        process.StandardInput.Close();
        lab.Journal($"{string.Join(' ', command)} |  # pid {process.Id}\n");
        return new LineProcess(process, line);
    }

    /// <summary>A line that is one JSON object; null for any other, such as a line of an error that was printed over several.</summary>
    public static JsonObject? Json(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Waits for its end and for its last line.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> ExitAsync(CancellationToken cancel)
    {
        await _process.WaitForExitAsync(cancel);
        await _reading.WaitAsync(cancel);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(Action<string> line)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } read) line(read);
    }
}
