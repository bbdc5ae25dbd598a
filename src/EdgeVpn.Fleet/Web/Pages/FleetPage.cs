using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>The fleet at a glance: by site, what needs a person first.</summary>
internal static class FleetPage
{
    /// <summary>Boxes drawn on one page.</summary>
    public const int MostOnPage = 200;

    public static Html Of(Visit visit, FleetFeed feed, DateTimeOffset now)
    {
        var all = feed.Boxes();
        var (search, wanted, page) = (visit.Query("q").Trim(), visit.Query("is"), int.TryParse(visit.Query("page"), out var p) ? Math.Clamp(p, 1, 10_000) : 1);
        var condition = Enum.GetValues<Condition>().Cast<Condition?>().FirstOrDefault(c => Words.Of(c!.Value) == wanted);
        var found = all.Where(b => condition is null || b.Condition == condition).Where(b => Matches(b, search)).ToList();
        var sites = found.GroupBy(static b => b.Site).Select(static g => (Site: g.Key, Boxes: g.OrderBy(static b => b.Condition).ThenBy(static b => b.Device, StringComparer.Ordinal).ToList()))
            .OrderBy(static s => s.Boxes[0].Condition is var worst and (Condition.Down or Condition.Offline or Condition.Degraded) ? worst : Condition.Healthy).ThenBy(static s => s.Site.Length == 0).ThenBy(static s => s.Site, StringComparer.OrdinalIgnoreCase).ToList();
        var pages = Math.Max(1, (found.Count + MostOnPage - 1) / MostOnPage);
        page = Math.Min(page, pages);
        var shown = sites.SelectMany(static s => s.Boxes).Skip((page - 1) * MostOnPage).Take(MostOnPage).ToHashSet();
        var query = $"q={Uri.EscapeDataString(search)}&is={Uri.EscapeDataString(wanted)}";
        return Layout.Page(visit, feed, search.Length > 0 ? $"{search} – search" : "Fleet", Html.Of(
            $"""
            <div id="glance" data-live>
              <h1>{(search.Length > 0 ? $"“{search}”" : "Fleet")} <small>{Words.Count(found.Count, "box", "boxes")} at {Words.Count(sites.Count(static s => s.Site.Length > 0), "site", "sites")}</small></h1>
              <ul class="chips" aria-label="Filter by condition">
                {Chip("all", all.Count, null, wanted.Length == 0, search)}
                {Enum.GetValues<Condition>().Select(c => (Condition: c, Count: all.Count(b => b.Condition == c))).Where(c => c.Count > 0 || Words.Of(c.Condition) == wanted)
                    .Select(c => Chip(Words.Of(c.Condition), c.Count, c.Condition, Words.Of(c.Condition) == wanted, search))}
              </ul>
            </div>
            <div id="sites" data-live>
              {Html.If(all.Count == 0, static () => Html.Of($"<div class=\"card hint\"><h2>No box yet</h2><p>A box shows here when it reports, when it is enrolled, or when <code>configs/</code> holds its configuration.</p><p><a class=\"button\" href=\"/enrol\">Let the first box in</a></p></div>"))}
              {Html.If(all.Count > 0 && found.Count == 0, static () => Html.Of($"<p class=\"card hint\">No box is like that. <a href=\"/\">Show all</a></p>"))}
              {sites.Where(s => s.Boxes.Any(shown.Contains)).Select(s => Site(s.Site, s.Boxes, shown, now))}
              {Html.If(pages > 1, () => Html.Of($"<nav class=\"pages\" aria-label=\"Pages\">{Html.If(page > 1, () => Html.Of($"<a href=\"/?{query}&page={page - 1}\">Before</a>"))}<span>Page {page} of {pages}</span>{Html.If(page < pages, () => Html.Of($"<a href=\"/?{query}&page={page + 1}\">Next</a>"))}</nav>"))}
            </div>
            """), "box broker");
    }

    /// <summary>Four lamps, as on the box; in words for whoever does not see them.</summary>
    public static Html Lamps(BoxPicture box)
    {
        var lights = BoxLights.Of(box);
        return Html.Of($"<span class=\"lamps\" role=\"img\" aria-label=\"lights: {string.Join(", ", lights.Select(static l => $"{l.Name} {l.Meaning}"))}\">{lights.Select(static l => Html.Of($"<i class=\"lamp {Class(l)}\" title=\"{l.Name}: {l.Meaning}\"></i>"))}</span>");
    }

    public static string Class(Light light) => light.Rhythm.Length == 0 ? "unknown" : light.Rhythm;

    private static bool Matches(BoxPicture box, string search) => search.Length == 0
        || box.Device.Contains(search, StringComparison.OrdinalIgnoreCase) || box.Site.Contains(search, StringComparison.OrdinalIgnoreCase)
        || box.Report.Connections.Any(c => c.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || c.Endpoint?.Contains(search, StringComparison.OrdinalIgnoreCase) == true)
        || box.Summary().Contains(search, StringComparison.OrdinalIgnoreCase);

    private static Html Chip(string name, int count, Condition? condition, bool isOn, string search) => Html.Of(
        $"<li><a class=\"chip {Tone(condition)}\" href=\"/?q={Uri.EscapeDataString(search)}{(condition is null ? "" : "&is=" + Uri.EscapeDataString(name))}\"{Html.If(isOn, static () => Html.Of($" aria-current=\"true\""))}><b>{count}</b> {name}</a></li>");

    private static Html Site(string site, List<BoxPicture> boxes, HashSet<BoxPicture> shown, DateTimeOffset now)
    {
        var trouble = boxes.Count(static b => b.Condition is Condition.Down or Condition.Offline or Condition.Degraded);
        return Html.Of(
            $"""
            <section class="site">
              <h2>{(site.Length == 0 ? "No site named" : site)} <small>{Words.Count(boxes.Count, "box", "boxes")}{(trouble > 0 ? $", {trouble} to look at" : "")}</small></h2>
              <ul class="boxes">{boxes.Where(shown.Contains).Select(b => Tile(b, now))}</ul>
            </section>
            """);
    }

    private static Html Tile(BoxPicture box, DateTimeOffset now) => Html.Of(
        $"""
        <li><a class="tile {Tone(box.Condition)}" href="/box/{box.Device}">
          <span class="name">{box.Device}</span>{Lamps(box)}
          <span class="say">{box.Summary()}{Html.If(box.Condition == Condition.Offline && box.OnlineSince is not null, () => Html.Of($", {Words.Ago(box.OnlineSince, now)}"))}</span>
        </a></li>
        """);

    public static string Tone(Condition? condition) => condition switch
    {
        Condition.Down => "bad",
        Condition.Offline => "gone",
        Condition.Degraded => "warn",
        Condition.Busy => "busy",
        Condition.Healthy => "good",
        _ => "",
    };
}
