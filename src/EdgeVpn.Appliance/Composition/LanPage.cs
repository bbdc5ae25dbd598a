using System.Collections.Immutable;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;

namespace EdgeVpn.Appliance.Composition;

/// <summary>The set-up page on the LAN port's addresses for as long as set-up mode is open: where those change, it moves with them.</summary>
/// <remarks>
/// Whoever changes the LAN's address from the page must find the page there to keep the change. One desk for the whole opening: guesses that were counted and
/// sessions stay; a browser's session ends with the address all the same, since its cookie is that address's.
/// </remarks>
internal sealed class LanPage : IAsyncDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly RouteNetlink _netlink;
    private readonly SetupDesk _desk;
    private readonly Func<NetworkFacts> _machine;
    private readonly Func<NetworkFacts, ImmutableArray<string>> _names;
    private readonly Action<ImmutableArray<PagePlace>> _shown;
    private readonly Action<string> _over;
    private readonly SemaphoreSlim _one = new(1, 1);
    private ImmutableArray<PagePlace> _places = [];
    private ImmutableArray<InterfaceFacts> _added = [];
    private SetupServer? _server;
    private ITimer? _timer;
    private bool _wasBare;
    private bool _disposed;

    private LanPage(
        RouteNetlink netlink, SetupDesk desk, Func<NetworkFacts> machine, Func<NetworkFacts, ImmutableArray<string>> names, Action<ImmutableArray<PagePlace>> shown, Action<string> over) =>
        (_netlink, _desk, _machine, _names, _shown, _over) = (netlink, desk, machine, names, shown, over);

    /// <param name="machine">Asks the kernel.</param>
    /// <param name="names">Of the LAN's interfaces.</param>
    /// <param name="shown">Told of every place, at first and after each move.</param>
    /// <param name="over">Told why, should the page end by itself.</param>
    /// <exception cref="IOException">It cannot be shown.</exception>
    /// <exception cref="LinuxException">The kernel refused an address.</exception>
    public static async Task<LanPage> OpenAsync(
        SetupDesk desk, Func<NetworkFacts> machine, Func<NetworkFacts, ImmutableArray<string>> names, Action<ImmutableArray<PagePlace>> shown, Action<string> over, TimeProvider time)
    {
        var page = new LanPage(RouteNetlink.Open(), desk, machine, names, shown, over);
        try
        {
            await page.ShowAsync(machine()).ConfigureAwait(false);
            page._timer = time.CreateTimer(_ => _ = page.FollowAsync(), null, LookAgain, LookAgain);
            return page;
        }
        catch
        {
            await page.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_disposed) return;
            _disposed = true;
            if (_timer is not null) await _timer.DisposeAsync().ConfigureAwait(false);
            if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
            LanPort.Leave(_netlink, _added);
            _netlink.Dispose();
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task ShowAsync(NetworkFacts facts)
    {
        (_places, var added) = LanPort.Enter(_netlink, _names(facts), facts);
        _added = [.. _added, .. added];
        _server = await SetupServer.StartAsync(_desk, _places, _over).ConfigureAwait(false);
        _shown(_places);
    }

    private async Task FollowAsync()
    {
        if (!await _one.WaitAsync(TimeSpan.Zero).ConfigureAwait(false)) return; // the look before is not done
        try
        {
            if (_disposed) return;
            var facts = _machine();
            var places = LanPort.Places(_names(facts), facts);
            // An address that is exchanged is gone for a moment; one that stays away gives way to the fallback.
            var isBare = places.IsEmpty;
            (isBare, _wasBare) = (isBare && !_wasBare, isBare);
            if (isBare || _places.ToHashSet().SetEquals(places)) return;
            if (_server is not null) await _server.DisposeAsync().ConfigureAwait(false);
            _server = null;
            await ShowAsync(facts).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is IOException or LinuxException)
        {
            _over($"the page cannot be shown any more: {refused.Message}");
        }
        finally
        {
            _one.Release();
        }
    }
}
