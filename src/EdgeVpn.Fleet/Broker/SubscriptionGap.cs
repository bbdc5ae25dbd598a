using System.Collections.Concurrent;
using MQTTnet;
using MQTTnet.Server;

namespace EdgeVpn.Fleet.Broker;

/// <summary>What was retained while a client subscribed.</summary>
/// <remarks>
/// The library looks at what is retained first and adds the subscription afterwards: a message that comes in between is delivered by neither.
/// A subscriber so gets once more what changed since its SUBSCRIBE arrived; twice is allowed (QoS 1), never is not.
/// </remarks>
internal sealed class SubscriptionGap
{
    /// <summary>Changes remembered; a subscription takes milliseconds.</summary>
    private const int MaxChanges = 4_096;

    private readonly Lock _lock = new();
    private readonly Queue<(long Number, MqttApplicationMessage Message)> _changes = new();
    private readonly ConcurrentDictionary<string, long> _began = new(StringComparer.Ordinal);
    private long _number;

    /// <summary>A SUBSCRIBE arrived.</summary>
    public void Begins(string client)
    {
        lock (_lock) _began[client] = _number;
    }

    /// <summary>The client is gone.</summary>
    public void Ends(string client) => _began.TryRemove(client, out _);

    public void Changed(MqttApplicationMessage message)
    {
        lock (_lock)
        {
            _changes.Enqueue((++_number, message));
            if (_changes.Count > MaxChanges) _changes.Dequeue();
        }
    }

    /// <summary>What fits the filter and changed since this client's SUBSCRIBE arrived.</summary>
    public IReadOnlyList<MqttApplicationMessage> Missed(string client, string filter)
    {
        lock (_lock)
        {
            if (!_began.TryGetValue(client, out var began) || began == _number) return [];
            return [.. _changes.Where(c => c.Number > began && MqttTopicFilterComparer.Compare(c.Message.Topic, filter) == MqttTopicFilterCompareResult.IsMatch).Select(static c => c.Message)];
        }
    }
}
