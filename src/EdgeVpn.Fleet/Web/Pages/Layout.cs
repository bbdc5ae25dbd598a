using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>What stands around every page.</summary>
internal static class Layout
{
    private static readonly (string Path, string Name, Role Role)[] s_places =
    [
        ("/", "Fleet", Role.Viewer), ("/rollouts", "Rollouts", Role.Viewer), ("/events", "Events", Role.Viewer), ("/enrol", "Enrol", Role.Admin), ("/accounts", "Accounts", Role.Admin), ("/audit", "Audit", Role.Admin),
    ];

    /// <summary>A page for somebody who is signed in.</summary>
    /// <param name="visit">Who, and where.</param>
    /// <param name="feed">Whether the broker is heard.</param>
    /// <param name="title">Of the page.</param>
    /// <param name="main">What it is about.</param>
    /// <param name="listens">Words of <see cref="FleetFeed.Tell"/> after which the page asks for itself again; "" for a page that stands still.</param>
    public static Html Page(Visit visit, FleetFeed feed, string title, Html main, string listens = "") => Document(title, listens, Html.Of(
        $"""
        <header class="bar">
          <a class="brand" href="/"><img src="/icon.svg" alt="" width="28" height="28"><span>EdgeVpn <b>{feed.Fleet.Name}</b></span></a>
          <nav aria-label="Main"><ul>{s_places.Where(p => visit.Session.Role >= p.Role).Select(p => Place(visit, p.Path, p.Name))}</ul></nav>
          <form class="search" role="search" action="/" method="get"><label class="unseen" for="q">Find a box or a site</label><input id="q" name="q" type="search" placeholder="Find a box or site" value="{visit.Query("q")}" autocomplete="off" maxlength="64" aria-keyshortcuts="/"></form>
          <div class="me"><button type="button" id="theme" class="quiet-button" hidden>Theme</button><a href="/account">{visit.Session.Account}</a>{Form(visit, "/sign-out", Html.Of($"<button class=\"quiet-button\">Sign out</button>"))}</div>
        </header>
        <main id="main" tabindex="-1">
        <div id="broker" data-live>{Html.If(feed.Silence is not null, () => Html.Of($"<p class=\"note bad\" role=\"status\">The broker is not heard: {feed.Silence}. What follows is what was known before.</p>"))}</div>
        {main}</main>
        """));

    /// <summary>A page without anybody.</summary>
    public static Html Plain(string title, Html main) => Document(title, "", Html.Of(
        $"""
        <main id="main" class="door" tabindex="-1">
          <p class="brand"><img src="/icon.svg" alt="" width="36" height="36"><span>EdgeVpn</span></p>
          <h1>{title}</h1>
          {main}
        </main>
        """));

    /// <summary>A form of a session, with its token.</summary>
    public static Html Form(Visit visit, string action, Html fields) => Html.Of(
        $"<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"{ConsoleSite.TokenField}\" value=\"{visit.Session.Token}\">{fields}</form>");

    /// <summary>A form behind one more click: for what is not lightly undone.</summary>
    public static Html Sure(Visit visit, string action, string summary, Html question) => Html.Of(
        $"<details class=\"sure\"><summary>{summary}</summary><div class=\"box\">{Form(visit, action, question)}</div></details>");

    private static Html Place(Visit visit, string path, string name)
    {
        var at = visit.Context.Request.Path.Value ?? "/";
        var isHere = path == "/" ? at == "/" || at.StartsWith("/box/", StringComparison.Ordinal) : at.StartsWith(path, StringComparison.Ordinal);
        return Html.Of($"<li><a href=\"{path}\"{Html.If(isHere, static () => Html.Of($" aria-current=\"page\""))}>{name}</a></li>");
    }

    private static Html Document(string title, string listens, Html body) => Html.Of(
        $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{title} · EdgeVpn</title>
        <link rel="icon" href="/icon.svg">
        <link rel="stylesheet" href="/console.css">
        <script src="/console.js"></script>
        </head>
        <body data-listens="{listens}">
        <a class="skip" href="#main">Skip to content</a>
        {body}
        </body>
        </html>
        """);
}
