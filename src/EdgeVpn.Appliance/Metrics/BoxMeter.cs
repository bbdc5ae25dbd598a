using System.Diagnostics.Metrics;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Metrics;

/// <summary>One moment of the box, as instruments read it.</summary>
/// <param name="Facts">Connections, cloud, faults.</param>
/// <param name="Counters">Of each connection, over rekeys.</param>
/// <param name="Uptime">Of the daemon.</param>
/// <param name="CpuPercent">Of all processors; null where nobody counts.</param>
/// <param name="TemperatureCelsius">Null where there is no sensor.</param>
internal sealed record BoxMoment(BoxFacts Facts, IReadOnlyList<ConnectionCounters> Counters, TimeSpan Uptime, double? CpuPercent, double? TemperatureCelsius);

/// <summary>The box's OpenTelemetry instruments: observed when somebody collects, and costing nothing until then.</summary>
/// <remarks>
/// Names and units by OpenTelemetry's semantic conventions (UCUM units, <c>network.io.direction</c>; <c>process.uptime</c>, <c>system.cpu.utilization</c>,
/// <c>hw.temperature</c> are theirs); what only a tunnel has is under <c>edgevpn.</c>. Counters count from the daemon's start.
/// </remarks>
internal sealed class BoxMeter : IDisposable
{
    public const string Name = "EdgeVpn";

    private const string Connection = "edgevpn.connection";
    private const string Direction = "network.io.direction";
    private readonly Meter _meter = new(Name);
    private readonly Func<BoxMoment> _look;
    private BoxMoment? _moment;

    /// <param name="look">The box now.</param>
    public BoxMeter(Func<BoxMoment> look)
    {
        _look = look;
        _meter.CreateObservableCounter("edgevpn.tunnel.io", () => Each(static c => [(c.OctetsIn, "receive"), (c.OctetsOut, "transmit")]), "By", "Octets of inner packets that a connection's tunnels carried.");
        _meter.CreateObservableCounter("edgevpn.tunnel.packets", () => Each(static c => [(c.PacketsIn, "receive"), (c.PacketsOut, "transmit")]), "{packet}", "Packets that a connection's tunnels carried.");
        _meter.CreateObservableCounter("edgevpn.tunnel.dropped", () => Moment.Counters.Select(static c => Of(c.PacketsDropped, c.Name)), "{packet}", "Packets that were refused: replayed, altered, outside of the selectors.");
        _meter.CreateObservableCounter("edgevpn.tunnel.rekeys", () => Measured(static c => c.Rekeys), "{rekey}", "Child SAs that took another's place, and whose cost was counted.");
        _meter.CreateObservableCounter("edgevpn.tunnel.rekey.lost", () => Measured(static c => c.PacketsLostOverRekeys), "{packet}", "Packets from the peer that are missing by their ESP sequence numbers between the new child SA's installation and the old one's end.");
        _meter.CreateObservableGauge("edgevpn.tunnel.up", () => Views(static v => v.State == ConnectionState.Up ? 1 : 0), "1", "Whether packets can pass.");
        _meter.CreateObservableGauge("edgevpn.tunnel.mtu", () => Views(static v => v.Mtu), "By", "Largest packet that the tunnel takes now.");
        _meter.CreateObservableGauge("edgevpn.tunnel.reason", () => Views(v => Moment.Facts.Reasons.Of(v)?.Reason.Digits ?? 0), "1", "The reason's two digits (`edgevpn explain`); 0 while nothing is wrong.");
        _meter.CreateObservableGauge("edgevpn.probe.loss", () => Measured(static c => c.LossPercent / 100), "1", "Share of echoes through the tunnel that were not answered since it came up.");
        _meter.CreateObservableGauge("edgevpn.probe.duration", () => Measured(static c => c.RoundTripMilliseconds / 1_000), "s", "The last echo's way through the tunnel and back, the fastest of a connection's probes.");
        _meter.CreateObservableGauge("edgevpn.cloud.connected", () => Cloud(static c => c.Connected ? 1 : 0), "1", "Whether the operator's broker is reached.");
        _meter.CreateObservableGauge("edgevpn.cloud.outbox", () => Cloud(static c => c.Waiting), "{message}", "Messages that wait for the broker.");
        _meter.CreateObservableGauge("process.uptime", () => new Measurement<double>(Math.Round(Moment.Uptime.TotalSeconds, 1)), "s", "Since the daemon started.");
        _meter.CreateObservableGauge("system.cpu.utilization", () => Optional(Moment.CpuPercent / 100), "1", "Share of all processors that was busy since the last collection.");
        _meter.CreateObservableGauge("hw.temperature", () => Optional(Moment.TemperatureCelsius), "Cel", "The machine's first sensor.");
    }

