using System.Globalization;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Web.Desk;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>How far the rollout came, and the page that begins another.</summary>
internal static class RolloutPage
{
    private const int MostListed = 200;

    public static Html Of(Visit visit, FleetFeed feed, RolloutDesk desk, string? problem, DateTimeOffset now) => Layout.Page(visit, feed, "Rollouts", Html.Of(
        $"""
        <h1>Rollouts</h1>
        {Html.If(problem is not null, () => Html.Of($"<p class=\"note bad\" role=\"alert\">{problem}</p>"))}
        <div id="rollout" data-live>{(desk.State is { } state ? State(visit, desk, state, now) : Html.Of($"<p class=\"card hint\">There was none yet.</p>"))}</div>
        {Html.If(visit.Session.Role >= Role.Operator, static () => Html.Of($"<p><a class=\"button\" href=\"/rollouts/new\">Plan a rollout</a></p>"))}
        """), "rollout broker");

    public static Html New(Visit visit, FleetFeed feed, IReadOnlyList<BoxPlan> plans)
    {
        var (sending, impossible) = (plans.Where(static p => p.NeedsSending).ToList(), plans.Where(static p => p is BoxPlan.Impossible).ToList());
        return Layout.Page(visit, feed, "Plan a rollout", Html.Of(
            $"""
            <p class="crumbs"><a href="/rollouts">Rollouts</a></p>
            <h1>What would be sent <small>{Words.Count(sending.Count, "box", "boxes")} of {plans.Count}</small></h1>
            {Html.If(impossible.Count > 0, () => Html.Of($"<div class=\"note bad\"><p>{Words.Count(impossible.Count, "configuration", "configurations")} cannot be sent; nothing is, until that is mended or the box is left out.</p><ul>{impossible.Take(MostListed).Cast<BoxPlan.Impossible>().Select(static p => Html.Of($"<li><b>{p.Device}</b> {p.Problems[0].Path} {p.Problems[0].Message}</li>"))}</ul></div>"))}
            {Html.If(sending.Count == 0, static () => Html.Of($"<p class=\"card hint\">Every box has what the fleet's folder wants of it.</p>"))}
            {Html.If(sending.Count > 0, () => Layout.Form(visit, "/rollouts/start", Html.Of(
                $"""
                <section class="card" aria-labelledby="boxes-title"><h2 id="boxes-title">Boxes</h2>
                <ul class="connections plan">{sending.Take(MostListed).Select(Plan)}</ul>
                {Html.If(sending.Count > MostListed, () => Html.Of($"<p class=\"quiet\">and {sending.Count - MostListed} more, which are sent too.</p><input type=\"hidden\" name=\"all\" value=\"1\">"))}
                </section>
                <section class="card" aria-labelledby="terms-title"><h2 id="terms-title">How</h2>
                <div class="terms">
                  <div><label for="stages">Stages, in percent</label><input id="stages" name="stages" value="1,10,50,100" required pattern="[0-9]+(,[0-9]+)*" aria-describedby="stages-help"><p id="stages-help" class="quiet">Growing; the last is 100.</p></div>
                  <div><label for="abort">Stop above, percent failed</label><input id="abort" name="abort" type="number" min="0" max="100" step="any" value="5" required></div>
                  <div><label for="soak">Healthy for, minutes</label><input id="soak" name="soak" type="number" min="0" max="1440" step="any" value="1" required></div>
                  <div><label for="patience">Patience, minutes</label><input id="patience" name="patience" type="number" min="0.05" max="1440" step="any" value="6" required></div>
                  <div><label for="parallel">At a time</label><input id="parallel" name="parallel" type="number" min="1" max="5000" value="200" required></div>
                </div>
                <p><label class="choice"><input type="checkbox" name="anyTime" value="1"> Although maintenance windows are closed</label></p>
                <button>Send to {Words.Count(sending.Count, "box", "boxes")}</button>
                <p class="quiet">Each box tries its configuration and goes back by itself if it does not reach its tunnels and the broker.</p>
                </section>
                """)))}
            """));
    }

    private static Html Plan(BoxPlan plan) => Html.Of(
        $"""
        <li><label class="choice"><input type="checkbox" name="device" value="{plan.Device}" checked> <b>{plan.Device}</b></label>
        {(plan switch
        {
            BoxPlan.First => Html.Of($"<span class=\"badge good\">its first</span>"),
            BoxPlan.Again again => Html.Of($"<span class=\"badge warn\">the same again</span> <span class=\"quiet\">{again.Why}</span>"),
            BoxPlan.Changed changed => Html.Join(
            [
                .. changed.Diff.Connections.Where(static c => c.Kind != ChangeKind.Unchanged).Select(static c => Html.Of($"<p><b>{c.Name}</b> {ReportText.Word(c.Kind)}{(c.Fields.IsEmpty ? "" : ": " + string.Join(", ", c.Fields))} <span class=\"quiet\">{(c.Kind != ChangeKind.Changed ? "" : c.NeedsNewSas ? "its tunnel is negotiated anew" : "its tunnel stays")}</span></p>")),
                Html.If(!changed.Diff.Box.IsEmpty, () => Html.Of($"<p>box: {string.Join(", ", changed.Diff.Box)}</p>")),
            ]),
            _ => Html.Empty,
        })}
        {FleetPlan.FindingsOf(plan.Wanted!).Select(static f => Html.Of($"<p class=\"quiet\">{ReportText.Word(f.Severity)}: {f.Path}: {f.Message}</p>"))}
        </li>
        """);

