using EdgeVpn.Fleet.Web.Desk;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>One box: what it says, what became of its documents, what it measured, what it can be told to do.</summary>
internal static class BoxPage
{
    private static readonly (string Name, TimeSpan Span, bool Hours)[] s_ranges =
        [("2 h", TimeSpan.FromHours(2), false), ("24 h", TimeSpan.FromDays(1), false), ("7 days", TimeSpan.FromDays(7), false), ("1 year", TimeSpan.FromDays(365), true)];

    public static Html Of(Visit visit, FleetFeed feed, BoxStore boxes, TelemetryStore telemetry, BoxPicture box, GivenAnswer? answer, DateTimeOffset now)
    {
        var report = box.Report;
        return Layout.Page(visit, feed, box.Device, Html.Of(
            $"""
            <div id="state" data-live>
              <p class="crumbs"><a href="/">Fleet</a>{Html.If(box.Site.Length > 0, () => Html.Of($" / <a href=\"/?q={Uri.EscapeDataString(box.Site)}\">{box.Site}</a>"))}</p>
              <h1>{box.Device} <span class="badge {FleetPage.Tone(box.Condition)}">{Words.Of(box.Condition)}</span></h1>
              <section class="card" aria-labelledby="lights-title">
                <h2 id="lights-title" class="unseen">Lights</h2>
                <ul class="lights">{BoxLights.Of(box).Select(static l => Html.Of($"<li><i class=\"lamp {FleetPage.Class(l)}\"></i><b>{l.Name}</b><small>{l.Meaning}</small></li>"))}</ul>
                {Html.If(box.Online == true && report.Lights.Count == 0, static () => Html.Of($"<p class=\"quiet\">This box does not say its lights: they are drawn after the rest of its report.</p>"))}
              </section>
              {Html.If(report.IsUnreadable, static () => Html.Of($"<p class=\"note warn\">This console cannot read what the box reports: it may be of another age. Its report stands below as it came.</p>"))}
              {Html.If(report.Unknown.Count > 0, () => Html.Of($"<p class=\"note\">The box says more than this console knows: {string.Join(", ", report.Unknown)}. It stands in the report as it came.</p>"))}
              {Html.If(report.State is "refused" or "reverted", () => Trouble(report))}
              <section class="card" aria-labelledby="facts-title">
                <h2 id="facts-title">{(box.Online == true ? "Online" : box.Online is null ? "Never seen" : "Offline")}</h2>
                <dl class="facts">
                  {Fact(box.Online == true ? "Online since" : "Since", box.OnlineSince is null ? null : Words.Ago(box.OnlineSince, now))}
                  {Fact("Last heard", Words.Ago(box.HeardAt ?? box.ReportedAt, now))}
                  {Fact("Document", report.Version.IsNone ? null : Html.Of($"{report.Version.ToString()} {report.State}{Html.If(!report.InForce.IsNone && report.InForce != report.Version, () => Html.Of($" <span class=\"quiet\">(in force: {report.InForce.ToString()})</span>"))}"))}
                  {Fact("At the broker", box.Desired.IsNone || box.Desired == report.Version ? null : Html.Of($"{box.Desired.ToString()} <span class=\"quiet\">waits for the box</span>"))}
                  {Fact("Software", Text(report.Software))}
                  {Fact("Running for", box.UptimeSeconds is { } up && double.IsFinite(up) && up is >= 0 and < 1e9 ? Text(Words.Span(TimeSpan.FromSeconds(up))) : null)}
                  {Fact("Processor", box.CpuPercent is { } cpu ? Text($"{Words.Short(cpu)} %") : null)}
                  {Fact("Temperature", box.TemperatureCelsius is { } heat ? Text($"{Words.Short(heat)} °C") : null)}
                  {Fact("Certificate until", report.CertificateNotAfter is { } end ? Words.At(end) : null)}
                  {Fact("Fingerprint", report.Fingerprint is null ? null : Html.Of($"<code>{report.Fingerprint}</code>"))}
                </dl>
                {Html.If(report.Insecure, static () => Html.Of($"<p class=\"note warn\">This box takes unsigned documents: a laboratory's setting.</p>"))}
              </section>
              <section class="card" aria-labelledby="connections-title">
                <h2 id="connections-title">Connections</h2>
                {Html.If(report.Connections.Count == 0, static () => Html.Of($"<p class=\"quiet\">None is reported.</p>"))}
                <ul class="connections">{report.Connections.Select(c => Connection(c, now))}</ul>
                {Html.If(report.ConnectionsOmitted > 0, () => Html.Of($"<p class=\"quiet\">and {report.ConnectionsOmitted} more.</p>"))}
              </section>
            </div>
            {Html.If(visit.Session.Role >= Role.Operator, () => Commands(visit, box, answer))}
            {Charts(visit, telemetry, box.Device, now)}
            <section class="card" id="documents" data-live aria-labelledby="documents-title">
              <h2 id="documents-title">Documents</h2>
              {Documents(boxes.Documents(box.Device, 20))}
            </section>
            <section class="card" id="events" data-live aria-labelledby="events-title">
              <h2 id="events-title">Events</h2>
              {EventsPage.List(boxes.Events(box.Device, 30), withDevice: false)}
            </section>
            <p class="quiet"><a href="/box/{box.Device}/report">The report as it came</a></p>
            """), $"box {box.Device}|broker");
    }

