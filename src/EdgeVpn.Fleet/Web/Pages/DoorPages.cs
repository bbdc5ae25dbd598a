using EdgeVpn.Fleet.Web.Http;
using EdgeVpn.Fleet.Web.Sign;

namespace EdgeVpn.Fleet.Web.Pages;

/// <summary>The pages before one is signed in.</summary>
internal static class DoorPages
{
    public static Html SignIn(string next, string? problem, bool hasAccounts, string? issuer) => Layout.Plain("Sign in", Html.Of(
        $"""
        {Html.If(problem is not null, () => Html.Of($"<p class=\"note bad\" role=\"alert\">{problem}</p>"))}
        {Html.If(!hasAccounts, static () => Html.Of($"<p class=\"note\">There is no account yet. <code>edgefleet serve</code> printed a link for the first one; <code>edgefleet serve user add</code> makes it on the terminal.</p>"))}
        <form method="post" action="/sign-in" class="stack">
          <input type="hidden" name="next" value="{next}">
          <label for="account">Account</label>
          <input id="account" name="account" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64">
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="{PasswordHash.MaxLength}">
          <button>Sign in</button>
        </form>
        {Html.If(issuer is not null, () => Html.Of($"<p class=\"or\">or</p><p><a class=\"button\" href=\"/oidc/start\">Sign in with {issuer}</a></p>"))}
        """));

    public static Html First(string token, string? problem) => Layout.Plain("The first account", Html.Of(
        $"""
        {Html.If(problem is not null, () => Html.Of($"<p class=\"note bad\" role=\"alert\">{problem}</p>"))}
        <p>It may do everything here, and let others in. The link that led you here works once.</p>
        <form method="post" action="/first" class="stack">
          <input type="hidden" name="link" value="{token}">
          <label for="account">Account</label>
          <input id="account" name="account" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64">
          {NewPassword()}
          <button>Make the account</button>
        </form>
        """));

    /// <summary>A new password, typed twice.</summary>
    public static Html NewPassword() => Html.Of(
        $"""
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="new-password" required minlength="{PasswordHash.MinLength}" maxlength="{PasswordHash.MaxLength}" aria-describedby="password-help">
        <p id="password-help" class="quiet">At least {PasswordHash.MinLength} characters; a few words in a row are easy to keep.</p>
        <label for="again">The same again</label>
        <input id="again" name="again" type="password" autocomplete="new-password" required maxlength="{PasswordHash.MaxLength}">
        """);
}