    private BoxMoment Moment => _moment ?? _look();

    /// <summary>Every instrument with every measurement of one moment. One caller at a time.</summary>
    public IReadOnlyList<MeasuredInstrument> Collect()
    {
        var measured = new Dictionary<Instrument, MeasuredInstrument>();
        _moment = _look();
        try
        {
            using var listener = new MeterListener
            {
                InstrumentPublished = (instrument, self) =>
                {
                    if (ReferenceEquals(instrument.Meter, _meter)) self.EnableMeasurementEvents(instrument);
                },
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
            listener.Start();
            listener.RecordObservableInstruments();
        }
        finally
        {
            _moment = null;
        }

        return [.. measured.Values.OrderBy(static m => m.Name, StringComparer.Ordinal)];

        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (!measured.TryGetValue(instrument, out var of))
                measured[instrument] = of = new MeasuredInstrument(instrument.Name, instrument.Unit ?? "", instrument.Description ?? "", instrument is ObservableCounter<long>, []);
            of.Points.Add(new MeasuredPoint([.. tags], value));
        }
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<T> Of<T>(T value, string connection)
        where T : struct => new(value, new KeyValuePair<string, object?>(Connection, connection));

    private static IEnumerable<Measurement<double>> Optional(double? value) => value is { } known ? [new Measurement<double>(known)] : [];

    private IEnumerable<Measurement<long>> Each(Func<ConnectionCounters, (long Value, string Direction)[]> values) =>
        from counters in Moment.Counters
        from one in values(counters)
        select new Measurement<long>(one.Value, new KeyValuePair<string, object?>(Connection, counters.Name), new KeyValuePair<string, object?>(Direction, one.Direction));

    /// <summary>Nothing where there is no operator.</summary>
    private IEnumerable<Measurement<long>> Cloud(Func<EdgeVpn.Appliance.Cloud.CloudStatus, long> value) => Moment.Facts.Cloud is { } cloud ? [new Measurement<long>(value(cloud))] : [];

    private IEnumerable<Measurement<long>> Views(Func<ConnectionView, long> value) => Moment.Facts.Connections.Select(view => Of(value(view), view.Plan.Name));

    private IEnumerable<Measurement<T>> Measured<T>(Func<ConnectionCounters, T?> value)
        where T : struct =>
        from counters in Moment.Counters
        let known = value(counters)
        where known is not null
        select Of(known.Value, counters.Name);
}

/// <summary>An instrument and what it measured.</summary>
/// <param name="Name">OpenTelemetry's, with dots.</param>
/// <param name="Unit">UCUM: By, s, 1, {packet}.</param>
/// <param name="Description">One sentence.</param>
/// <param name="IsCounter">It only grows.</param>
/// <param name="Points">One per set of attributes.</param>
internal sealed record MeasuredInstrument(string Name, string Unit, string Description, bool IsCounter, List<MeasuredPoint> Points);

/// <summary>A value and its attributes.</summary>
internal sealed record MeasuredPoint(IReadOnlyList<KeyValuePair<string, object?>> Attributes, double Value);
