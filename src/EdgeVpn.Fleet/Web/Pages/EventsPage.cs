using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Store;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>What happened, newest first.</summary>
internal static class EventsPage
{
    public static Html Of(Visit visit, FleetFeed feed, BoxStore boxes) => Layout.Page(visit, feed, "Events", Html.Of(
        $"<h1>Events</h1><section class=\"card\" id=\"events\" data-live aria-label=\"Events\">{List(boxes.Events(null, 200), withDevice: true)}</section>"), "box broker");

    public static Html List(IReadOnlyList<SeenEvent> events, bool withDevice) => events.Count == 0
        ? Html.Of($"<p class=\"quiet\">None was heard yet.</p>")
        : Html.Of($"<ol class=\"events\">{events.Select(e => Html.Of($"<li>{Words.At(e.At)} <span>{Html.If(withDevice, () => Html.Of($"<a href=\"/box/{e.Device}\">{e.Device}</a> "))}{e.Kind} {e.Subject} <b>{e.State}</b>{Html.If(e.Reason is not null, () => Html.Of($" <span class=\"why\">{e.Reason}</span>"))}{Html.If(e.Lost > 0, () => Html.Of($" <span class=\"quiet\">({e.Lost} before it were lost)</span>"))}</span></li>"))}</ol>");
}
