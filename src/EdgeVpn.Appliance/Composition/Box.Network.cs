using System.Collections.Immutable;
using System.Globalization;
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
    private Dictionary<string, Reason> _concluded = []; // by connection; the way out has no name
    private readonly OffloadNews _offloads = new();
    private ImmutableArray<string> _refusedByKernel = []; // what was told of it last

    /// <summary>The thread that hears of cables and addresses.</summary>
    private void Watch()
    {
        Span<PollEvent> events = stackalloc PollEvent[1];
        while (!_stopping)
        {
            _watchPoller.Wait(events, LookAgain, out _);
            if (_stopping) return;
            Volatile.Write(ref _watchBeats, _watchBeats + 1);
            var hasChanged = _watch.TakeChanges();
            NetworkFacts now;
            try
            {
                // What the kernel refused once it may do now: an adapter is whole again, a line is free.
                if (_hasPlan && (hasChanged || !_refusedByKernel.IsEmpty)) Tell(_network.Refresh());
                now = _network.Facts();
            }
            catch (LinuxException fault)
            {
                TellRefused([$"the network could not be looked at: {fault.Message}"]);
                continue;
            }

            if (_handover.Tell(TunnelNames.Of(_connections.Views)) is { } refused) Events.Add(BoxEventKind.Network, null, refused);
            var before = WayTo(_seen);
            _seen = now;
            TellReasons();
            foreach (var news in _offloads.Of(_dataPlane.Offloads)) Events.Add(BoxEventKind.Network, null, news);
            if (WayTo(_seen) == before) continue;
            FollowTheNetwork();
        }
    }

    /// <summary>
    /// What the box concludes by itself goes to log and operator as what the engine says does: a pulled cable when it is back, for nothing else of it is left
    /// by then; a tunnel that returns nothing, while it does.
    /// </summary>
    private void TellReasons()
    {
        var facts = Facts();
        var told = new Dictionary<string, Reason>();
        if ((WayOut.Trouble(facts, facts.Reasons.SomethingAnswers) ?? WayOut.Flaw(facts)) is { } way) Conclude("", way);
        foreach (var view in facts.Connections)
            if (facts.Reasons.Of(view) is { } reason && reason.Reason != view.Reason && reason.Reason.Light == ReasonLight.Vpn) Conclude(view.Plan.Name, reason);
        foreach (var (name, over) in _concluded.Where(entry => !told.ContainsKey(entry.Key)))
            Events.Add(name.Length == 0 ? BoxEventKind.Wan : BoxEventKind.Connection, name.Length == 0 ? null : name, $"over: {over}", ("reason", over.Name));
        _concluded = told;

        void Conclude(string name, (Reason Reason, string? Detail) found)
        {
            told[name] = found.Reason;
            if (_concluded.GetValueOrDefault(name) == found.Reason) return;
            Events.Add(
                name.Length == 0 ? BoxEventKind.Wan : BoxEventKind.Connection, name.Length == 0 ? null : name,
                $"{found.Reason}: {found.Reason.Sentence}{(found.Detail is null ? "" : $" ({found.Detail})")}",
                ("reason", found.Reason.Name), ("digits", found.Reason.Digits.ToString(CultureInfo.InvariantCulture)), ("detail", found.Detail ?? ""));
        }
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
    private void FollowTheNetwork()
    {
        var mtus = MtusOf(_configuration);
        _ = _loop.InvokeAsync(now =>
        {
            _connections.Resize(mtus);
            _connections.NetworkChanged(now);
            _connections.Reconnect(now); // a cable or an address came or went: no back-off of before counts
            return true;
        });
    }

    /// <summary>What matters for reaching a peer, as one comparable text: carriers, sizes, addresses and gateways of what leads outside.</summary>
    private string WayTo(NetworkFacts facts)
    {
        var wan = _configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Wan).Select(static i => i.Name).ToHashSet();
        return string.Join(';', facts.Interfaces.Where(i => wan.Contains(i.Name) || i.HasDefaultRoute || !i.Gateways.IsEmpty)
            .Select(static i => $"{i.Name} {i.HasCarrier} {i.Mtu} {string.Join(',', i.Addresses)} {string.Join(',', i.Gateways)}"));
    }

    private void Tell(NetworkChanges changes)
    {
        foreach (var line in changes.Done) Events.Add(BoxEventKind.Network, null, line);
        foreach (var line in changes.Missing) Events.Add(BoxEventKind.Network, null, $"missing: {line}");
        TellRefused(changes.Refused);
    }

    /// <summary>Each once, however often it is tried again.</summary>
    private void TellRefused(ImmutableArray<string> lines)
    {
        foreach (var line in lines.Except(_refusedByKernel)) Events.Add(BoxEventKind.Network, null, $"refused, and tried again: {line}");
        _refusedByKernel = lines;
    }
}
