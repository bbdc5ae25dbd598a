using System.Text;
using EdgeVpn.Fleet.Web.Desk;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Pages;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Fleet.Web.Routes;

/// <summary>The fleet, one box, its orders, and the stream of what changes.</summary>
internal sealed class FleetRoutes(ConsoleParts parts, Func<ConsoleSite> site)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(20);

    public IEnumerable<Route> All =>
    [
        new("GET", "/", Role.Viewer, visit => visit.PageAsync(FleetPage.Of(visit, parts.Feed, parts.Time.GetUtcNow()))),
        new("GET", "/events", Role.Viewer, visit => visit.PageAsync(EventsPage.Of(visit, parts.Feed, parts.Boxes))),
        new("GET", "/box/{device}", Role.Viewer, visit => WithBoxAsync(visit, box => visit.PageAsync(BoxPage.Of(
            visit, parts.Feed, parts.Boxes, parts.Telemetry, box, parts.Orders.Find(visit.Query("answer"), visit.Session.Account, box.Device), parts.Time.GetUtcNow())))),
        new("GET", "/box/{device}/report", Role.Viewer, visit => WithBoxAsync(visit, box => visit.SendAsync("text/plain; charset=utf-8", box.Payload))),
        new("POST", "/box/{device}/order", Role.Operator, visit => WithBoxAsync(visit, box => OrderAsync(visit, box))),
        new("GET", "/live", Role.Viewer, LiveAsync),
    ];

    private async Task WithBoxAsync(Visit visit, Func<BoxPicture, Task> answer)
    {
        if (TwinName.IsValid(visit["device"]) && parts.Feed.Box(visit["device"]) is { } box) await answer(box).ConfigureAwait(false);
        else await visit.PageAsync(Layout.Page(visit, parts.Feed, "No such box", Html.Of($"<h1>No such box</h1><p>Nothing is known of {visit["device"]} here.</p><p><a href=\"/\">To the fleet</a></p>")), StatusCodes.Status404NotFound).ConfigureAwait(false);
    }

    private async Task OrderAsync(Visit visit, BoxPicture box)
    {
        if (ConsoleOrders.Find(visit.Field("order")) is not { } order || visit.Session.Role < order.Role)
        {
            await visit.PageAsync(Layout.Page(visit, parts.Feed, "Not done", Html.Of($"<h1>Not done</h1><p>There is no such order for this account.</p>")), StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }

        var connection = order.TakesConnection && visit.Field("connection") is { Length: > 0 and <= TwinLimits.MaxTextLength } named ? named : null;
        parts.Audit.Add(visit.Session.Account, visit.From, "order", box.Device, connection is null ? order.Name : $"{order.Name} {connection}");
        var (id, given) = await parts.Orders.AskAsync(visit.Session.Account, box.Device, order.Name, connection, visit.Cancel).ConfigureAwait(false);
        if (given.Answer is not { Done: true }) parts.Audit.Add(visit.Session.Account, visit.From, "order-failed", box.Device, $"{order.Name}: {given.Problem ?? given.Answer?.Text}");
        await visit.GoAsync($"/box/{box.Device}?answer={id}#answer").ConfigureAwait(false);
    }

    /// <summary>Server-sent events: one word per change; the page asks for what it shows. Ends with the session.</summary>
    private async Task LiveAsync(Visit visit)
    {
        if (parts.Feed.Listen() is not { } listener)
        {
            visit.RetryAfter(Heartbeat);
            await visit.SendAsync("text/plain", "too many pages listen"u8.ToArray(), StatusCodes.Status503ServiceUnavailable).ConfigureAwait(false);
            return;
        }

        var response = visit.Context.Response;
        response.ContentType = "text/event-stream";
        using var end = CancellationTokenSource.CreateLinkedTokenSource(visit.Cancel, parts.Stopping);
        try
        {
            await response.Body.WriteAsync("retry: 3000\n\n"u8.ToArray(), end.Token).ConfigureAwait(false);
            var cookie = visit.Context.Request.Cookies[site().Cookie];
            while (parts.Sessions.Find(cookie, isWork: false) is not null)
            {
                await response.Body.FlushAsync(end.Token).ConfigureAwait(false);
                using var beat = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
                beat.CancelAfter(Heartbeat);
                try
                {
                    var words = new HashSet<string> { await listener.Reader.ReadAsync(beat.Token).ConfigureAwait(false) };
                    while (words.Count < 256 && listener.Reader.TryRead(out var word)) words.Add(word);
                    foreach (var word in words) await response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {word}\n\n"), end.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!end.IsCancellationRequested)
                {
                    await response.Body.WriteAsync(": still here\n\n"u8.ToArray(), end.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page is gone, or the console stops.
        }
        finally
        {
            parts.Feed.Leave(listener);
        }
    }
}
