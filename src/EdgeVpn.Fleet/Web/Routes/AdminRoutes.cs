using System.Text;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Pages;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Fleet.Web.Routes;

/// <summary>People and boxes in and out; the audit log.</summary>
internal sealed class AdminRoutes(ConsoleParts parts)
{
    public IEnumerable<Route> All =>
    [
        new("GET", "/accounts", Role.Admin, visit => AccountsAsync(visit, null)),
        new("POST", "/accounts/add", Role.Admin, AddAsync),
        new("POST", "/accounts/role", Role.Admin, SetRoleAsync),
        new("POST", "/accounts/remove", Role.Admin, RemoveAsync),
        new("GET", "/audit", Role.Admin, visit => visit.PageAsync(AdminPages.Audit(visit, parts.Feed, parts.Audit))),
        new("GET", "/enrol", Role.Admin, visit => EnrolAsync(visit, null, null)),
        new("POST", "/enrol/card", Role.Admin, CardAsync),
        new("GET", "/enrol/qr/{device}", Role.Admin, QrAsync),
        new("POST", "/enrol/admit", Role.Admin, AdmitAsync),
    ];

    private Task AccountsAsync(Visit visit, string? problem) =>
        visit.PageAsync(AdminPages.Accounts(visit, parts.Feed, parts.Accounts, problem), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);

    private async Task AddAsync(Visit visit)
    {
        var (name, password) = (visit.Field("account"), visit.Raw("password"));
        var problem = RoleOf(visit) is null ? "There is no such role." : NewAccount.Problem(name, password, visit.Raw("again"));
        if (problem is null && !parts.Accounts.Add(name, RoleOf(visit)!.Value, await PasswordHash.OfAsync(password, visit.Cancel).ConfigureAwait(false))) problem = $"There is an account {name} already.";
        await DoneAsync(visit, problem, "account-add", name, visit.Field("role")).ConfigureAwait(false);
    }

    private Task SetRoleAsync(Visit visit)
    {
        var name = visit.Field("account");
        var problem = RoleOf(visit) is not { } role ? "There is no such role."
            : parts.Accounts.SetRole(name, role) ? null : "That is the last admin, or nobody: somebody must be able to let others in.";
        return DoneAsync(visit, problem, "account-role", name, visit.Field("role"));
    }

    private Task RemoveAsync(Visit visit)
    {
        var name = visit.Field("account");
        return DoneAsync(visit, parts.Accounts.Remove(name) ? null : "That is the last admin, or nobody: somebody must be able to let others in.", "account-remove", name, "");
    }

    private Task DoneAsync(Visit visit, string? problem, string action, string subject, string detail)
    {
        if (problem is not null) return AccountsAsync(visit, problem);
        parts.Audit.Add(visit.Session.Account, visit.From, action, subject, detail);
        return visit.GoAsync("/accounts");
    }

    private Task EnrolAsync(Visit visit, ClaimCard? card, string? problem) => visit.PageAsync(
        AdminPages.Enrol(visit, parts.Feed, parts.Enrolment, card, problem, parts.Time.GetUtcNow()), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);

    private Task CardAsync(Visit visit)
    {
        var device = visit.Field("device");
        if (!TwinName.IsValid(device)) return EnrolAsync(visit, null, $"A box's name has letters, digits and - _ . , at most {TwinLimits.MaxNameLength}.");
        var card = parts.Enrolment.Card(device);
        parts.Audit.Add(visit.Session.Account, visit.From, "claim-card", device, $"until {card.NotAfter:u}");
        return EnrolAsync(visit, card, null);
    }

    /// <summary>The card that waits, for a camera; makes none.</summary>
    private Task QrAsync(Visit visit)
    {
        var device = visit["device"];
        return TwinName.IsValid(device) && parts.Feed.Fleet.Claim(device) is not null
            ? visit.SendAsync("image/svg+xml", Encoding.UTF8.GetBytes(new QrPicture(parts.Enrolment.Card(device).ToText()).ToSvg(device)))
            : visit.SendAsync("text/plain", "no card waits for that name"u8.ToArray(), StatusCodes.Status404NotFound);
    }

    private async Task AdmitAsync(Visit visit)
    {
        try
        {
            if (await parts.Enrolment.AdmitAsync(visit.Field("topic"), visit.Cancel).ConfigureAwait(false) is not { } applicant)
            {
                await EnrolAsync(visit, null, "Nobody with that key asks any more.").ConfigureAwait(false);
                return;
            }

            parts.Audit.Add(visit.Session.Account, visit.From, "admit", applicant.Device, applicant.Identity.Fingerprint);
            parts.Feed.LookAtFolder();
            await visit.GoAsync("/enrol").ConfigureAwait(false);
        }
        catch (BrokerException e)
        {
            await EnrolAsync(visit, null, e.Message).ConfigureAwait(false);
        }
    }

    private static Role? RoleOf(Visit visit) => visit.Field("role") switch { "viewer" => Role.Viewer, "operator" => Role.Operator, "admin" => Role.Admin, _ => null };
}
