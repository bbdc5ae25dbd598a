using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Cloud;

/// <summary>How much waits for the broker.</summary>
public sealed record OutboxLimits
{
    public int MaxEvents { get; init; } = 1_000;

    public int MaxTelemetry { get; init; } = 120;
}

/// <summary>One message that waits.</summary>
/// <param name="Channel"><see cref="TwinChannel.Events"/> or <see cref="TwinChannel.Telemetry"/>.</param>
/// <param name="Payload">UTF-8 JSON.</param>
/// <param name="Number">Names it to <see cref="Outbox.Delivered"/>.</param>
public sealed record OutboxItem(TwinChannel Channel, byte[] Payload, long Number);

/// <summary>Events and telemetry that wait for the broker: bounded, events first, the oldest dropped first and counted.</summary>
/// <remarks>
/// Telemetry lives in memory only. Events survive a restart as far as <see cref="Snapshot"/> was written; sequence numbers go on from there,
/// in a new stream if nothing was kept. Any thread may add; one takes.
/// </remarks>
public sealed class Outbox
{
    private readonly Lock _lock = new();
    private readonly OutboxLimits _limits;
    private readonly Func<DateTimeOffset> _wall;
    private readonly LinkedList<(long Number, EventDocument Event)> _events = new();
    private readonly LinkedList<(long Number, TelemetryDocument Telemetry)> _telemetry = new();
    private string _stream;
    private long _sequence;
    private long _lost;
    private long _numbers;
    private TaskCompletionSource _added = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="limits">Bounds.</param>
    /// <param name="stream">Name of the event stream if nothing was kept; unlike all before.</param>
    /// <param name="wall">The box's wall clock, written into events.</param>
    /// <param name="kept">What <see cref="Snapshot"/> gave before the restart; null or unreadable: a new stream.</param>
    public Outbox(OutboxLimits limits, string stream, Func<DateTimeOffset> wall, ReadOnlyMemory<byte>? kept = null)
    {
        _limits = limits;
        _wall = wall;
        _stream = stream;
        if (kept is not { } octets || !TwinJson.TryRead(octets.Span, OutboxJson.Default.OutboxSnapshot, out var snapshot)) return;
        // The count of a file that a power cut left behind may be too low: events told since have taken those numbers.
        // A clean stop says so; else the stream is a new one.
        (_stream, _sequence, _lost) = snapshot.Clean ? (snapshot.Stream, snapshot.Sequence, snapshot.Lost) : (stream, 0, 0);
        foreach (var happened in snapshot.Events.TakeLast(limits.MaxEvents)) _events.AddLast((++_numbers, happened));
    }

    public int Count
    {
        get
        {
            lock (_lock) return _events.Count + _telemetry.Count;
        }
    }

    /// <summary>Something changed since the last <see cref="Snapshot"/> that a restart would lose.</summary>
    public bool IsDirty { get; private set; }

    /// <summary>Adds an event; its stream, sequence number and time are given here.</summary>
    public void Add(string kind, string? subject, string state, ReportedReason? reason = null)
    {
        lock (_lock)
        {
            _events.AddLast((++_numbers, new EventDocument(_stream, ++_sequence, _wall(), kind, state, subject, reason, _lost)));
            _lost = 0;
            while (_events.Count > _limits.MaxEvents)
            {
                // The next one that is told says how many are missing before it.
                var dropped = _events.First!.Value.Event;
                _events.RemoveFirst();
                var next = _events.First!;
                next.Value = (next.Value.Number, next.Value.Event with { Lost = next.Value.Event.Lost + dropped.Lost + 1 });
            }

            IsDirty = true;
            Wake();
        }
    }

    public void Add(TelemetryDocument telemetry)
    {
        lock (_lock)
        {
            _telemetry.AddLast((++_numbers, telemetry));
            while (_telemetry.Count > _limits.MaxTelemetry) _telemetry.RemoveFirst();
            Wake();
        }
    }

    /// <summary>The next message to send, events before telemetry; it stays until <see cref="Delivered"/>.</summary>
    public bool TryPeek([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out OutboxItem? item)
    {
        lock (_lock)
        {
            item = _events.First is { Value: var (number, happened) }
                ? new OutboxItem(TwinChannel.Events, JsonSerializer.SerializeToUtf8Bytes(happened, TwinJson.Wire.EventDocument), number)
                : _telemetry.First is { Value: var (other, telemetry) }
                    ? new OutboxItem(TwinChannel.Telemetry, JsonSerializer.SerializeToUtf8Bytes(telemetry, TwinJson.Wire.TelemetryDocument), other)
                    : null;
            return item is not null;
        }
    }

    /// <summary>The broker took it, or refused it for good: it is not sent again.</summary>
    public void Delivered(OutboxItem item)
    {
        lock (_lock)
        {
            if (_events.First is { } happened && happened.Value.Number == item.Number)
            {
                _events.RemoveFirst();
                IsDirty = true;
            }
            else if (_telemetry.First is { } telemetry && telemetry.Value.Number == item.Number)
            {
                _telemetry.RemoveFirst();
            }
        }
    }

    /// <summary>Completes when something was added after this call.</summary>
    public Task Added()
    {
        lock (_lock) return _added.Task;
    }

    /// <summary>The events as readable JSON, for the disk.</summary>
    /// <param name="clean">Nothing more is added: the stream may go on after a restart.</param>
    public byte[] Snapshot(bool clean)
    {
        lock (_lock)
        {
            IsDirty = false;
            return JsonSerializer.SerializeToUtf8Bytes(new OutboxSnapshot(_stream, _sequence, _lost, clean, [.. _events.Select(e => e.Event)]), OutboxJson.Default.OutboxSnapshot);
        }
    }

    private void Wake()
    {
        _added.TrySetResult();
        _added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>An outbox on disk.</summary>
internal sealed record OutboxSnapshot(string Stream, long Sequence, long Lost, bool Clean, IReadOnlyList<EventDocument> Events);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(OutboxSnapshot))]
internal sealed partial class OutboxJson : JsonSerializerContext;
