using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Control;

/// <summary>Asks out of every WAN, once a second, whether anybody beyond answers; only where there are two.</summary>
/// <remarks>
/// Asked are the hosts that the configuration names, else the next hop: silence of all is silence. Each echo leaves by its own WAN, whichever way traffic
/// takes (SO_BINDTODEVICE).
/// </remarks>
/// <param name="facts">The machine's network, asked anew.</param>
/// <param name="time">For the pace.</param>
public sealed class WanWatch(Func<NetworkFacts> facts, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private ImmutableDictionary<string, WanReach> _states = ImmutableDictionary<string, WanReach>.Empty;
    private ImmutableArray<InterfaceConfig> _wans = [];
    private readonly ProbeTasks _asking = new();
    private string? _chosen;

    /// <summary>Another WAN was chosen (null: routes decide), and why.</summary>
    public event Action<string?, string>? Chosen;

    /// <summary>Whether a WAN leads anywhere; null: it is not asked.</summary>
    public bool? Leads(string name) => _states.TryGetValue(name, out var state) ? state.Leads : null;

    /// <summary>Watches the WANs of this configuration; what is known of those that stay is kept.</summary>
    public async Task ConfigureAsync(BoxConfig configuration)
    {
        await _asking.StopAsync().ConfigureAwait(false);
        ImmutableArray<InterfaceConfig> wans = [.. configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Wan)];
        _wans = wans.Length > 1 ? wans : [];
        _states = _wans.ToImmutableDictionary(static wan => wan.Name, wan => _states.GetValueOrDefault(wan.Name, WanReach.Unasked));
        if (_wans.IsEmpty) Choose("there is one WAN");
        else _asking.Start(stop => [RunAsync(stop)]);
    }

    public ValueTask DisposeAsync() => _asking.DisposeAsync();

    private async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Pace, time);
        do
        {
            var now = facts();
            var answers = await Task.WhenAll(_wans.Select(wan => AnswersAsync(wan, now.Find(wan.Name), stop))).ConfigureAwait(false);
            foreach (var (wan, answered) in _wans.Zip(answers))
                if (answered is { } heard) _states = _states.SetItem(wan.Name, _states[wan.Name].After(heard));
            Choose(string.Join(", ", _wans.Select(wan => $"{wan.Name} {(_states[wan.Name].Leads ? "answers" : "is silent")}")));
        }
        while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false));
    }

    private void Choose(string why)
    {
        var now = facts();
        var chosen = WanReach.Choose([.. _wans.Select(wan => (wan.Name, now.Find(wan.Name) is { HasCarrier: true, HasDefaultRoute: true }, _states[wan.Name].Leads))]);
        if (chosen == _chosen) return;
        _chosen = chosen;
        Chosen?.Invoke(chosen, why);
    }

    /// <returns>Null: there is nobody to ask, and nothing is concluded.</returns>
    private static async Task<bool?> AnswersAsync(InterfaceConfig wan, InterfaceFacts? link, CancellationToken stop)
    {
        if (link is not { HasCarrier: true, HasDefaultRoute: true }) return false;
        var asked = wan.Reach.IsEmpty ? link.Gateways.Take(1).ToList() : [.. wan.Reach];
        if (asked.Count == 0) return null;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        enough.CancelAfter(Pace);
        var questions = asked.ConvertAll(host => AskAsync(host, wan.Name, enough.Token));
        while (questions.Count > 0)
        {
            var first = await Task.WhenAny(questions).ConfigureAwait(false);
            if (await first.ConfigureAwait(false))
            {
                await enough.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(questions).ConfigureAwait(false);
                return true;
            }

            questions.Remove(first);
        }

        stop.ThrowIfCancellationRequested();
        return false;
    }

    private static async Task<bool> AskAsync(IPAddress host, string wan, CancellationToken enough)
    {
        try
        {
            return await RawEcho.AskAsync(host, wan, enough).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return false; // no way there: as silent as no answer
        }
    }
}
