using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Control;

/// <summary>How a probe went of late.</summary>
/// <param name="Sent">Questions since the connection was last up.</param>
/// <param name="Answered">Answers to those.</param>
/// <param name="SilentInARow">Unanswered questions since the last answer.</param>
public sealed record ProbeState(ProbeConfig Probe, int Sent, int Answered, int SilentInARow, TimeSpan? RoundTrip)
{
    /// <summary>One lost echo is weather; this many are silence.</summary>
    public const int SilenceAfter = 3;

    public bool Answers => Answered > 0 && SilentInARow < SilenceAfter;

    public bool IsSilent => SilentInARow >= SilenceAfter;
}

/// <summary>Asks the hosts behind the peers, each at its own interval, whether the tunnel carries traffic.</summary>
public sealed class Prober : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<(string Connection, int Index), ProbeState> _states = new();
    private readonly Func<string, bool> _isUp;
    private readonly ProbeTasks _tasks = new();

    /// <param name="isUp">Whether a connection is up: nothing is asked while it is not.</param>
    public Prober(Func<string, bool> isUp) => _isUp = isUp;

    /// <summary>A probe began or ceased to answer.</summary>
    public event Action<string, ProbeState>? Changed;

    public IEnumerable<ProbeState> Of(string connection) =>
        _states.Where(entry => entry.Key.Connection == connection).OrderBy(static entry => entry.Key.Index).Select(static entry => entry.Value);

    /// <summary>Replaces all probes; those that did not change start over too, which costs an echo.</summary>
    public async Task ConfigureAsync(BoxConfig configuration)
    {
        await _tasks.StopAsync().ConfigureAwait(false);
        _states.Clear();
        _tasks.Start(stop => configuration.Connections.SelectMany(connection =>
            connection.Probes.Select((probe, index) => RunAsync(connection.Name, index, probe, stop))));
    }

    public ValueTask DisposeAsync() => _tasks.DisposeAsync();

    private async Task RunAsync(string connection, int index, ProbeConfig probe, CancellationToken stop)
    {
        var key = (connection, index);
        _states[key] = Fresh(probe);
        while (true)
        {
            await Task.Delay(_states[key].Answered == 0 ? FirstInterval(probe) : probe.Interval, stop).ConfigureAwait(false);
            if (!_isUp(connection))
            {
                _states[key] = Fresh(probe);
                continue;
            }

            var before = _states[key];
            var roundTrip = await AskAsync(probe, stop).ConfigureAwait(false);
            var after = before with
            {
                Sent = before.Sent + 1,
                Answered = before.Answered + (roundTrip is null ? 0 : 1),
                SilentInARow = roundTrip is null ? before.SilentInARow + 1 : 0,
                RoundTrip = roundTrip ?? before.RoundTrip,
            };
            _states[key] = after;
            if (after.Answers != before.Answers || after.IsSilent != before.IsSilent) Changed?.Invoke(connection, after);
        }
    }

    private static ProbeState Fresh(ProbeConfig probe) => new(probe, 0, 0, 0, null);

    /// <summary>A tunnel that just came up is asked soon.</summary>
    private static TimeSpan FirstInterval(ProbeConfig probe) =>
        probe.Interval < TimeSpan.FromSeconds(1) ? probe.Interval : TimeSpan.FromSeconds(1);

    private static async Task<TimeSpan?> AskAsync(ProbeConfig probe, CancellationToken stop)
    {
        try
        {
            return probe.Kind == ProbeKind.Tcp ? await ConnectAsync(probe, stop).ConfigureAwait(false) : await EchoAsync(probe.Address, stop).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or PingException)
        {
            return null; // unreachable: as silent as no answer
        }
    }

    private static async Task<TimeSpan?> EchoAsync(IPAddress address, CancellationToken stop)
    {
        using var ping = new Ping();
        var reply = await ping.SendPingAsync(address, Patience, cancellationToken: stop).ConfigureAwait(false);
        return reply.Status == IPStatus.Success ? TimeSpan.FromMilliseconds(reply.RoundtripTime) : null;
    }

    private static async Task<TimeSpan?> ConnectAsync(ProbeConfig probe, CancellationToken stop)
    {
        using var socket = new Socket(probe.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            await socket.ConnectAsync(probe.Address, probe.Port ?? 0, patience.Token).ConfigureAwait(false);
            return TimeSpan.Zero;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
