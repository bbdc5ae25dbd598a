using EdgeVpn.Fleet.Web.Desk;
using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>Accounts, the audit log, enrolment, and one's own account.</summary>
internal static class AdminPages
{
    public static Html Accounts(Visit visit, FleetFeed feed, AccountStore accounts, string? problem) => Layout.Page(visit, feed, "Accounts", Html.Of(
        $"""
        <h1>Accounts</h1>
        {Problem(problem)}
        <section class="card" aria-label="Accounts">
          <div class="wide" tabindex="0" role="group" aria-label="Accounts"><table>
            <thead><tr><th scope="col">Account</th><th scope="col">Role</th><th scope="col">Signed in</th><th scope="col"><span class="unseen">Changes</span></th></tr></thead>
            <tbody>{accounts.All().Select(a => Account(visit, a))}</tbody>
          </table></div>
        </section>
        <section class="card" aria-labelledby="add-title">
          <h2 id="add-title">Let somebody in</h2>
          {Layout.Form(visit, "/accounts/add", Html.Of(
              $"""
              <div class="stack">
                <label for="account">Account</label>
                <input id="account" name="account" autocomplete="off" autocapitalize="none" spellcheck="false" required maxlength="{AccountStore.MaxNameLength}">
                <label for="role">Role</label>
                <select id="role" name="role">{Roles(Role.Viewer)}</select>
                {DoorPages.NewPassword()}
                <button>Add the account</button>
              </div>
              """))}
        </section>
        <p class="quiet">A viewer looks. An operator has boxes do things and rolls out what lies in the fleet's folder. An admin also lets boxes and people in and out, and reads the audit log.</p>
        """));

    public static Html Own(Visit visit, FleetFeed feed, Account account, string? problem, bool isChanged) => Layout.Page(visit, feed, "Your account", Html.Of(
        $"""
        <h1>{account.Name} <span class="badge">{Words.Of(account.Role)}</span></h1>
        {Problem(problem)}
        {Html.If(isChanged, static () => Html.Of($"<p class=\"note good\" role=\"status\">The password is changed; other browsers are signed out.</p>"))}
        <section class="card" aria-labelledby="change-title">
          <h2 id="change-title">Another password</h2>
          {(account.Password is null ? Html.Of($"<p class=\"quiet\">This account signs in elsewhere and has no password here.</p>") : Layout.Form(visit, "/account/password", Html.Of(
              $"""
              <div class="stack">
                <label for="now">Password now</label>
                <input id="now" name="now" type="password" autocomplete="current-password" required maxlength="{PasswordHash.MaxLength}">
                {DoorPages.NewPassword()}
                <button>Change it</button>
              </div>
              """)))}
        </section>
        """));

    public static Html Audit(Visit visit, FleetFeed feed, AuditLog audit)
    {
        const int Most = 100;
        var before = long.TryParse(visit.Query("before"), out var number) && number > 0 ? number : 0;
        var search = visit.Query("find");
        var entries = audit.Read(before, Most, search);
        var broken = audit.FirstBroken();
        return Layout.Page(visit, feed, "Audit log", Html.Of(
            $"""
            <h1>Audit log</h1>
            {(broken is { } at ? Html.Of($"<p class=\"note bad\" role=\"alert\">The log is not as it was written: entry {at} was changed, or is missing.</p>") : Html.Of($"<p class=\"quiet\">Every entry holds the hash of the one before it, and all of them agree. The newest is <code>{(entries.Count > 0 && before == 0 && search.Length == 0 ? entries[0].Hash : "on the first page")}</code>.</p>"))}
            <form class="inline" action="/audit" method="get"><label for="find">Find</label><input id="find" name="find" value="{search}" maxlength="64"><button>Find</button></form>
            <section class="card"><div class="wide" tabindex="0" role="group" aria-label="Entries"><table>
              <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">From</th><th scope="col">What</th><th scope="col">To</th><th scope="col">Detail</th></tr></thead>
              <tbody>{entries.Select(static e => Html.Of($"<tr><td title=\"{e.Hash}\">{Words.At(e.At)}</td><td>{e.Who}</td><td>{e.From}</td><td>{e.Action}</td><td>{e.Subject}</td><td>{e.Detail}</td></tr>"))}</tbody>
            </table></div></section>
            {Html.If(entries.Count == Most, () => Html.Of($"<nav class=\"pages\" aria-label=\"Pages\"><a href=\"/audit?before={entries[^1].Id}&find={Uri.EscapeDataString(search)}\">Older</a></nav>"))}
            """));
    }

