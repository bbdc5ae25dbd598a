using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using CloudStatus = EdgeVpn.Appliance.Cloud.CloudStatus;

namespace EdgeVpn.Appliance.Composition;

/// <summary>The way to the operator, supervised: whatever ends it, the tunnels go on, and it is begun anew from what is on disk.</summary>
internal sealed class CloudLink : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TelemetryEvery = TimeSpan.FromMinutes(1);
    private readonly Box _box;
    private readonly Start _start;
    private readonly CloudStart _known;
    private readonly StateDirectory _state;
    private readonly BoxLog _log;
    private readonly TimeProvider _time;
    private readonly BoxCommands? _commands;
    private readonly TelemetryCounter _telemetry = new();
    private readonly MachineLoad _load = new();
    private long _measuredAt;
    private volatile TwinLoop _loop;

    public CloudLink(Box box, Hands? hands, Start start, CloudStart known, StateDirectory state, BoxLog log, TimeProvider time)
    {
        (_box, _start, _known, _state, _log, _time) = (box, start, known, state, log, time);
        _measuredAt = time.GetTimestamp();
        if (known.Membership is not null && hands is not null) _commands = new BoxCommands(box, hands, state, MembershipChanged);
        _loop = Make();
        box.Events.Happened += Forward;
    }

    public CloudStatus Status => _loop.Status;

    /// <summary>A document that came by another way than the broker.</summary>
    public void Offer(byte[] document) => _loop.Offer(document);

    public async Task RunAsync(CancellationToken stop)
    {
        var reports = ReportAsync(stop);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _loop.RunAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (IOException refused)
            {
                _log.Warn($"cloud: {refused.Message}");
                await GoBackAsync(stop).ConfigureAwait(false);
            }
        }

        await reports.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _box.Events.Happened -= Forward;
        _commands?.Dispose();
    }

    private TwinLoop Make()
    {
        var twin = new BoxTwin(_box, _state, _known, configuration =>
        {
            if (CloudStart.From(configuration, _known) is { } there) _loop.MoveTo(there.Options());
        });
        return new TwinLoop(_known.Options(), twin, _state, new KernelEntropy(), _time, budget: _box.Memory?.Budget, verifier: _known.Verifier(), commands: Desk());
    }

    private CommandDesk? Desk() => _known.Membership is { } member && _commands is { } commands
        ? new CommandDesk(_known.Identity, () => member.FleetKeys, commands, _state, _time) : null;

    /// <summary>A new certificate, or new authorities: the next connection shows and takes them. A moment later, so that the answer gets out.</summary>
    private void MembershipChanged() => _ = Task.Run(async () =>
    {
        await Task.Delay(ReportEvery, _time).ConfigureAwait(false);
        if ((CloudStart.From(_box.Configuration, _known) ?? _known) is var there) _loop.MoveTo(there.Options());
    });

    /// <summary>Storage failed in the middle of a document: what is on disk counts, and the disk gets time.</summary>
    private async Task GoBackAsync(CancellationToken stop)
    {
        var again = _start.Again();
        await _box.ApplyAsync(again.Configuration, again.InForce).ConfigureAwait(false);
        try
        {
            await Task.Delay(Pause, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        _loop = Make();
    }

    /// <summary>Keeps the operator's picture of the box fresh.</summary>
    private async Task ReportAsync(CancellationToken stop)
    {
        var versions = new ReportedVersions(ProductVersion.Text, BoxConfig.CurrentSchema);
        try
        {
            while (true)
            {
                var facts = _box.Facts();
                var (health, connections) = StatusOf.Report(facts, IkeLoop.Now(), _time.GetUtcNow());
                _loop.Report(new BoxReport(health, versions, connections)
                {
                    Capabilities = Membership.CapabilitiesOf(_known.Membership, BoxCommands.Known),
                    Lights = StatusOf.Lights(facts),
                });
                Measure();
                await Task.Delay(ReportEvery, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    /// <summary>Looks at the counters often, and tells them every minute.</summary>
    private void Measure()
    {
        var facts = _box.Facts();
        _telemetry.Look(facts);
        if (_time.GetElapsedTime(_measuredAt) < TelemetryEvery) return;
        _measuredAt = _time.GetTimestamp();
        _loop.Outbox.Add(new TelemetryDocument(_time.GetUtcNow(), Math.Round(_box.Uptime.TotalSeconds, 1), _telemetry.Counters(facts)) { CpuPercent = _load.Cpu(), TemperatureCelsius = MachineLoad.Temperature() });
    }

    /// <summary>What an operator wants to hear of; messages and lights stay here.</summary>
    private void Forward(BoxEvent happened)
    {
        if (happened.Kind is BoxEventKind.IkeMessage or BoxEventKind.Light or BoxEventKind.Cloud or BoxEventKind.Network) return;
        _loop.Outbox.Add(happened.Kind, happened.Connection, happened.Text);
    }
}
