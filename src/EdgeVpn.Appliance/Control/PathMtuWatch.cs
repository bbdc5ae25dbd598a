using System.Net;

namespace EdgeVpn.Appliance.Control;

/// <summary>One question: an echo of so many octets to a host that must not be fragmented; the round trip, or null if none came in time.</summary>
internal delegate Task<TimeSpan?> WholeEcho(IPAddress host, int octets, TimeSpan patience, CancellationToken stop);

/// <summary>What one connection's path carries: asked when it is new or another, once the size in use no longer passes, and every ten minutes.</summary>
/// <param name="hosts">Behind the peer; the first that answers speaks for the path.</param>
/// <param name="view">How the connection stands; null if there is none.</param>
/// <param name="found">Takes what was found; null before a narrowed path is asked again, so that its tunnel takes full-sized packets.</param>
/// <param name="echo">Asks.</param>
internal sealed class PathMtuWatch(IReadOnlyList<IPAddress> hosts, Func<ConnectionView?> view, Func<PathMtuResult?, Task> found, WholeEcho echo)
{
    /// <summary>From one look to the next.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private const int Least = 576;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AgainIfUnknown = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Check = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan MostPatience = TimeSpan.FromSeconds(2);

    private AskedPath? _asked;
    private IPAddress? _answers;
    private TimeSpan _again;
    private TimeSpan _check;

    /// <summary>To be called every <see cref="Look"/>; takes as long as its questions, if there are any.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        if (view() is not { State: ConnectionState.Up } now) return;
        _again -= Look;
        _check -= Look;
        var path = AskedPath.Of(now, _asked);
        var isSame = _asked == path;
        if (isSame && _again > TimeSpan.Zero && await StillPassesAsync(now.Mtu, stop).ConfigureAwait(false)) return;

        _asked = path;
        if (now.Mtu != now.FullMtu && await SomebodyAnswersAsync(stop).ConfigureAwait(false)) await found(null).ConfigureAwait(false);
        var result = await AskAsync(now.FullMtu, stop).ConfigureAwait(false);
        (_again, _check) = (_answers is null ? AgainIfUnknown : Again, Check);

        // Where nobody answers any more, what was known of this path still stands.
        var stands = _answers is null && isSame && now.PathMtu is { } before ? before : result;
        await found(stands).ConfigureAwait(false);
    }

    // A path may narrow while a tunnel stands: a packet a minute is cheaper than ten minutes in which large ones vanish.
    private async Task<bool> StillPassesAsync(int size, CancellationToken stop)
    {
        if (_check > TimeSpan.Zero || _answers is null) return true;
        _check = Check;
        return await PassesAsync(_answers, size, stop).ConfigureAwait(false);
    }

    // Else a narrow tunnel would be opened to packets that vanish, for as long as nobody is there to ask.
    private async Task<bool> SomebodyAnswersAsync(CancellationToken stop)
    {
        foreach (var host in hosts)
        {
            if (await PassesAsync(host, Least, stop).ConfigureAwait(false)) return true;
        }

        return false;
    }

    private async Task<bool> PassesAsync(IPAddress host, int size, CancellationToken stop)
    {
        for (var i = 0; i < PathMtuSearch.Tries; i++)
        {
            if (await echo(host, size, MostPatience, stop).ConfigureAwait(false) is not null) return true;
        }

        return false;
    }

    private async Task<PathMtuResult> AskAsync(int most, CancellationToken stop)
    {
        _answers = null;
        foreach (var host in hosts)
        {
            var result = await AskAsync(host, most, stop).ConfigureAwait(false);
            if (result.Kind == PathMtuKind.Unknown) continue;
            _answers = host;
            return result;
        }

        return default;
    }

    private async Task<PathMtuResult> AskAsync(IPAddress host, int most, CancellationToken stop)
    {
        var search = new PathMtuSearch(Math.Min(Least, most), most);
        var patience = MostPatience;
        while (search.Next is { } size)
        {
            var roundTrip = await echo(host, size, patience, stop).ConfigureAwait(false);
            search.Report(roundTrip is not null);
            if (roundTrip is { } time) patience = TimeSpan.FromTicks(Math.Clamp(5 * time.Ticks, LeastPatience.Ticks, MostPatience.Ticks));
        }

        return search.Result!.Value;
    }
}
