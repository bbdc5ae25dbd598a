using System.Net;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Web.Sign;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class DoorTests
{
    /// <summary>Every address of the console, asked by everybody.</summary>
    [Fact]
    public async Task Every_route_lets_in_who_has_its_role_and_nobody_else()
    {
        await using var lab = await ConsoleLab.StartAsync();
        await lab.HasBoxAsync("box", """{"health":"healthy"}""");
        var browsers = new Dictionary<Role, Browser>();
        foreach (var role in Enum.GetValues<Role>()) browsers[role] = await lab.SignInAsync(role);
        var stranger = lab.Open();
        var routes = lab.Web.Site.Routes;
        Assert.True(routes.Length > 20, $"only {routes.Length} routes");
        foreach (var route in routes.Where(static r => r is { Role: not null, Path: not ("/live" or "/sign-out") }))
        {
            var path = route.Path.Replace("{device}", "box", StringComparison.Ordinal);
            var name = $"{route.Method} {path}";
            var refused = route.Method == "GET" ? await stranger.GetAsync(path) : await stranger.PostAsync(path);
            Assert.True(refused.StatusCode is HttpStatusCode.SeeOther or HttpStatusCode.Unauthorized, $"{name} without a session: {refused.StatusCode}");
            if (refused.StatusCode == HttpStatusCode.SeeOther) Assert.StartsWith("/sign-in", refused.Headers.Location!.OriginalString, StringComparison.Ordinal);
            foreach (var (role, browser) in browsers)
            {
                // Empty forms: whoever is let in is told what is missing, and changes nothing.
                var answer = route.Method == "GET" ? await browser.GetAsync(path) : await browser.PostAsync(path);
                var said = await answer.Content.ReadAsStringAsync();
                if (role >= route.Role) Assert.DoesNotContain("This takes the role", said, StringComparison.Ordinal);
                else Assert.True(answer.StatusCode == HttpStatusCode.Forbidden && said.Contains("This takes the role", StringComparison.Ordinal), $"{name} as {role}: {answer.StatusCode}");
            }
        }
    }

    [Fact]
    public async Task A_form_of_another_site_does_nothing()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var admin = await lab.SignInAsync(Role.Admin);
        var (token, here) = (await admin.TokenAsync(), admin.Url.GetLeftPart(UriPartial.Authority));
        (string, string)[] fields = [("account", "mallory"), ("role", "admin"), ("password", ConsoleLab.Password), ("again", ConsoleLab.Password)];
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync("/accounts/add", token, "https://evil.example", null, fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync("/accounts/add", token, null, null, fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync("/accounts/add", token, here, "cross-site", fields)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync("/accounts/add", "", here, "same-origin", fields)).StatusCode);
        var other = await lab.SignInAsync(Role.Admin);
        Assert.Equal(HttpStatusCode.Forbidden, (await admin.SendAsync("/accounts/add", await other.TokenAsync(), here, "same-origin", fields)).StatusCode);
        Assert.Null(lab.Web.Parts.Accounts.Find("mallory"));
        Assert.Equal(HttpStatusCode.SeeOther, (await admin.SendAsync("/accounts/add", token, here, "same-origin", fields)).StatusCode);
        Assert.Equal(Role.Admin, lab.Web.Parts.Accounts.Find("mallory")!.Role);
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/")]
    [InlineData("/console.js")]
    [InlineData("/nothing/here")]
    public async Task Every_answer_forbids_frames_foreign_content_and_guessing(string path)
    {
        await using var lab = await ConsoleLab.StartAsync();
        var answer = await lab.Open().GetAsync(path);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Pages_hold_nothing_inline_and_nothing_from_elsewhere()
    {
        await using var lab = await ConsoleLab.StartAsync();
        await lab.HasBoxAsync("box", """{"health":"down","state":"refused","epoch":1,"revision":2,"connections":[{"name":"hub","state":"refused","reason":{"code":33,"name":"wrong-secret"}}]}""");
        var admin = await lab.SignInAsync(Role.Admin);
        foreach (var path in (string[])["/", "/box/box", "/events", "/accounts", "/audit", "/enrol", "/account"])
        {
            var page = await admin.PageAsync(path);
            Assert.DoesNotMatch("<script(?! src=\"/console.js\")|<style| style=| on[a-z]+=|https?://", page);
        }
    }

    [Fact]
    public async Task A_host_that_is_not_ours_is_sent_away()
    {
        await using var lab = await ConsoleLab.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sign-in");
        request.Headers.Host = "rebound.example";
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await lab.Open().Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Cookies_are_for_this_site_only_and_over_TLS_for_TLS_only()
    {
        await using var lab = await ConsoleLab.StartAsync(tls: true);
        var browser = lab.Open();
        var answer = await browser.PostAsync("/sign-in", ("account", "viewer"), ("password", ConsoleLab.Password));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        var cookies = answer.Headers.GetValues("Set-Cookie").ToList();
        Assert.Equal(2, cookies.Count);
        foreach (var cookie in cookies)
        {
            Assert.StartsWith("__Host-edgefleet", cookie, StringComparison.Ordinal);
            foreach (var word in (string[])["secure", "httponly", "samesite=strict", "path=/"]) Assert.Contains(word, cookie, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
        }

        Assert.True(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.Contains("Fleet", await browser.PageAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_guesses_shut_out_the_guesser_and_not_the_account()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var known = await lab.SignInAsync(Role.Operator);
        var guesser = lab.Open();
        for (var i = 0; i < SignInGuard.FreeGuesses; i++)
            Assert.Equal(HttpStatusCode.Forbidden, (await guesser.PostAsync("/sign-in", ("account", "operator"), ("password", $"guess {i}"))).StatusCode);
        var shut = await guesser.PostAsync("/sign-in", ("account", "operator"), ("password", ConsoleLab.Password));
        Assert.Equal(HttpStatusCode.TooManyRequests, shut.StatusCode);
        Assert.NotNull(shut.Headers.RetryAfter);
        // The same address, but a browser in which the operator has signed in before.
        Assert.Equal(HttpStatusCode.SeeOther, (await known.PostAsync("/sign-out")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await known.PostAsync("/sign-in", ("account", "operator"), ("password", ConsoleLab.Password))).StatusCode);
        Assert.Contains(lab.Web.Parts.Audit.Read(0, 100), e => e is { Action: "sign-in-refused", Subject: "operator", From: "127.0.0.1" });
    }

    [Fact]
    public async Task A_page_that_was_asked_for_is_there_after_signing_in_and_never_elsewhere()
    {
        await using var lab = await ConsoleLab.StartAsync();
        Assert.Equal("/sign-in?next=%2Fevents", (await lab.Open().GetAsync("/events")).Headers.Location!.OriginalString);
        foreach (var (next, goes) in ((string, string)[])[("/events", "/events"), ("//evil.example/", "/"), ("/\\evil.example", "/"), ("https://evil.example", "/"), ("/a\r\nSet-Cookie: x=1", "/")])
        {
            var answer = await lab.Open().PostAsync("/sign-in", ("account", "viewer"), ("password", ConsoleLab.Password), ("next", next));
            Assert.Equal(goes, answer.Headers.Location!.OriginalString);
        }
    }

    [Fact]
    public async Task The_link_on_the_terminal_makes_one_admin_once()
    {
        await using var lab = await ConsoleLab.StartAsync(withAccounts: false);
        var link = new Uri(lab.Web.FirstLink()!).PathAndQuery;
        var secret = link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];
        var browser = lab.Open();
        Assert.Contains("The first account", await browser.PageAsync(link), StringComparison.Ordinal);
        (string, string)[] Fields(string name, string password) => [("link", secret), ("account", name), ("password", password), ("again", password)];
        Assert.Equal(HttpStatusCode.BadRequest, (await browser.PostAsync("/first", Fields("jo", "short"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.PostAsync("/first", ("link", new string('0', 64)), ("account", "jo"), ("password", ConsoleLab.Password), ("again", ConsoleLab.Password))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.PostAsync("/first", Fields("jo", ConsoleLab.Password))).StatusCode);
        Assert.Equal(Role.Admin, lab.Web.Parts.Accounts.Find("jo")!.Role);
        Assert.Contains("Let a box in", await browser.PageAsync("/enrol"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await lab.Open().PostAsync("/first", Fields("eve", ConsoleLab.Password))).StatusCode);
        Assert.Null(lab.Web.Parts.Accounts.Find("eve"));
        Assert.Null(lab.Web.FirstLink());
    }

    [Fact]
    public async Task Another_role_or_password_ends_sessions_and_the_last_admin_stays()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var (admin, viewer) = (await lab.SignInAsync(Role.Admin), await lab.SignInAsync(Role.Viewer));
        Assert.Equal(HttpStatusCode.SeeOther, (await admin.PostAsync("/accounts/role", ("account", "viewer"), ("role", "operator"))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await viewer.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.PostAsync("/accounts/role", ("account", "admin"), ("role", "viewer"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await admin.PostAsync("/accounts/remove", ("account", "admin"))).StatusCode);

        var other = await lab.SignInAsync(Role.Operator);
        var mine = await lab.SignInAsync(Role.Operator);
        const string Next = "another long and quiet evening";
        Assert.Equal(HttpStatusCode.BadRequest, (await mine.PostAsync("/account/password", ("now", "wrong"), ("password", Next), ("again", Next))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await mine.PostAsync("/account/password", ("now", ConsoleLab.Password), ("password", Next), ("again", Next))).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await other.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await mine.GetAsync("/")).StatusCode);
        await lab.SignInAsync(Role.Operator, Next);
    }

    [Fact]
    public async Task Accounts_are_made_on_the_terminal_and_what_was_done_there_is_in_the_log()
    {
        await using var lab = await ConsoleLab.StartAsync(withAccounts: false);
        var folder = lab.Fleet.Path;
        async Task<Ran> RunAsync(string input, params string[] args)
        {
            var (output, error) = (new CapturedText(), new CapturedText());
            var console = new FleetConsole(output, error, IsTerminal: false, HasColor: false) { In = new StringReader(input + "\n") };
            var code = await FleetCommandLine.RunAsync(["serve", .. args, "--folder", folder], console);
            return new Ran(code, output.ToString(), error.ToString());
        }

        Assert.Equal(ExitCode.Usage, (await RunAsync("short", "user", "add", "jo", "--role", "admin")).Code);
        Assert.Equal((ExitCode.Done, "jo: added\n"), (await RunAsync(ConsoleLab.Password, "user", "add", "jo", "--role", "admin")) is var added ? (added.Code, added.Out) : default);
        Assert.Equal(ExitCode.Usage, (await RunAsync(ConsoleLab.Password, "user", "add", "jo")).Code);
        Assert.StartsWith("jo admin", (await RunAsync("", "user", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await RunAsync("", "user", "remove", "jo")).Code);
        var browser = lab.Open();
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.PostAsync("/sign-in", ("account", "jo"), ("password", ConsoleLab.Password))).StatusCode);
        var audit = await RunAsync("", "audit");
        Assert.Equal(ExitCode.Done, audit.Code);
        Assert.Contains("terminal account-add jo admin", audit.Out, StringComparison.Ordinal);
        Assert.Contains("as it was written; the newest hash is", audit.Lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve", "--listen", "0.0.0.0:0")]
    [InlineData("serve", "--key", "key.pem")]
    public async Task A_console_beyond_loopback_wants_a_certificate(params string[] args)
    {
        await using var lab = await ConsoleLab.StartAsync();
        Assert.Equal(ExitCode.Usage, (await FleetLab.RunWithAsync([.. args, "--folder", lab.Fleet.Path])).Code);
    }
}
