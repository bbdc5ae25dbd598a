using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Orders;
using EdgeVpn.Linux;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Composition;

/// <summary>Orders that take their time. Others wait behind them, so each is bounded.</summary>
internal sealed partial class BoxCommands
{
    /// <summary>Where the package's unit waits for a file that says: start this machine again. The daemon itself has no right to.</summary>
    private const string RebootVariable = "EDGEVPN_REBOOT";

    private static readonly TimeSpan UsualTest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UntilReboot = TimeSpan.FromSeconds(3); // the answer gets out

    private async ValueTask<CommandOutcome> CaptureAsync(CommandDocument command, CancellationToken cancel)
    {
        if (command.Arguments is not { ValueKind: JsonValueKind.Object } arguments || !arguments.TryGetProperty("key", out var key) || !Jwk.TryRead(key, out var recipient))
            return new CommandOutcome(false, "The order names no key to seal the capture to; `edgefleet capture` does.");
        var filter = new CaptureFilter();
        if (arguments.TryGetProperty("filter", out var written))
        {
            if (CaptureFilter.Read(Encoding.UTF8.GetBytes(written.GetRawText()), out var problem) is not { } read) return new CommandOutcome(false, problem!);
            filter = read;
        }

        var seconds = Math.Clamp(Number(command, "seconds") ?? 0, 0, OrderedCapture.Longest.TotalSeconds);
        var tunnels = _box.Facts().Traffic.Tunnels.Select(static t => LiveCapture.IndexOf(t.Interface)).OfType<int>().ToHashSet();
        var live = new LiveCapture(filter with { FileOctets = Math.Min(filter.FileOctets, OrderedCapture.MaxLiveOctets) }, tunnels, TimeProvider.System);
        try
        {
            if (seconds > 0) await Task.Run(() => live.Run(TimeSpan.FromSeconds(seconds), cancel), CancellationToken.None).ConfigureAwait(false);
        }
        catch (LinuxException refused)
        {
            return new CommandOutcome(false, $"Packets cannot be captured: {refused.Message}");
        }

        var recorded = filter.TakesIke && _box.Memory is { } memory ? FlightCapture.Packets(memory.Recorder.Snapshot()).ToList() : [];
        return new CommandOutcome(true, OrderedCapture.Of(live.Packets, recorded, live.Bound, $"edgevpn {ProductVersion.Text}", recipient));
    }

    private async ValueTask<CommandOutcome> SpeedTestAsync(CommandDocument command, CancellationToken cancel)
    {
        var name = Text(command, "connection");
        if (_box.Configuration.Connections.FirstOrDefault(c => c.Name == name) is not { } connection) return new CommandOutcome(false, $"There is no connection '{TwinLimits.Text(name ?? "")}'.");
        if (!IPAddress.TryParse(Text(command, "host"), out var host)) return new CommandOutcome(false, "host= is the address of an iperf3 server behind the tunnel.");
        // The operator's order is no way to have boxes call elsewhere.
        if (!connection.Remote.Networks.Any(n => n.Contains(host))) return new CommandOutcome(false, $"{host} is not in a network behind '{connection.Name}'.");
        var server = new IPEndPoint(host, (int)Math.Clamp(Number(command, "port") ?? SpeedTest.StandardPort, 1, IPEndPoint.MaxPort));
        var span = TimeSpan.FromSeconds(Math.Clamp(Number(command, "seconds") ?? UsualTest.TotalSeconds, 1, SpeedTest.Longest.TotalSeconds / 2));
        try
        {
            var up = await SpeedTest.RunAsync(server, down: false, span, Cookie(), cancel).ConfigureAwait(false);
            var down = await SpeedTest.RunAsync(server, down: true, span, Cookie(), cancel).ConfigureAwait(false);
            return new CommandOutcome(true, string.Create(CultureInfo.InvariantCulture,
                $$"""{"connection":"{{connection.Name}}","host":"{{host}}","seconds":{{span.TotalSeconds:0}},"upBitsPerSecond":{{up.BitsPerSecond:0}},"downBitsPerSecond":{{down.BitsPerSecond:0}}}"""));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return new CommandOutcome(false, $"{server}: {e.Message}");
        }

        static string Cookie() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", 36);
    }

    private static CommandOutcome Reboot()
    {
        if (Environment.GetEnvironmentVariable(RebootVariable) is not { Length: > 0 } file) return new CommandOutcome(false, "Nothing on this machine starts it again on the daemon's word; the package's unit would.");
        _ = Task.Run(async () =>
        {
            await Task.Delay(UntilReboot).ConfigureAwait(false);
            await File.WriteAllTextAsync(file, "").ConfigureAwait(false);
        });
        return new CommandOutcome(true, $"the machine starts again in {UntilReboot.TotalSeconds:0} s");
    }
}
