using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Web.Desk;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Routes;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;

namespace EdgeVpn.Fleet.Web;

/// <summary>The console in the browser: everything of it, put together in one place.</summary>
/// <remarks>
/// <code>
///     broker ──► FleetFeed ──► BoxStore, TelemetryStore (SQLite) ──► pages
///                    └───────► /live: a word per change ──► the page asks for itself again
///     browser ──► ConsoleSite: host, origin, session, role, token ──► Route ──► desks: orders, rollouts, enrolment ──► broker
///                                                                      └──► AuditLog
/// </code>
/// </remarks>
public sealed class FleetWeb : IAsyncDisposable
{
    private readonly Sqlite _database;
    private readonly ConsoleParts _parts;
    private readonly ConsoleServer _server;
    private readonly CancellationTokenSource _stopping;

    private FleetWeb(Sqlite database, ConsoleParts parts, ConsoleServer server, CancellationTokenSource stopping) =>
        (_database, _parts, _server, _stopping) = (database, parts, server, stopping);

    public string Url => _server.Url;

    public ConsoleSite Site => _server.Site;

    internal ConsoleParts Parts => _parts;

    /// <summary>Where a fleet's console keeps what it knows.</summary>
    public static string DatabaseFile(FleetFolder fleet) => fleet.StateFile("console.db");

    /// <exception cref="IOException">The address cannot be bound.</exception>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    public static async Task<FleetWeb> StartAsync(FleetFolder fleet, ListenOptions listen, TimeProvider time, OidcOptions? oidc = null)
    {
        var database = Sqlite.Open(DatabaseFile(fleet));
        var stopping = new CancellationTokenSource();
        var accounts = new AccountStore(database, time);
        var audit = new AuditLog(database, time);
        var (boxes, telemetry) = (new BoxStore(database), new TelemetryStore(database));
        var feed = new FleetFeed(fleet, boxes, telemetry, time);
        var parts = new ConsoleParts
        {
            Time = time,
            Accounts = accounts,
            Audit = audit,
            Boxes = boxes,
            Telemetry = telemetry,
            Sessions = new Sessions(accounts, time),
            Guard = new SignInGuard(time),
            Browsers = new KnownBrowsers(),
            Refused = new RefusedSignIns(audit, time),
            First = new FirstLink(time),
            Feed = feed,
            Orders = new OrderDesk(fleet, time),
            Rollouts = new RolloutDesk(fleet, boxes, audit, feed.Tell, time),
            Enrolment = new EnrolDesk(fleet, feed.Tell, time),
            Stopping = stopping.Token,
            Oidc = oidc is null ? null : new OidcClient(oidc, time),
        };
        try
        {
            var server = await ConsoleServer.StartAsync(listen, parts.Sessions, site =>
            [
                .. new DoorRoutes(parts, site).All, .. new FleetRoutes(parts, site).All, .. new RolloutRoutes(parts).All, .. new AdminRoutes(parts).All,
            ]).ConfigureAwait(false);
            feed.Start();
            parts.Enrolment.Start();
            return new FleetWeb(database, parts, server, stopping);
        }
        catch
        {
            stopping.Dispose();
            database.Dispose();
            throw;
        }
    }

    /// <summary>The link that makes the first account; null if there is an account.</summary>
    public string? FirstLink() => _parts.Accounts.All().Count > 0 ? null : $"{Url}/first?link={_parts.First.Make()}";

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        await _parts.Rollouts.DisposeAsync().ConfigureAwait(false);
        await _parts.Enrolment.DisposeAsync().ConfigureAwait(false);
        await _parts.Feed.DisposeAsync().ConfigureAwait(false);
        _parts.Oidc?.Dispose();
        _parts.Orders.Dispose();
        _database.Dispose();
        _stopping.Dispose();
    }
}
