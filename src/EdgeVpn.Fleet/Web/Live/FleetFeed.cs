using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Fleet.Web.Store;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Live;

/// <summary>Listens to the fleet's broker for as long as the console runs: keeps what boxes say, and tells open pages what changed.</summary>
public sealed class FleetFeed(FleetFolder fleet, BoxStore boxes, TelemetryStore telemetry, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Boxes remembered; a broker that lets strangers in could name any number.</summary>
    public const int MostBoxes = 20_000;

    /// <summary>Pages that are open at a time.</summary>
    public const int MostListeners = 256;

    private static readonly TimeSpan Tidy = TimeSpan.FromHours(1);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAtFiles = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, BoxPicture> _boxes = new(boxes.Boxes().Select(static b => KeyValuePair.Create(b.Device, b)));
    private readonly ConcurrentDictionary<Channel<string>, bool> _listeners = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, (DateTime Written, string Site)> _sites = [];
    private readonly Lock _files = new();
    private Task _running = Task.CompletedTask;
    private volatile Dictionary<string, (string Site, bool IsEnrolled)> _folder = [];
    private DateTime _rolloutWritten;

    /// <summary>Why the broker is not heard; null while it is.</summary>
    public string? Silence { get; private set; } = "not connected yet";

    public FleetFolder Fleet => fleet;

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        LookAtFolder();
        _running = Task.WhenAll(ListenAsync(), TidyAsync(), WatchFilesAsync());
    }

    /// <summary>Every box that was seen, or is configured, or enrolled; by name.</summary>
    public IReadOnlyList<BoxPicture> Boxes()
    {
        var folder = _folder;
        return [.. _boxes.Keys.Union(folder.Keys).Order(StringComparer.Ordinal).Select(device => Picture(device, folder))];
    }

    public BoxPicture? Box(string device)
    {
        var folder = _folder;
        return _boxes.ContainsKey(device) || folder.ContainsKey(device) ? Picture(device, folder) : null;
    }

    /// <summary>Words about what changed: <c>box NAME</c>, <c>rollout</c>, <c>broker</c>, <c>enrol</c>. Null if too many listen.</summary>
    public Channel<string>? Listen()
    {
        if (_listeners.Count >= MostListeners) return null;
        // A page that falls behind asks for everything anyway: the newest words are enough.
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest });
        _listeners[channel] = true;
        return channel;
    }

    public void Leave(Channel<string> listener) => _listeners.TryRemove(listener, out _);

    /// <summary>Tells every open page.</summary>
    public void Tell(string what)
    {
        foreach (var listener in _listeners.Keys) listener.Writer.TryWrite(what);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Takes one message in, as it comes from the broker.</summary>
    internal void Take(TwinMessage message)
    {
        if (message.Topic.Identity.Fleet != fleet.Name) return;
        var device = message.Topic.Identity.Device;
        if (!_boxes.TryGetValue(device, out var box))
        {
            if (_boxes.Count >= MostBoxes) return;
            box = new BoxPicture(device);
        }

        var now = time.GetUtcNow();
        var next = Next(box, message, now);
        if (next is null) return;
        if (!message.Retained && message.Topic.Channel != TwinChannel.Desired) next = next with { HeardAt = now };
        _boxes[device] = next;
        boxes.Save(next);
        Tell($"box {device}");
    }

    private BoxPicture? Next(BoxPicture box, TwinMessage message, DateTimeOffset now)
    {
        switch (message.Topic.Channel)
        {
            case TwinChannel.Desired:
                if (message.Payload.IsEmpty) return box with { Desired = DocumentVersion.None };
                var reading = DocumentSigner.Look(message.Payload);
                if (reading.Version.IsNone) return null;
                boxes.SawDocument(box.Device, reading.Version, reading.Document?.Reference.Sha256, reading.Document?.IssuedAt, now);
                return box with { Desired = reading.Version };
            case TwinChannel.Reported:
                if (message.Payload.IsEmpty || message.Payload.Length > 2 * TwinLimits.MaxReportedOctets) return null;
                var report = LooseReport.Read(message.Payload);
                boxes.SaidOfDocument(box.Device, report, now);
                // What the broker kept is as old as it is; known already, it is not news.
                var isNews = !message.Retained || !box.Payload.Span.SequenceEqual(message.Payload.Span);
                return box with { Report = report, Payload = message.Payload, ReportedAt = isNews ? now : box.ReportedAt };
            case TwinChannel.Presence:
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.PresenceDocument, out var presence)) return null;
                if (!presence.Online && box.Session is not null && presence.Session != box.Session) return null; // an older session's will
                return box with { Online = presence.Online, Session = presence.Session, OnlineSince = box.Online == presence.Online ? box.OnlineSince : now };
            case TwinChannel.Events:
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.EventDocument, out var happened)) return null;
                boxes.Happened(box.Device, happened, now);
                return box;
            case TwinChannel.Telemetry:
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.TelemetryDocument, out var measured)) return null;
                telemetry.Take(box.Device, measured, now);
                return box with { CpuPercent = measured.CpuPercent, TemperatureCelsius = measured.TemperatureCelsius, UptimeSeconds = measured.UptimeSeconds };
            default:
                return null;
        }
    }

    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var session = await OperatorSession.ConnectAsync(fleet.Connection(), _stop.Token).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    TwinChannel[] channels = [TwinChannel.Desired, TwinChannel.Reported, TwinChannel.Presence, TwinChannel.Events, TwinChannel.Telemetry];
                    var subscribed = session.SubscribeAsync(channels.Select(c => TwinTopic.Filter(fleet.Name, null, c)), _stop.Token);
                    // Read while it comes: a large fleet's retained messages are more than any queue holds.
                    var reading = ReadAsync(session);
                    await subscribed.ConfigureAwait(false);
                    Heard(null);
                    await reading.ConfigureAwait(false);
                }

                Heard("the connection to the broker ended");
            }
            catch (BrokerException e)
            {
                Heard(e.Message);
            }
            catch (FleetFolderException e)
            {
                Heard(e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (!await RestAsync(Again).ConfigureAwait(false)) return;
        }
    }

    private async Task ReadAsync(OperatorSession session)
    {
        try
        {
            while (await session.Messages.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                // What is there is written down at once: one sync for many.
                boxes.Together(() =>
                {
                    for (var i = 0; i < 1_000 && session.Messages.TryRead(out var message); i++) Take(message);
                });
            }
        }
        catch (ChannelClosedException e)
        {
            throw e.InnerException as BrokerException ?? new BrokerException("The connection to the broker ended.", e);
        }
    }

    private void Heard(string? silence)
    {
        if (Silence == silence) return;
        Silence = silence;
        Tell("broker");
    }

    private async Task TidyAsync()
    {
        do
        {
            boxes.Forget(time.GetUtcNow());
            telemetry.Forget(time.GetUtcNow());
        }
        while (await RestAsync(Tidy).ConfigureAwait(false));
    }

    /// <summary>A rollout may run in another process, and configurations are edited: their files are looked at.</summary>
    private async Task WatchFilesAsync()
    {
        while (await RestAsync(LookAtFiles).ConfigureAwait(false))
        {
            LookAtFolder();
            var written = File.GetLastWriteTimeUtc(fleet.StateFile(RolloutState.FileName));
            if (written == _rolloutWritten) continue;
            _rolloutWritten = written;
            Tell("rollout");
        }
    }

    private async Task<bool> RestAsync(TimeSpan span)
    {
        try
        {
            await Task.Delay(span, time, _stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Which boxes are wanted, and where they stand.</summary>
    internal void LookAtFolder()
    {
        lock (_files)
        {
            try
            {
                var wanted = WantedFleet.Read(fleet);
                var enrolled = Directory.EnumerateFiles(System.IO.Path.Combine(fleet.Path, "boxes"), "*.json").Select(System.IO.Path.GetFileNameWithoutExtension).OfType<string>().ToHashSet();
                var shared = Newest("groups", "templates");
                _folder = wanted.Devices().Union(enrolled.Where(static n => TwinName.IsValid(n))).ToDictionary(static d => d, device => (SiteOf(wanted, device, shared), enrolled.Contains(device)));
            }
            catch (Exception e) when (e is FleetFolderException or IOException or UnauthorizedAccessException)
            {
                // Half written, or wrong: what was known goes on, and `plan` says what is the matter.
            }
        }
    }

    private string SiteOf(WantedFleet wanted, string device, DateTime shared)
    {
        var own = File.GetLastWriteTimeUtc(fleet.ConfigFile(device));
        var written = own > shared ? own : shared;
        if (_sites.TryGetValue(device, out var known) && known.Written == written) return known.Site;
        var site = "";
        if (wanted.Of(device).Body is { } body)
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("device", out var said) && said.ValueKind == JsonValueKind.Object
                && said.TryGetProperty("site", out var name) && name.ValueKind == JsonValueKind.String) site = TwinLimits.Text(name.GetString()!);
        }

        _sites[device] = (written, site);
        return site;
    }

    private DateTime Newest(params ReadOnlySpan<string> folders)
    {
        var newest = DateTime.MinValue;
        foreach (var name in folders)
        {
            var folder = new DirectoryInfo(System.IO.Path.Combine(fleet.Path, name));
            if (!folder.Exists) continue;
            foreach (var entry in folder.EnumerateFileSystemInfos().Prepend(folder))
                if (entry.LastWriteTimeUtc > newest) newest = entry.LastWriteTimeUtc;
        }

        return newest;
    }

    private BoxPicture Picture(string device, Dictionary<string, (string Site, bool IsEnrolled)> folder)
    {
        var box = _boxes.GetValueOrDefault(device) ?? new BoxPicture(device);
        return folder.TryGetValue(device, out var known) ? box with { Site = known.Site, IsEnrolled = known.IsEnrolled } : box;
    }
}
