using System.Threading.Channels;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>A fleet as its broker keeps it and its boxes say it: what was retained first, then what happens.</summary>
public sealed class FleetPicture
{
    private readonly OperatorSession _session;
    private readonly SortedDictionary<string, FleetBox> _boxes = new(StringComparer.Ordinal);

    private long _droppedBefore;

    private FleetPicture(OperatorSession session, string fleet) => (_session, Fleet) = (session, fleet);

    public string Fleet { get; }

    /// <summary>By device's name, in order.</summary>
    public IReadOnlyDictionary<string, FleetBox> Boxes => _boxes;

    /// <summary>Reads everything that is retained of a fleet, and goes on listening.</summary>
    /// <exception cref="BrokerException">The broker refuses or is gone, or more came than could be taken.</exception>
    public static async Task<FleetPicture> LoadAsync(OperatorSession session, string fleet, CancellationToken cancel)
    {
        var picture = new FleetPicture(session, fleet);
        await picture.AskAsync(cancel).ConfigureAwait(false);
        if (session.Dropped > 0) throw new BrokerException($"{session.Dropped} retained messages came faster than they could be taken; what is known of the fleet has gaps.");
        return picture;
    }

    /// <summary>Takes in what came so far, without waiting.</summary>
    public void Look()
    {
        while (_session.Messages.TryRead(out var message))
        {
            if (message.Topic.Identity.Fleet != Fleet) continue;
            var device = message.Topic.Identity.Device;
            if (!_boxes.TryGetValue(device, out var box)) _boxes[device] = box = new FleetBox(message.Topic.Identity);
            box.Take(message);
        }
    }

    /// <summary>Waits until something comes, at most <paramref name="most"/>, and takes all that is there.</summary>
    /// <exception cref="BrokerException">The broker is gone.</exception>
    public async Task ListenAsync(TimeSpan most, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(most);
        try
        {
            if (!await _session.Messages.WaitToReadAsync(end.Token).ConfigureAwait(false)) throw new BrokerException("The connection to the broker ended.");
            Look();
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Nothing came.
        }
        catch (ChannelClosedException e)
        {
            throw e.InnerException as BrokerException ?? new BrokerException("The connection to the broker ended.", e);
        }

        if (_session.Dropped == _droppedBefore) return;
        // Reports are retained: what was missed is asked for again.
        _droppedBefore = _session.Dropped;
        await AskAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>The version after all that this box was ever sent or said.</summary>
    public DocumentVersion NextVersion(string device)
    {
        if (!_boxes.TryGetValue(device, out var box)) return new DocumentVersion(1, 1);
        var newest = box.Report is { } report && report.Version > box.Desired ? report.Version : box.Desired;
        return new DocumentVersion(Math.Max(newest.Epoch, 1), newest.Revision + 1);
    }

    /// <summary>Subscribes, which brings everything that is retained.</summary>
    private async Task AskAsync(CancellationToken cancel)
    {
        TwinChannel[] channels = [TwinChannel.Desired, TwinChannel.Reported, TwinChannel.Presence];
        // Taken while it comes: a large fleet's is more than any queue should hold.
        var subscribed = _session.SubscribeAsync(channels.Select(c => TwinTopic.Filter(Fleet, null, c)), cancel);
        while (!subscribed.IsCompleted)
        {
            Look();
            await Task.WhenAny(subscribed, _session.Messages.WaitToReadAsync(cancel).AsTask()).ConfigureAwait(false);
        }

        await subscribed.ConfigureAwait(false);
        Look();
    }
}
