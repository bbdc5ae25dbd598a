using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>What a box answered to an order.</summary>
/// <param name="Done">It did it.</param>
/// <param name="Text">All parts, one after the other.</param>
/// <param name="Reason">Why not, where the catalogue has it.</param>
public sealed record OrderAnswer(bool Done, string Text, ReportedReason? Reason);

/// <summary>Sends signed orders to one box at a time and puts the answers together.</summary>
public sealed class Orders(FleetFolder fleet, OperatorSession session, TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(2);

    /// <summary>Subscribes to the answers of these boxes (null: of all).</summary>
    /// <exception cref="BrokerException">The broker refuses, or is gone.</exception>
    public Task OpenAsync(string? device, CancellationToken cancel) => session.SubscribeAsync([TwinTopic.Filter(fleet.Name, device, TwinChannel.Response)], cancel);

    /// <summary>Sends an order and waits for its whole answer.</summary>
    /// <returns>Null if none came in time.</returns>
    /// <exception cref="BrokerException">The broker is gone.</exception>
    public async Task<OrderAnswer?> AskAsync(string device, string name, JsonElement? arguments, TimeSpan patience, CancellationToken cancel)
    {
        var box = new TwinIdentity(fleet.Name, device);
        var now = time.GetUtcNow();
        var order = new CommandDocument(box.Fleet, box.Device, name, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), now, now + Life, arguments);
        using (var signer = DocumentSigner.For(fleet))
            await session.PublishAsync(new TwinTopic(box, TwinChannel.Command, name), signer.Payload(order), retain: false, cancel).ConfigureAwait(false);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(patience);
        var parts = new SortedDictionary<int, ResponseDocument>();
        try
        {
            while (true)
            {
                var message = await session.Messages.ReadAsync(end.Token).ConfigureAwait(false);
                if (message.Topic.Channel != TwinChannel.Response || message.Topic.Identity != box || message.Topic.Name != order.Id) continue;
                if (!TwinJson.TryRead(message.Payload.Span, TwinJson.Wire.ResponseDocument, out var part) || part.Part is < 0 or >= TwinLimits.MaxParts) continue;
                parts[part.Part] = part;
                if (parts.Values.Last() is not { Last: true } last || parts.Count != last.Part + 1) continue;
                var text = new StringBuilder();
                foreach (var one in parts.Values) text.Append(one.Text);
                return new OrderAnswer(last.Done, text.ToString(), parts[0].Reason);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (ChannelClosedException e)
        {
            throw e.InnerException as BrokerException ?? new BrokerException("The connection to the broker ended.", e);
        }
    }
}
