using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Pages;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Fleet.Web.Routes;

/// <summary>Rollouts: looked at by everybody, moved by operators.</summary>
internal sealed class RolloutRoutes(ConsoleParts parts)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    public IEnumerable<Route> All =>
    [
        new("GET", "/rollouts", Role.Viewer, visit => PageAsync(visit, null)),
        new("GET", "/rollouts/new", Role.Operator, PlanAsync),
        new("POST", "/rollouts/start", Role.Operator, StartAsync),
        new("POST", "/rollouts/pause", Role.Operator, visit => DoneAsync(visit, "rollout-pause", "", parts.Rollouts.Pause())),
        new("POST", "/rollouts/resume", Role.Operator, async visit => await DoneAsync(visit, "rollout-resume", "", await parts.Rollouts.ResumeAsync(visit.Session.Account, visit.Cancel).ConfigureAwait(false)).ConfigureAwait(false)),
        new("POST", "/rollouts/rollback", Role.Operator, async visit => await DoneAsync(visit, "rollout-rollback", "", await parts.Rollouts.RollBackAsync(Patience, visit.Session.Account, visit.Cancel).ConfigureAwait(false)).ConfigureAwait(false)),
    ];

    private Task PageAsync(Visit visit, string? problem) => visit.PageAsync(
        RolloutPage.Of(visit, parts.Feed, parts.Rollouts, problem, parts.Time.GetUtcNow()), problem is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);

    private async Task PlanAsync(Visit visit)
    {
        try
        {
            await visit.PageAsync(RolloutPage.New(visit, parts.Feed, await parts.Rollouts.PlanAsync(visit.Cancel).ConfigureAwait(false))).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BrokerException or FleetFolderException)
        {
            await PageAsync(visit, e.Message).ConfigureAwait(false);
        }
    }

    private async Task StartAsync(Visit visit)
    {
        var stages = visit.Field("stages").Split(',').Select(static s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) ? percent : 0).ToArray();
        var (abort, soak, patience) = (Number(visit, "abort"), Number(visit, "soak"), Number(visit, "patience"));
        var devices = visit.Fields("device").Where(static d => TwinName.IsValid(d)).ToImmutableArray();
        if (visit.Field("all") == "1") devices = [];
        if (abort is null || soak is null || patience is null || (devices.IsEmpty && visit.Field("all") != "1"))
        {
            await PageAsync(visit, "At least one box, and numbers where numbers belong. Nothing was sent.").ConfigureAwait(false);
            return;
        }

        var terms = new RolloutTerms(
            stages, abort.Value, TimeSpan.FromMinutes(soak.Value), TimeSpan.FromMinutes(patience.Value), (int)(Number(visit, "parallel") ?? 0), visit.Field("anyTime") == "1");
        await DoneAsync(
            visit, "rollout-start", devices.Length == 1 ? devices[0] : "", $"{(devices.IsEmpty ? "all that need it" : $"{devices.Length} boxes")}, stages {visit.Field("stages")}, stop above {abort} %",
            await parts.Rollouts.StartAsync(terms, devices, visit.Session.Account, visit.Cancel).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private Task DoneAsync(Visit visit, string action, string subject, string? problem) => DoneAsync(visit, action, subject, "", problem);

    private Task DoneAsync(Visit visit, string action, string subject, string detail, string? problem)
    {
        parts.Audit.Add(visit.Session.Account, visit.From, problem is null ? action : action + "-refused", subject, problem ?? detail);
        return problem is null ? visit.GoAsync("/rollouts") : PageAsync(visit, problem);
    }

    private static double? Number(Visit visit, string name) =>
        double.TryParse(visit.Field(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 100_000 ? number : null;
}
