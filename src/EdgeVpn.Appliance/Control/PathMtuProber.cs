using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Control;

/// <summary>Asks the hosts behind the peers, with packets that must not be fragmented, how long a packet may be (<see cref="PathMtuWatch"/>).</summary>
/// <remarks>
/// An echo comes back as long as it went, so an answer speaks for both ways. Connections with an MTU of their own, and those without an
/// echo probe, are left alone. While a narrowed path is asked again its tunnel takes full-sized packets for some seconds; TCP keeps to the
/// smaller segments meanwhile.
/// </remarks>
public sealed class PathMtuProber : IAsyncDisposable
{
    private readonly Func<string, ConnectionView?> _view;
    private readonly Func<string, PathMtuResult?, Task> _found;
    private readonly ProbeTasks _tasks = new();

    /// <param name="view">How a connection stands; null if there is none of that name.</param>
    /// <param name="found">Takes what was found; null before a narrowed path is asked again, so that its tunnel takes full-sized packets.</param>
    public PathMtuProber(Func<string, ConnectionView?> view, Func<string, PathMtuResult?, Task> found)
    {
        _view = view;
        _found = found;
    }

    public async Task ConfigureAsync(BoxConfig configuration)
    {
        await _tasks.StopAsync().ConfigureAwait(false);
        _tasks.Start(stop =>
            from connection in configuration.Connections
            where connection.Tunnel.Mtu.IsAuto
            let hosts = connection.Probes.Where(static probe => probe.Kind == ProbeKind.Icmp).Select(static probe => probe.Address).ToArray()
            where hosts.Length > 0
            select RunAsync(connection.Name, hosts, stop));
    }

    public ValueTask DisposeAsync() => _tasks.DisposeAsync();

    private async Task RunAsync(string connection, IPAddress[] hosts, CancellationToken stop)
    {
        var watch = new PathMtuWatch(hosts, () => _view(connection), result => _found(connection, result), EchoAsync);
        while (true)
        {
            await Task.Delay(PathMtuWatch.Look, stop).ConfigureAwait(false);
            await watch.LookAsync(stop).ConfigureAwait(false);
        }
    }

    private static async Task<TimeSpan?> EchoAsync(IPAddress address, int octets, TimeSpan patience, CancellationToken stop)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        enough.CancelAfter(patience);
        var asked = Stopwatch.GetTimestamp();
        try
        {
            var isAnswered = await RawEcho.AskWholeAsync(address, octets, enough.Token).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            return isAnswered ? Stopwatch.GetElapsedTime(asked) : null;
        }
        catch (SocketException)
        {
            return null; // too long for the interface, or no route: as good as silent
        }
    }
}