    private static Html Trouble(LooseReport report) => Html.Of(
        $"""
        <div class="note bad"><p><b>{report.State} {report.Version.ToString()}</b>{Html.If(report.Reason is not null, () => Html.Of($": {report.Reason!.Code} {report.Reason.Name}{(report.Reason.Detail is null ? "" : $": {report.Reason.Detail}")}"))}</p>
        <ul>{report.Problems.Select(static p => Html.Of($"<li><code>{p.Path}</code> {p.Message}</li>"))}</ul></div>
        """);

    private static Html Connection(LooseConnection connection, DateTimeOffset now)
    {
        var known = connection.Reason is { } reason ? ReasonCatalog.ByName(reason.Name) ?? ReasonCatalog.ByDigits(reason.Code) : null;
        var tone = connection.State switch { "up" => "good", "refused" => "bad", "off" => "", _ => "warn" };
        return Html.Of(
            $"""
            <li>
              <p class="head"><b>{connection.Name}</b> <span class="badge {tone}">{connection.State}</span> <span class="quiet">{connection.Endpoint}{Html.If(connection.Since is not null, () => Html.Of($", {Words.Ago(connection.Since, now)}"))}</span></p>
              {Html.If(connection.Reason is not null, () => Html.Of($"<p class=\"why\"><b>{connection.Reason!.Code} {connection.Reason.Name}</b> {known?.Sentence}{(connection.Reason.Detail is null ? "" : $" ({connection.Reason.Detail})")}</p>"))}
              {Html.If(known is not null, () => Html.Of($"<ol class=\"check\">{known!.Check.Select(static c => Html.Of($"<li>{c}</li>"))}</ol>"))}
            </li>
            """);
    }

    private static Html Commands(Visit visit, BoxPicture box, GivenAnswer? answer)
    {
        var known = ConsoleOrders.All.Where(o => visit.Session.Role >= o.Role && (box.Report.Commands.Count == 0 || box.Report.Commands.Contains(o.Name))).ToList();
        var others = box.Report.Commands.Where(static c => !ConsoleOrders.IsKnown(c)).ToList();
        var connections = box.Report.Connections.Select(static c => c.Name).ToList();
        return Html.Of(
            $"""
            <section class="card" aria-labelledby="commands-title">
              <h2 id="commands-title">Commands</h2>
              {Html.If(box.Online != true, static () => Html.Of($"<p class=\"quiet\">The box is offline: an order would be over before it comes.</p>"))}
              {Html.If(box.Online == true, () => Html.Of($"<div class=\"orders\">{known.Where(static o => !o.IsGrave).Select(o => Order(visit, box, o, connections))}{known.Where(static o => o.IsGrave).Select(o => Layout.Sure(visit, $"/box/{box.Device}/order", o.Label + "…", Html.Of($"<input type=\"hidden\" name=\"order\" value=\"{o.Name}\"><p>{o.What}</p><button class=\"danger\">{o.Label} {box.Device}</button>")))}</div>"))}
              {Html.If(others.Count > 0, () => Html.Of($"<p class=\"quiet\">It also takes {string.Join(", ", others)}, by <code>edgefleet command</code>.</p>"))}
              <div id="answer" role="status" aria-live="polite">{Html.If(answer is not null, () => Answer(answer!))}</div>
            </section>
            """);
    }

