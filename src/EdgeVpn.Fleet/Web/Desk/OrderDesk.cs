using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;

namespace EdgeVpn.Fleet.Web.Desk;

/// <summary>What came of an order.</summary>
/// <param name="Account">Who gave it; nobody else is shown the answer.</param>
/// <param name="Device">To whom.</param>
/// <param name="Order">Which.</param>
/// <param name="Answer">Null if none came in time.</param>
/// <param name="Problem">Why none could come.</param>
public sealed record GivenAnswer(string Account, string Device, string Order, OrderAnswer? Answer, string? Problem);

/// <summary>Gives orders for the console, and keeps the last answers until their page is read.</summary>
public sealed class OrderDesk(FleetFolder fleet, TimeProvider time) : IDisposable
{
    private const int MostKept = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _places = new(8);
    private readonly Lock _lock = new();
    private readonly Queue<(string Id, GivenAnswer Answer)> _kept = new();

    /// <summary>Sends a signed order and waits for its answer.</summary>
    /// <returns>The number under which <see cref="Find"/> has the answer.</returns>
    public async Task<(string Id, GivenAnswer Given)> AskAsync(string account, string device, string order, string? connection, CancellationToken cancel)
    {
        JsonElement? arguments = connection is null ? null : JsonElement.Parse(new JsonObject { ["connection"] = connection }.ToJsonString());
        OrderAnswer? answer = null;
        string? problem = null;
        await _places.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var session = await OperatorSession.ConnectAsync(fleet.Connection(), cancel).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                var orders = new Orders(fleet, session, time);
                await orders.OpenAsync(device, cancel).ConfigureAwait(false);
                answer = await orders.AskAsync(device, order, arguments, Patience, cancel).ConfigureAwait(false);
                if (answer is null) problem = $"{device} did not answer within {Patience.TotalSeconds:0} s.";
            }
        }
        catch (Exception e) when (e is BrokerException or FleetFolderException)
        {
            problem = e.Message;
        }
        finally
        {
            _places.Release();
        }

        var given = new GivenAnswer(account, device, order, answer, problem);
        var id = RandomNumberGenerator.GetHexString(16, lowercase: true);
        lock (_lock)
        {
            _kept.Enqueue((id, given));
            if (_kept.Count > MostKept) _kept.Dequeue();
        }

        return (id, given);
    }

    public void Dispose() => _places.Dispose();

    /// <summary>An answer, for who asked; null if it is somebody else's, or long ago.</summary>
    public GivenAnswer? Find(string id, string account, string device)
    {
        lock (_lock) return _kept.FirstOrDefault(k => k.Id == id && k.Answer.Account == account && k.Answer.Device == device).Answer;
    }
}