    private static Html State(Visit visit, RolloutDesk desk, RolloutState state, DateTimeOffset now)
    {
        var total = Math.Max(1, state.Boxes.Count);
        int Count(BoxStep step) => state.Boxes.Count(b => b.Step == step);
        (BoxStep Step, string Word, string Style)[] steps =
        [
            (BoxStep.Done, "done", "done"), (BoxStep.Soaking, "confirmed, watched", "soaking"), (BoxStep.Published, "sent", "sent"), (BoxStep.Failed, "failed", "failed"),
            (BoxStep.Left, "left for when they come", "left"), (BoxStep.Waiting, "waiting", "waiting"),
        ];
        var (word, tone) = state.Status switch
        {
            RolloutStatus.Complete => ("complete", Count(BoxStep.Failed) == 0 ? "good" : "warn"),
            RolloutStatus.Aborted => ("stopped: too many failed", "bad"),
            RolloutStatus.RolledBack => ("rolled back", "warn"),
            _ when desk.IsPaused => ("paused", "warn"),
            _ when !desk.IsAlive => ("interrupted", "warn"),
            _ => ("running", "busy"),
        };
        var isOpen = state.Status is RolloutStatus.Running or RolloutStatus.Paused;
        double done = Count(BoxStep.Done) + Count(BoxStep.Failed) + Count(BoxStep.Left), x = 0;
        return Html.Of(
            $"""
            <section class="card" aria-labelledby="now-title">
              <h2 id="now-title"><span class="badge {tone}">{word}</span> <small>begun {Words.Ago(state.StartedAt, now)}; stage {state.Stage + 1} of {state.Terms.Stages.Count}, {state.Terms.Stages[Math.Clamp(state.Stage, 0, state.Terms.Stages.Count - 1)]} % of {Words.Count(state.Boxes.Count, "box", "boxes")}</small></h2>
              {Html.If(desk.Problem is not null, () => Html.Of($"<p class=\"note bad\">{desk.Problem}</p>"))}
              <svg class="bar-of" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label="{(int)(100 * done / total)} % are through: {string.Join(", ", steps.Where(s => Count(s.Step) > 0).Select(s => $"{Count(s.Step)} {s.Word}"))}">
                {steps.Select(s =>
                {
                    var (at, width) = (x, 100.0 * Count(s.Step) / total);
                    x += width;
                    return Html.If(width > 0, () => Html.Of($"<rect class=\"{s.Style}\" x=\"{at:0.##}\" y=\"0\" width=\"{width:0.##}\" height=\"4\"/>"));
                })}
              </svg>
              <ul class="chips small keys">{steps.Where(s => Count(s.Step) > 0).Select(s => Html.Of($"<li class=\"key {s.Style}\"><b>{Count(s.Step)}</b> {s.Word}</li>"))}</ul>
              {Html.If(visit.Session.Role >= Role.Operator, () => Html.Of(
                  $"""
                  <div class="orders">
                    {Html.If(isOpen && desk.IsAlive && !desk.IsPaused, () => Layout.Form(visit, "/rollouts/pause", Html.Of($"<button>Pause</button>")))}
                    {Html.If(isOpen && (desk.IsPaused || !desk.IsAlive), () => Layout.Form(visit, "/rollouts/resume", Html.Of($"<button>Go on</button>")))}
                    {Html.If(state.Status != RolloutStatus.RolledBack && (!desk.IsAlive || (desk.IsRunning && desk.IsPaused)) && state.Boxes.Any(static b => b.Sent is not null), () => Layout.Sure(visit, "/rollouts/rollback", "Roll back…", Html.Of($"<p>Every box that was touched gets the configuration it had before, as a new revision. Files in the folder stay as they are.</p><button class=\"danger\">Roll back {Words.Count(state.Boxes.Count(static b => b.Sent is not null), "box", "boxes")}</button>")))}
                  </div>
                  """))}
            </section>
            {Html.If(Count(BoxStep.Failed) > 0, () => Html.Of($"<section class=\"card\" aria-labelledby=\"failed-title\"><h2 id=\"failed-title\">Failed</h2><ul class=\"connections\">{state.Boxes.Where(static b => b.Step == BoxStep.Failed).Take(MostListed).Select(static b => Html.Of($"<li><a href=\"/box/{b.Device}\">{b.Device}</a> <span class=\"why\">{b.Why}</span></li>"))}</ul></section>"))}
            <section class="card" aria-labelledby="all-title"><h2 id="all-title">Boxes</h2>
              <div class="wide" tabindex="0" role="group" aria-labelledby="all-title"><table><thead><tr><th scope="col">Box</th><th scope="col">Stage</th><th scope="col">Step</th><th scope="col">Document</th><th scope="col">Since</th></tr></thead>
              <tbody>{state.Boxes.OrderBy(static b => b.Stage).ThenBy(static b => b.Device, StringComparer.Ordinal).Take(MostListed).Select(b => Html.Of($"<tr><th scope=\"row\"><a href=\"/box/{b.Device}\">{b.Device}</a></th><td>{b.Stage + 1}</td><td>{steps.First(s => s.Step == b.Step).Word}</td><td>{b.Sent?.Version.ToString()}</td><td>{(b.Since is null ? Html.Empty : Words.Ago(b.Since, now))}</td></tr>"))}</tbody></table></div>
              {Html.If(state.Boxes.Count > MostListed, () => Html.Of($"<p class=\"quiet\">and {(state.Boxes.Count - MostListed).ToString(CultureInfo.InvariantCulture)} more; failed ones are listed above.</p>"))}
            </section>
            """);
    }
}
