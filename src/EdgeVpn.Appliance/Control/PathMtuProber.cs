using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Ipsec;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Control;

/// <summary>Asks the hosts behind the peers, with packets that must not be fragmented, how long a packet may be: at every start of a tunnel, where it moved to another path, and every ten minutes.</summary>
/// <remarks>
/// An echo comes back as long as it went, so an answer speaks for both ways. Connections with an MTU of their own, and those without an
/// echo probe, are left alone. While a narrowed path is asked again its tunnel takes full-sized packets for some seconds; TCP keeps to the
/// smaller segments meanwhile.
/// </remarks>
public sealed class PathMtuProber : IAsyncDisposable
{
    private const int Least = 576;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AgainIfUnknown = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2);

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
        AskedPath? asked = null;
        var left = TimeSpan.Zero;
        while (true)
        {
            await Task.Delay(Look, stop).ConfigureAwait(false);
            if (_view(connection) is not { State: ConnectionState.Up } view) continue;
            left -= Look;
            var path = AskedPath.Of(view, asked);
            var isSame = asked == path;
            if (isSame && left > TimeSpan.Zero) continue;
            asked = path;
            if (view.Mtu != view.FullMtu) await _found(connection, null).ConfigureAwait(false);
            var result = default(PathMtuResult);
            for (var i = 0; i < hosts.Length && result.Kind == PathMtuKind.Unknown; i++)
                result = await AskAsync(hosts[i], view.FullMtu, stop).ConfigureAwait(false);
            left = result.Kind == PathMtuKind.Unknown ? AgainIfUnknown : Again;

            // Where nobody answers any more, what was known of this path still stands.
            var stands = result.Kind == PathMtuKind.Unknown && isSame && view.PathMtu is { } before ? before : result;
            await _found(connection, stands).ConfigureAwait(false);
        }
    }

    private static async Task<PathMtuResult> AskAsync(IPAddress address, int most, CancellationToken stop)
    {
        var search = new PathMtuSearch(Math.Min(Least, most), most);
        var patience = MostPatience;
        while (search.Next is { } size)
        {
            var roundTrip = await EchoAsync(address, size, patience, stop).ConfigureAwait(false);
            search.Report(roundTrip is not null);
            if (roundTrip is { } time) patience = TimeSpan.FromTicks(Math.Clamp(5 * time.Ticks, LeastPatience.Ticks, MostPatience.Ticks));
        }

        return search.Result!.Value;
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
