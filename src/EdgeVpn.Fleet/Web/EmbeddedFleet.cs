using System.Net;
using EdgeVpn.Fleet.Broker;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web;

/// <summary>A fleet that needs nothing else: its folder made on first use, its broker in this process. For a laboratory or ten boxes.</summary>
/// <remarks>Boxes are enrolled and documents signed and sealed as everywhere; but the broker knows no users and no TLS, so whoever reaches it can read along, delay and drop.</remarks>
public static class EmbeddedFleet
{
    public const string DefaultName = "lab";

    /// <summary>The fleet in the folder; if there is none, a new one whose broker and bootstrap listener are <paramref name="broker"/>.</summary>
    /// <exception cref="FleetFolderException">There is one with another broker.</exception>
    public static FleetFolder Open(string folder, BrokerAddress broker, bool isSaid, DateTimeOffset now)
    {
        if (!File.Exists(Path.Combine(folder, "fleet.json")))
        {
            Directory.CreateDirectory(folder);
            return FleetFolder.Make(folder, DefaultName, broker, broker, [], now);
        }

        var fleet = FleetFolder.Open(folder);
        if (fleet.Broker.Tls) throw new FleetFolderException($"the fleet in {folder} has a broker of its own, {fleet.Broker}: serve it without --embedded.");
        return !isSaid || fleet.Broker == broker ? fleet : throw new FleetFolderException($"the fleet in {folder} has its broker at {fleet.Broker}, and its boxes know it there.");
    }

    /// <summary>Starts the fleet's broker where its boxes look for it; it keeps what is retained in <c>state/</c>.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    public static async Task<EmbeddedBroker> StartBrokerAsync(FleetFolder fleet)
    {
        var address = IPAddress.TryParse(fleet.Broker.Host, out var literal) ? literal
            : fleet.Broker.IsLoopback ? IPAddress.Loopback : throw new FleetFolderException($"an embedded broker is named by its address, and {fleet.Broker.Host} is none.");
        return await EmbeddedBroker.StartAsync(new BrokerOptions(new IPEndPoint(address, fleet.Broker.Port), fleet.StateFile("retained.json"))).ConfigureAwait(false);
    }
}