    private static Html Order(Visit visit, BoxPicture box, ConsoleOrder order, List<string> connections) => Layout.Form(visit, $"/box/{box.Device}/order", Html.Of(
        $"""
        <input type="hidden" name="order" value="{order.Name}">
        {Html.If(order.TakesConnection && connections.Count > 0, () => Html.Of($"<label class=\"unseen\" for=\"{order.Name}-connection\">Connection to {order.Name}</label><select id=\"{order.Name}-connection\" name=\"connection\">{Html.If(!order.NeedsConnection, static () => Html.Of($"<option value=\"\">all</option>"))}{connections.Select(static c => Html.Of($"<option>{c}</option>"))}</select>"))}
        <button title="{order.What}">{order.Label}</button>
        """));

    private static Html Answer(GivenAnswer given) => Html.Of(
        $"""
        <h3>{given.Order}: {(given.Answer is null ? "no answer" : given.Answer.Done ? "done" : "not done")}</h3>
        {Html.If(given.Problem is not null, () => Html.Of($"<p class=\"note bad\">{given.Problem}</p>"))}
        {Html.If(given.Answer?.Reason is not null, () => Html.Of($"<p class=\"note bad\">{given.Answer!.Reason!.Code} {given.Answer.Reason.Name}{(given.Answer.Reason.Detail is null ? "" : $": {given.Answer.Reason.Detail}")}</p>"))}
        {Html.If(given.Answer is { Text.Length: > 0 }, () => given.Order == TwinCommand.Why && WhyAnswer.Of(given.Answer!.Text) is { } tree ? tree : Html.Of($"<pre tabindex=\"0\">{Lines(given.Answer!.Text)}</pre>"))}
        """);

    private static Html Lines(string text) => Html.Join(text.TrimEnd().Split('\n').Take(2_000).Select(static line => Html.Of($"{line.TrimEnd('\r')}\n")));

    private static Html Charts(Visit visit, TelemetryStore telemetry, string device, DateTimeOffset now)
    {
        var range = s_ranges.FirstOrDefault(r => r.Name.Replace(" ", "", StringComparison.Ordinal) == visit.Query("range"), s_ranges[1]);
        var step = range.Hours ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(1);
        var from = now - range.Span;
        // Not more points than there are dots on a screen.
        var width = TimeSpan.FromTicks(Math.Max(step.Ticks, range.Span.Ticks / 360 / step.Ticks * step.Ticks));
        var connections = telemetry.Connections(device, from);
        return Html.Of(
            $"""
            <section class="card" id="charts" data-live aria-labelledby="charts-title">
              <div class="row"><h2 id="charts-title">Traffic</h2><ul class="chips small" aria-label="Time shown">{s_ranges.Select(r => Html.Of($"<li><a class=\"chip\" href=\"/box/{device}?range={r.Name.Replace(" ", "", StringComparison.Ordinal)}#charts\"{Html.If(r == range, static () => Html.Of($" aria-current=\"true\""))}>{r.Name}</a></li>"))}</ul></div>
              {Html.If(connections.Count == 0, static () => Html.Of($"<p class=\"quiet\">Nothing was measured in this time: boxes send their counters every minute.</p>"))}
              {connections.Select(c => OfConnection(c, Grouped(telemetry.Read(device, c, from, now, range.Hours), width), from, now, width))}
            </section>
            """);
    }