    public static Html Enrol(Visit visit, FleetFeed feed, EnrolDesk desk, ClaimCard? card, string? problem, DateTimeOffset now) => Layout.Page(visit, feed, "Enrol", Html.Of(
        $"""
        <h1>Let a box in</h1>
        {Problem(problem)}
        {Html.If(card is not null, () => Html.Of(
            $"""
            <section class="card" aria-labelledby="card-title"><h2 id="card-title">Claim card of {card!.Identity.Device}</h2>
            <p>Give it to whoever holds the box, and to nobody else: it lets one box in, until {Words.At(card.NotAfter)}.</p>
            <div class="claim-row"><img src="/enrol/qr/{card.Identity.Device}" width="220" height="220" alt="The card as a QR code"><pre class="claim" tabindex="0">{card.ToText()}</pre></div>
            <p class="quiet">On the box: <code>edgevpn enrol claim.txt</code>, or a file of that text on its set-up page.</p></section>
            """))}
        <section class="card" id="asking" data-live aria-labelledby="asking-title">
          <h2 id="asking-title">Boxes that ask</h2>
          {Html.If(desk.Asking.Count == 0, static () => Html.Of($"<p class=\"quiet\">None asks now. Those who know no claim card's token are not shown.</p>"))}
          <ul class="connections">{desk.Asking.Select(a => Html.Of(
              $"""
              <li><p class="head"><b>{a.Applicant.Device}</b> <span class="quiet">{Words.Ago(a.At, now)}</span></p>
              <p>Its key: <code class="print">{a.Applicant.Identity.Fingerprint}</code></p>
              {(a.IsAdmitted ? Html.Of($"<p class=\"quiet\">Let in; it takes its certificate now.</p>") : Layout.Form(visit, "/enrol/admit", Html.Of($"<input type=\"hidden\" name=\"topic\" value=\"{a.Applicant.Topic}\"><button>The box shows the same: let {a.Applicant.Device} in</button>")))}
              </li>
              """))}</ul>
        </section>
        <section class="card" aria-labelledby="new-title"><h2 id="new-title">A claim card</h2>
        {Layout.Form(visit, "/enrol/card", Html.Of($"<div class=\"stack\"><label for=\"device\">The box's name in the fleet</label><input id=\"device\" name=\"device\" autocomplete=\"off\" autocapitalize=\"none\" spellcheck=\"false\" required maxlength=\"{TwinLimits.MaxNameLength}\"><button>Print the card</button></div>"))}
        </section>
        """), "enrol");

    private static Html Account(Visit visit, Account account) => Html.Of(
        $"""
        <tr><th scope="row">{account.Name}{Html.If(account.Password is null, static () => Html.Of($" <span class=\"quiet\">OIDC</span>"))}</th>
        <td>{Layout.Form(visit, "/accounts/role", Html.Of($"<input type=\"hidden\" name=\"account\" value=\"{account.Name}\"><div class=\"inline\"><label class=\"unseen\" for=\"role-{account.Name}\">Role of {account.Name}</label><select id=\"role-{account.Name}\" name=\"role\">{Roles(account.Role)}</select><button class=\"quiet-button\">Set</button></div>"))}</td>
        <td>{(account.SignedInAt is { } at ? Words.At(at) : Html.Of($"<span class=\"quiet\">never</span>"))}</td>
        <td>{Layout.Sure(visit, "/accounts/remove", "Remove…", Html.Of($"<input type=\"hidden\" name=\"account\" value=\"{account.Name}\"><p>{account.Name} is signed out and cannot sign in any more.</p><button class=\"danger\">Remove {account.Name}</button>"))}</td></tr>
        """);

    private static Html Roles(Role chosen) => Html.Join(Enum.GetValues<Role>().Select(r => Html.Of($"<option{Html.If(r == chosen, static () => Html.Of($" selected"))}>{Words.Of(r)}</option>")));

    private static Html Problem(string? problem) => Html.If(problem is not null, () => Html.Of($"<p class=\"note bad\" role=\"alert\">{problem}</p>"));
}
