using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Metrics;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Composition;

/// <summary>The box's counters for a collector: listens where the configuration in force says, follows it, and looks at the counters while it does.</summary>
internal sealed class BoxMetrics(Box box, BoxLog log)
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);
    private readonly TelemetryCounter _telemetry = new();
    private readonly MachineLoad _load = new();
    private readonly Dictionary<MetricsPlace, MetricsServer> _servers = [];
    private readonly HashSet<MetricsPlace> _failed = [];
    private readonly Lock _lock = new();

    public async Task RunAsync(CancellationToken stop)
    {
        using var meter = new BoxMeter(Moment);
        try
        {
            while (true)
            {
                await FollowAsync(meter).ConfigureAwait(false);
                if (_servers.Count > 0)
                {
                    // What a child SA counts between the last look and its end is not seen: often.
                    var facts = box.Facts();
                    lock (_lock) _telemetry.Look(facts);
                }

                await Task.Delay(Pace, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            foreach (var server in _servers.Values) await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    private BoxMoment Moment()
    {
        var facts = box.Facts();
        lock (_lock)
        {
            _telemetry.Look(facts);
            return new BoxMoment(facts, _telemetry.Counters(facts), box.Uptime, _load.Cpu(), MachineLoad.Temperature());
        }
    }

    private async Task FollowAsync(BoxMeter meter)
    {
        var wanted = Places(box.Configuration);
        foreach (var (place, server) in _servers.Where(s => !wanted.Contains(s.Key)).ToArray())
        {
            _servers.Remove(place);
            await server.DisposeAsync().ConfigureAwait(false);
        }

        _failed.IntersectWith(wanted);
        foreach (var place in wanted.Where(p => !_servers.ContainsKey(p)))
        {
            try
            {
                _servers[place] = new MetricsServer(place, () => Page(meter));
                _failed.Remove(place);
                log.Info($"metrics: http://{place.EndPoint}/metrics");
            }
            catch (SocketException refused)
            {
                // Tried again, and said once: an address may still be on its way.
                if (_failed.Add(place)) log.Warn($"metrics: cannot listen on {place.EndPoint}: {refused.Message}");
            }
        }
    }

    private string Page(BoxMeter meter)
    {
        var device = box.Configuration.Device;
        return PrometheusText.Of(meter.Collect(),
        [
            new("service.name", "edgevpn"), new("service.version", ProductVersion.Text), new("service.instance.id", device.Name ?? Dns.GetHostName()),
            .. device.Site is { } site ? [new("edgevpn.site", site)] : Array.Empty<KeyValuePair<string, object?>>(),
        ]);
    }

    private HashSet<MetricsPlace> Places(BoxConfig configuration)
    {
        if (configuration.Metrics is not { } metrics) return [];
        if (metrics.Listen == MetricsListen.Loopback) return [new MetricsPlace("lo", new IPEndPoint(IPAddress.Loopback, metrics.Port))];
        var lan = configuration.Interfaces.Where(static i => i.Role == InterfaceRole.Lan).Select(static i => i.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. from port in box.Machine().Interfaces
               where lan.Contains(port.Name)
               from address in port.Addresses
               where address.Address.AddressFamily == AddressFamily.InterNetwork
               select new MetricsPlace(port.Name, new IPEndPoint(address.Address, metrics.Port)),
        ];
    }
}
