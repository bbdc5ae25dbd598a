using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Pages;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Fleet.Web.Store;
using Microsoft.AspNetCore.Http;

namespace EdgeVpn.Fleet.Web.Routes;

/// <summary>In and out: sign-in, the first account, sign-out, one's own password.</summary>
internal sealed class DoorRoutes(ConsoleParts parts, Func<ConsoleSite> site)
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromDays(90);

    public IEnumerable<Route> All =>
    [
        new("GET", "/sign-in", null, visit => SignInPageAsync(visit, null)),
        new("POST", "/sign-in", null, SignInAsync),
        new("GET", "/first", null, visit => FirstPageAsync(visit, visit.Query("link"), null)),
        new("POST", "/first", null, FirstAsync),
        new("GET", "/oidc/start", null, OidcStartAsync),
        new("GET", "/oidc/callback", null, OidcCallbackAsync),
        new("POST", "/sign-out", Role.Viewer, SignOutAsync),
        new("GET", "/account", Role.Viewer, visit => OwnAsync(visit, null)),
        new("POST", "/account/password", Role.Viewer, ChangeAsync),
    ];

    private Task SignInPageAsync(Visit visit, string? problem, int status = StatusCodes.Status200OK) =>
        visit.IsSignedIn && problem is null ? visit.GoAsync("/") : visit.PageAsync(
            DoorPages.SignIn(problem is null ? visit.Query("next") : visit.Field("next"), problem, parts.Accounts.All().Count > 0, parts.Oidc?.Name), status);

    private async Task SignInAsync(Visit visit)
    {
        var name = visit.Field("account").ToLowerInvariant();
        if (!AccountStore.IsName(name)) name = "";
        var browser = parts.Browsers.NameOf(visit.Context.Request.Cookies[site().BrowserCookie], name);
        if (parts.Guard.Try(name, visit.Address, browser) is { } later)
        {
            visit.RetryAfter(later);
            parts.Refused.Count(visit.From, name, "too many tries");
            await SignInPageAsync(visit, $"Too many tries from here: wait {Words.Span(later + TimeSpan.FromSeconds(1))}.", StatusCodes.Status429TooManyRequests).ConfigureAwait(false);
            return;
        }

        var account = parts.Accounts.Find(name);
        if (!await PasswordHash.MatchesAsync(account?.Password, visit.Raw("password"), visit.Cancel).ConfigureAwait(false))
        {
            parts.Refused.Count(visit.From, name, "wrong account or password");
            await SignInPageAsync(visit, "The account or the password is wrong.", StatusCodes.Status403Forbidden).ConfigureAwait(false);
            return;
        }

        parts.Guard.Right(name, visit.Address, browser);
        Open(visit, account!, "password");
        await visit.GoAsync(Inside(visit.Field("next"))).ConfigureAwait(false);
    }

    /// <summary>Signs somebody in who proved to be that account.</summary>
    internal void Open(Visit visit, Account account, string how)
    {
        parts.Audit.Add(account.Name, visit.From, "sign-in", account.Name, how);
        parts.Accounts.SignedIn(account.Name);
        var cookies = visit.Context.Response.Cookies;
        parts.Sessions.Close(visit.Context.Request.Cookies[site().Cookie]);
        cookies.Append(site().Cookie, parts.Sessions.Open(account), site().CookieOptions());
        cookies.Append(site().BrowserCookie, parts.Browsers.Make(account.Name), site().CookieOptions(KnownFor));
    }

    private Task FirstPageAsync(Visit visit, string link, string? problem) => parts.First.Matches(link)
        ? visit.PageAsync(DoorPages.First(link, problem), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest)
        : visit.PageAsync(Layout.Plain("That link is over", Html.Of($"<p>It worked once, or there is an account already. <code>edgefleet serve user add</code> makes another on the terminal.</p><p><a href=\"/sign-in\">Sign in</a></p>")), StatusCodes.Status403Forbidden);

    private async Task FirstAsync(Visit visit)
    {
        var (name, password, link) = (visit.Field("account"), visit.Raw("password"), visit.Raw("link"));
        var problem = NewAccount.Problem(name, password, visit.Raw("again"));
        if (!parts.First.Matches(link) || problem is not null)
        {
            await FirstPageAsync(visit, link, problem).ConfigureAwait(false);
            return;
        }

        var hash = await PasswordHash.OfAsync(password, visit.Cancel).ConfigureAwait(false);
        if (!parts.First.Use(link) || !parts.Accounts.AddFirst(name, hash))
        {
            await FirstPageAsync(visit, "", null).ConfigureAwait(false);
            return;
        }

        parts.Audit.Add(name, visit.From, "account-add", name, "the first account, by the link on the terminal");
        Open(visit, parts.Accounts.Find(name)!, "the first account");
        await visit.GoAsync("/").ConfigureAwait(false);
    }

    private async Task OidcStartAsync(Visit visit)
    {
        if (parts.Oidc is not { } oidc)
        {
            await SignInPageAsync(visit, "Nobody signs in elsewhere for this console.", StatusCodes.Status404NotFound).ConfigureAwait(false);
            return;
        }

        try
        {
            var (go, browser) = await oidc.BeginAsync(new Uri(site().Url + "/oidc/callback"), visit.Cancel).ConfigureAwait(false);
            visit.Context.Response.Cookies.Append(OidcCookie, browser, OidcCookieOptions());
            await visit.GoAsync(go.AbsoluteUri).ConfigureAwait(false);
        }
        catch (OidcException e)
        {
            await SignInPageAsync(visit, e.Message, StatusCodes.Status502BadGateway).ConfigureAwait(false);
        }
    }

    private async Task OidcCallbackAsync(Visit visit)
    {
        var browser = visit.Context.Request.Cookies[OidcCookie];
        visit.Context.Response.Cookies.Delete(OidcCookie, OidcCookieOptions());
        try
        {
            if (parts.Oidc is not { } oidc) throw new OidcException("Nobody signs in elsewhere for this console.");
            if (visit.Query("error") is { Length: > 0 }) throw new OidcException("The issuer did not sign you in.");
            var name = await oidc.EndAsync(visit.Query("state"), visit.Query("code"), browser, visit.Cancel).ConfigureAwait(false);
            // The issuer says who; an account here, made for signing in elsewhere, says that they may, and what.
            if (parts.Accounts.Find(name) is not { Password: null } account) throw new OidcException($"{name} has no account here that signs in elsewhere; an admin makes it.");
            Open(visit, account, $"by {oidc.Name}");
            // Not a redirect: that would still be the issuer's navigation, and a Strict cookie would not come along.
            await visit.PageAsync(Layout.Plain("Signed in", Html.Of($"<meta http-equiv=\"refresh\" content=\"0; url=/\"><p><a href=\"/\">To the fleet</a></p>"))).ConfigureAwait(false);
        }
        catch (OidcException e)
        {
            parts.Refused.Count(visit.From, "", e.Message);
            await visit.PageAsync(Layout.Plain("Not signed in", Html.Of($"<p class=\"note bad\">{e.Message}</p><p><a href=\"/sign-in\">Sign in</a></p>")), StatusCodes.Status403Forbidden).ConfigureAwait(false);
        }
    }

    private string OidcCookie => site().Cookie + "-oidc";

    /// <summary>Lax: the way back from the issuer is a navigation from another site.</summary>
    private CookieOptions OidcCookieOptions()
    {
        var options = site().CookieOptions(TimeSpan.FromMinutes(10));
        options.SameSite = SameSiteMode.Lax;
        return options;
    }

    private Task SignOutAsync(Visit visit)
    {
        parts.Sessions.Close(visit.Context.Request.Cookies[site().Cookie]);
        parts.Audit.Add(visit.Session.Account, visit.From, "sign-out", visit.Session.Account);
        visit.Context.Response.Cookies.Delete(site().Cookie, site().CookieOptions());
        return visit.GoAsync("/sign-in");
    }

    private Task OwnAsync(Visit visit, string? problem) => visit.PageAsync(
        AdminPages.Own(visit, parts.Feed, parts.Accounts.Find(visit.Session.Account)!, problem, visit.Query("changed") == "1"), problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);

    private async Task ChangeAsync(Visit visit)
    {
        var account = parts.Accounts.Find(visit.Session.Account)!;
        if (parts.Guard.Try(account.Name, visit.Address, "session") is { } later)
        {
            await OwnAsync(visit, $"Too many tries: wait {Words.Span(later + TimeSpan.FromSeconds(1))}.").ConfigureAwait(false);
            return;
        }

        if (!await PasswordHash.MatchesAsync(account.Password, visit.Raw("now"), visit.Cancel).ConfigureAwait(false))
        {
            await OwnAsync(visit, "That is not the password now.").ConfigureAwait(false);
            return;
        }

        parts.Guard.Right(account.Name, visit.Address, "session");
        if (NewAccount.Problem(account.Name, visit.Raw("password"), visit.Raw("again")) is { } problem)
        {
            await OwnAsync(visit, problem).ConfigureAwait(false);
            return;
        }

        parts.Accounts.SetPassword(account.Name, await PasswordHash.OfAsync(visit.Raw("password"), visit.Cancel).ConfigureAwait(false));
        parts.Audit.Add(account.Name, visit.From, "password", account.Name, "changed by its owner");
        Open(visit, parts.Accounts.Find(account.Name)!, "after another password");
        await visit.GoAsync("/account?changed=1").ConfigureAwait(false);
    }

    /// <summary>A path on this site, and nothing else: the field came through a browser.</summary>
    private static string Inside(string next) => next.Length > 1 && next[0] == '/' && next[1] is not ('/' or '\\') && next.All(static c => c is > ' ' and < '\x7f' and not '\\') ? next : "/";
}

/// <summary>What a new account must be.</summary>
internal static class NewAccount
{
    /// <returns>Null if it may be made.</returns>
    public static string? Problem(string name, string password, string again) =>
        !AccountStore.IsName(name) ? $"An account's name has lower-case letters, digits and . _ - @ +, at most {AccountStore.MaxNameLength}."
        : password != again ? "The two passwords differ."
        : PasswordHash.Problem(password, name);
}
