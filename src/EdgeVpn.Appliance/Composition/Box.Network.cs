using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What a box does when cables, addresses and routes come and go.</summary>
public sealed partial class Box
{
    private Reason? _wanTrouble;

    /// <summary>The thread that hears of cables and addresses.</summary>
    private void Watch()
    {
        Span<PollEvent> events = stackalloc PollEvent[1];
        while (!_stopping)
        {
            _watchPoller.Wait(events, LookAgain, out _);
            if (_stopping) return;
            Volatile.Write(ref _watchBeats, _watchBeats + 1);
            if (_watch.TakeChanges()) Tell(_network.Refresh());
            if (_handover.Tell(TunnelNames.Of(_connections.Views)) is { } refused) Events.Add(BoxEventKind.Network, null, refused);
            var before = WayOut(_seen);
            _seen = _network.Facts();
            TellOfTheWan();
            if (WayOut(_seen) == before) continue;
            FollowTheNetwork();
        }
    }

    /// <summary>The operator learns of a pulled cable when it is back: nothing else of it is left by then.</summary>
    private void TellOfTheWan()
    {
        var wan = new WanPorts(Interfaces(_configuration, _seen));
        if (wan.Trouble == _wanTrouble) return;
        _wanTrouble = wan.Trouble;
        if (_wanTrouble is { } trouble) Events.Add(BoxEventKind.Wan, null, $"{trouble}: {trouble.Sentence} ({wan.Names})", ("reason", trouble.Name));
        else Events.Add(BoxEventKind.Wan, null, $"cable and address are there again ({wan.Names})");
    }

    private void LeaveBy(string? wan, string why)
    {
        Events.Add(BoxEventKind.Network, null, $"traffic leaves by {wan ?? "the first WAN"}: {why}");
        try
        {
            Tell(_network.Prefer(wan));
        }
        catch (LinuxException refused)
        {
            Events.Add(BoxEventKind.Network, null, $"the route by {wan} was refused, and is tried again when the network changes: {refused.Message}");
        }

        FollowTheNetwork();
    }

    /// <summary>Tunnels go where the machine's addresses and routes lead now.</summary>
    private void FollowTheNetwork() => _ = _loop.InvokeAsync(now =>
    {
        _connections.NetworkChanged(now);
        _connections.Reconnect(now); // a cable or an address came or went: no back-off of before counts
        return true;
    });

    /// <summary>What matters for reaching a peer, as one comparable text: carriers, addresses and gateways of what leads outside.</summary>
    private string WayOut(NetworkFacts facts)
    {
        var wan = _configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Wan).Select(static i => i.Name).ToHashSet();
        return string.Join(';', facts.Interfaces.Where(i => wan.Contains(i.Name) || i.HasDefaultRoute || !i.Gateways.IsEmpty)
            .Select(static i => $"{i.Name} {i.HasCarrier} {string.Join(',', i.Addresses)} {string.Join(',', i.Gateways)}"));
    }

    private void Tell(NetworkChanges changes)
    {
        foreach (var line in changes.Done) Events.Add(BoxEventKind.Network, null, line);
        foreach (var line in changes.Missing) Events.Add(BoxEventKind.Network, null, $"missing: {line}");
    }
}