    private static Html OfConnection(string connection, List<TelemetryPoint> points, DateTimeOffset from, DateTimeOffset now, TimeSpan step) => Html.Of(
        $"""
        <h3>{connection} <small class="quiet">{Words.Octets(points.Sum(static p => (double)p.OctetsIn))} in, {Words.Octets(points.Sum(static p => (double)p.OctetsOut))} out</small></h3>
        <div class="charts">
          {Chart.Of("Throughput", [new ChartLine("in", "a", [.. points.Select(static p => (p.At, (double?)p.BitsPerSecondIn))]), new ChartLine("out", "b", [.. points.Select(static p => (p.At, (double?)p.BitsPerSecondOut))])], from, now, step, 1_000, Words.Bits)}
          {Chart.Of("Round trip", [new ChartLine("mean", "a", [.. points.Select(static p => (p.At, p.RoundTripMilliseconds))]), new ChartLine("longest", "b", [.. points.Select(static p => (p.At, p.RoundTripMost))])], from, now, step, 10, static v => $"{Words.Short(v)} ms")}
          {Chart.Of("Loss", [new ChartLine("lost", "a", [.. points.Select(static p => (p.At, p.LossPercent))])], from, now, step, 2, static v => $"{Words.Short(v)} %")}
        </div>
        """);

    /// <summary>Neighbouring points put together, so that each is as long as <paramref name="width"/>.</summary>
    private static List<TelemetryPoint> Grouped(IReadOnlyList<TelemetryPoint> points, TimeSpan width) =>
    [
        .. points.GroupBy(p => p.At.UtcTicks / width.Ticks).Select(static g =>
        {
            var (loss, trips) = (g.Where(static p => p.LossPercent is not null).ToList(), g.Where(static p => p.RoundTripMilliseconds is not null).ToList());
            return new TelemetryPoint(
                g.First().At, g.Sum(static p => p.Seconds), g.Sum(static p => p.OctetsIn), g.Sum(static p => p.OctetsOut), g.Sum(static p => p.Dropped),
                loss.Count > 0 ? loss.Average(static p => p.LossPercent) : null, trips.Count > 0 ? trips.Average(static p => p.RoundTripMilliseconds) : null,
                trips.Count > 0 ? trips.Max(static p => p.RoundTripMost) : null);
        }),
    ];

    private static Html Documents(IReadOnlyList<SeenDocument> documents) => documents.Count == 0
        ? Html.Of($"<p class=\"quiet\">None was seen yet.</p>")
        : Html.Of(
            $"""
            <div class="wide" tabindex="0" role="group" aria-labelledby="documents-title"><table>
              <thead><tr><th scope="col">Version</th><th scope="col">Sent</th><th scope="col">By</th><th scope="col">Became</th><th scope="col">When</th></tr></thead>
              <tbody>{documents.Select(static d => Html.Of($"<tr><th scope=\"row\" title=\"{(d.Sha256 is null ? "" : "SHA-256 " + d.Sha256)}\">{d.Version.ToString()}</th><td>{Words.At(d.SeenAt)}</td><td>{Html.If(d.Author is not null, () => Html.Of($"{d.Author}"))}{Html.If(d.Author is null, static () => Html.Of($"<span class=\"quiet\">not from here</span>"))}</td><td><span class=\"badge {StateTone(d.State)}\">{d.State ?? "no word yet"}</span>{Html.If(d.Reason is not null, () => Html.Of($"<br><span class=\"quiet\">{d.Reason}</span>"))}</td><td>{(d.StateAt is { } at ? Words.At(at) : Html.Empty)}</td></tr>"))}</tbody>
            </table></div>
            """);

    private static string StateTone(string? state) => state switch { "confirmed" => "good", "refused" or "reverted" => "bad", null => "", _ => "busy" };

    private static Html Text(string? text) => text is null ? Html.Empty : Html.Of($"{text}");

    private static Html Fact(string name, Html? value) => value is null || value.ToString().Length == 0 ? Html.Empty : Html.Of($"<div><dt>{name}</dt><dd>{value}</dd></div>");
}
