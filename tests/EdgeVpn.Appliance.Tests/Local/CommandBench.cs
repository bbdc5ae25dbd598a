using System.Text;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;

namespace EdgeVpn.Appliance.Tests.Local;

/// <summary>Types commands and reads what they print.</summary>
internal sealed class CommandBench
{
    public FakeActions Actions { get; } = new();

    /// <summary>Runs one command line. The clock stands at <see cref="Samples.Now"/>.</summary>
    public async Task<Ran> RunAsync(string[] arguments, string input = "", TextWriter? output = null, CancellationToken cancel = default)
    {
        var (written, error) = (output ?? new StringWriter(), new StringWriter());
        var terminal = new Terminal
        {
            Out = written,
            Error = error,
            In = new MemoryStream(Encoding.UTF8.GetBytes(input)),
            Clock = new StoppedClock(),
        };
        var code = await EdgeVpnCommandLine.InvokeAsync(arguments, Actions, terminal, cancel);
        return new(code, written.ToString()!, error.ToString());
    }

    public Task<Ran> RunAsync(params string[] arguments) => RunAsync(arguments, "");

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Samples.Now;

        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;
    }
}

/// <param name="Code">The exit code.</param>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record Ran(int Code, string Out, string Error);

/// <summary>Notes what the daemon was asked to be.</summary>
internal sealed class FakeActions : ICommandActions
{
    public RunOptions? Run { get; private set; }

    public GatewayOptions? Gateway { get; private set; }

    public Task<int> RunAsync(RunOptions options, CancellationToken stop)
    {
        Run = options;
        return Task.FromResult(ExitCode.Done);
    }

    public Task<int> GatewayAsync(GatewayOptions options, CancellationToken stop)
    {
        Gateway = options;
        return Task.FromResult(ExitCode.Done);
    }
}
