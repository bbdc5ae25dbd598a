using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Tests.Setup;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local.SetupPage;

/// <summary>Each property that keeps strangers out of the page, over real HTTP.</summary>
public sealed class SetupServerTests
{
    [Fact]
    public async Task Whoever_knows_the_code_sees_the_box_and_changes_it()
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        var view = await PageBench.JsonAsync(await bench.GetAsync("/state"));
        Assert.Equal("branch-042", view.GetProperty("device").GetString());
        Assert.Equal(bench.Token, (await PageBench.JsonAsync(await bench.GetAsync("/session"))).GetProperty("token").GetString());

        Assert.Equal(HttpStatusCode.OK, (await bench.PostAsync("/document", """{ "files": [{ "name": "a", "text": "{}" }], "apply": true }""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bench.PostAsync("/wan", """{ "interface": "wan0", "method": "static", "address": "192.0.2.9/24" }""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bench.PostAsync("/enrol", """{ "claim": "edgevpn://card", "broker": "192.0.2.7" }""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bench.PostAsync("/confirm", "{}")).StatusCode);
        var bundle = await bench.GetAsync("/bundle");
        Assert.Equal(("application/gzip", "attachment"), (bundle.Content.Headers.ContentType!.MediaType, bundle.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Equal(["offer True a: {}", "wan wan0 static 192.0.2.9/24", "enrol edgevpn://card at 192.0.2.7", "confirm", "bundle"], bench.Box.Asked);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")] // another port is another authority
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")] // 127.0.0.1, as some resolvers read it
    [InlineData("127.0.0.1.")]
    public async Task A_name_that_was_rebound_to_us_is_refused_whatever_is_asked(string host)
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        foreach (var path in new[] { "/", "/page.js", "/state", "/session" })
            Assert.Equal(HttpStatusCode.MisdirectedRequest, (await bench.GetAsync(path, host)).StatusCode);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await bench.PostAsync("/confirm", "{}", host, origin: $"http://{host}")).StatusCode);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await bench.PostAsync("/sign-in", """{ "code": "7KQ2M-X9RTB" }""", host, origin: $"http://{host}")).StatusCode);
        Assert.Empty(bench.Box.Asked);
    }

    [Theory]
    [InlineData("http://evil.example", null)]
    [InlineData("null", null)]
    [InlineData(null, null)]
    [InlineData("https://own", null)]
    [InlineData("own", "cross-site")]
    [InlineData("own", "same-site")]
    public async Task What_another_site_sends_changes_nothing(string? origin, string? fetchedFrom)
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        origin = origin == "https://own" ? $"https://{bench.Host}" : origin;
        Assert.Equal(HttpStatusCode.Forbidden, (await bench.PostAsync("/confirm", "{}", origin: origin, fetchedFrom: fetchedFrom)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await bench.PostAsync("/sign-in", """{ "code": "7KQ2M-X9RTB" }""", origin: origin, fetchedFrom: fetchedFrom)).StatusCode);
        Assert.Empty(bench.Box.Asked);
        Assert.Equal(HttpStatusCode.OK, (await bench.PostAsync("/confirm", "{}", fetchedFrom: "same-origin")).StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00")]
    public async Task Without_the_sessions_token_the_cookie_changes_nothing(string? token)
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await bench.PostAsync("/revert", "{}", token: token)).StatusCode);
        Assert.Empty(bench.Box.Asked);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data")]
    public async Task What_a_form_can_send_is_not_read(string type)
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await bench.PostAsync("/close", "{}", type: type)).StatusCode);
        Assert.Empty(bench.Box.Asked);
    }

    [Fact]
    public async Task Without_a_session_there_is_the_page_and_nothing_of_the_box()
    {
        await using var bench = await PageBench.StartAsync();
        foreach (var path in new[] { "/", "/page.js", "/style.css", "/icon.svg" }) Assert.Equal(HttpStatusCode.OK, (await bench.GetAsync(path)).StatusCode);
        foreach (var path in new[] { "/state", "/session", "/bundle", "/other", "/../etc/passwd" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await bench.GetAsync(path, cookie: $"{PageBench.Cookie}={new string('0', 64)}")).StatusCode);
        foreach (var path in new[] { "/document", "/wan", "/enrol", "/confirm", "/revert", "/close", "/sign-out", "/other" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await bench.PostAsync(path, "{}")).StatusCode);
        Assert.Empty(bench.Box.Asked);
    }

    [Fact]
    public async Task The_cookie_is_for_this_page_alone_and_ends_with_the_session()
    {
        await using var bench = await PageBench.StartAsync();
        var signedIn = await bench.PostAsync("/sign-in", """{ "code": "7kq2mx9rtb" }""");
        var cookie = signedIn.Headers.GetValues("Set-Cookie").Single().ToLowerInvariant();
        Assert.Contains("samesite=strict", cookie, StringComparison.Ordinal);
        Assert.Contains("httponly", cookie, StringComparison.Ordinal);
        Assert.DoesNotContain("expires", cookie, StringComparison.Ordinal);

        await bench.SignInAsync();
        Assert.Equal(HttpStatusCode.OK, (await bench.PostAsync("/sign-out", "{}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await bench.GetAsync("/state")).StatusCode);
    }

    [Fact]
    public async Task Every_answer_forbids_frames_foreign_content_and_caching()
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        HttpResponseMessage[] answers =
        [
            await bench.GetAsync("/"), await bench.GetAsync("/page.js"), await bench.GetAsync("/state"), await bench.GetAsync("/nowhere"), await bench.GetAsync("/", "evil.example"),
            await bench.GetAsync("/state", cookie: null), await bench.PostAsync("/confirm", "{}"), await bench.PostAsync("/confirm", "{}", origin: "http://evil.example"),
            await bench.SendAsync(new HttpRequestMessage(HttpMethod.Put, bench.Address("/"))),
        ];
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answers[^1].StatusCode);
        Assert.All(answers, answer =>
        {
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal(("DENY", "nosniff", true, "no-referrer"), (
                answer.Headers.GetValues("X-Frame-Options").Single(), answer.Headers.GetValues("X-Content-Type-Options").Single(),
                answer.Headers.CacheControl!.NoStore, answer.Headers.GetValues("Referrer-Policy").Single()));
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
            Assert.False(answer.Headers.Contains("Server"));
        });
    }

    [Fact]
    public async Task The_page_needs_nothing_from_elsewhere_and_nothing_inline()
    {
        await using var bench = await PageBench.StartAsync();
        foreach (var path in new[] { "/", "/page.js", "/style.css" })
        {
            var text = await (await bench.GetAsync(path)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            foreach (var foreign in new[] { "http://", "https://", "//cdn", "innerHTML", "eval(", "onclick=", "style=\"", "<style", "document.write", "@import" })
                Assert.DoesNotContain(foreign, text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Words_of_a_configuration_do_not_become_markup()
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        var text = await (await bench.GetAsync("/state")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain("<script>", text, StringComparison.Ordinal);
        Assert.Contains("\\u003Cscript\\u003E", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guesses_are_few_and_then_slow_and_then_over()
    {
        await using var bench = await PageBench.StartAsync();
        Task<HttpResponseMessage> Guess(string code) => bench.PostAsync("/sign-in", $$"""{ "code": "{{code}}" }""");
        for (var i = 0; i < SetupDoor.Burst; i++) Assert.Equal(HttpStatusCode.Forbidden, (await Guess("22222-22222")).StatusCode);
        var slow = await Guess(PageBench.Code); // the right one waits like any other
        Assert.Equal((HttpStatusCode.TooManyRequests, SetupDoor.Refill), (slow.StatusCode, slow.Headers.RetryAfter!.Delta));
        for (var wrong = SetupDoor.Burst; wrong < SetupDoor.MaxWrong; wrong++)
        {
            bench.Time.Pass(SetupDoor.Refill);
            Assert.Equal(HttpStatusCode.Forbidden, (await Guess("22222-22222")).StatusCode);
            Assert.Equal(wrong + 1 == SetupDoor.MaxWrong, bench.Box.Asked.Contains("close: too many wrong codes"));
        }

        bench.Time.Pass(SetupDoor.Refill * 10);
        Assert.Equal(HttpStatusCode.Forbidden, (await Guess(PageBench.Code)).StatusCode);
    }

    [Fact]
    public async Task A_box_without_a_code_lets_nobody_in_and_says_how_to_make_one()
    {
        await using var bench = await PageBench.StartAsync();
        bench.Box.HasCode = false;
        var answer = await bench.PostAsync("/sign-in", """{ "code": "7KQ2M-X9RTB" }""");
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("edgevpn setup code", (await PageBench.JsonAsync(answer)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{ "files": null }""")]
    [InlineData("""{ "files": [] }""")]
    [InlineData("""{ "files": [null] }""")]
    [InlineData("""{ "files": [{ "name": "a", "text": "{}" }], "apply": true, "force": true }""")]
    [InlineData("""{ "files": [{ "name": "a", "text": "{}" }], "files": [] }""")]
    public async Task Nonsense_is_a_bad_request_and_the_server_stays(string body)
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await bench.PostAsync("/document", body)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await bench.GetAsync("/state")).StatusCode);
        Assert.Empty(bench.Box.Asked);
    }

    [Fact]
    public async Task A_body_beyond_all_documents_is_refused_before_it_is_read()
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, bench.Port, TestContext.Current.CancellationToken);
        var head = $"POST /document HTTP/1.1\r\nHost: {bench.Host}\r\nOrigin: http://{bench.Host}\r\nCookie: {bench.Session}\r\n{PageBench.TokenHeader}: {bench.Token}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n";
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream());
        Assert.Contains(" 413 ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Empty(bench.Box.Asked);
    }

    [Fact]
    public async Task Whom_the_box_does_not_know_sends_no_body()
    {
        await using var bench = await PageBench.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, bench.Port, TestContext.Current.CancellationToken);
        var head = $"POST /document HTTP/1.1\r\nHost: {bench.Host}\r\nOrigin: http://{bench.Host}\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n";
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(socket.GetStream());
        Assert.Contains(" 401 ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal); // before an octet of it came

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await bench.PostAsync("/sign-in", $$"""{ "code": "{{new string('2', 2_000)}}" }""")).StatusCode);
    }

    [Fact]
    public async Task What_goes_wrong_in_the_box_is_an_answer_and_a_line_in_its_log()
    {
        await using var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        bench.Box.Fault = new InvalidOperationException("no such light");
        Assert.Equal(HttpStatusCode.InternalServerError, (await bench.GetAsync("/state")).StatusCode);
        Assert.Equal(["fault: no such light"], bench.Box.Asked);
        bench.Box.Fault = null;
        Assert.Equal(HttpStatusCode.OK, (await bench.GetAsync("/state")).StatusCode);
    }

    [Fact]
    public async Task The_server_holds_no_right_and_nothing_that_the_daemon_has_open()
    {
        await using var bench = await PageBench.StartAsync();
        var facts = File.ReadLines($"/proc/{bench.ProcessId}/status").Select(static line => line.Split(':', 2)).ToDictionary(static line => line[0], static line => line[1].Trim());
        foreach (var set in new[] { "CapInh", "CapPrm", "CapEff", "CapAmb" }) Assert.Equal("0000000000000000", facts[set]);
        Assert.Equal("1", facts["NoNewPrivs"]);

        var environment = await File.ReadAllTextAsync($"/proc/{bench.ProcessId}/environ", TestContext.Current.CancellationToken);
        Assert.All(environment.Split('\0', StringSplitOptions.RemoveEmptyEntries), static line => Assert.StartsWith("DOTNET_", line, StringComparison.Ordinal));

        // Of the kernel's names only those of sockets and pipes tell one from another.
        var ours = Open("self").Except(Open("self", "2"));
        Assert.Empty(Open($"{bench.ProcessId}").Intersect(ours));

        static IEnumerable<string> Open(string process, string pattern = "*") => new DirectoryInfo($"/proc/{process}/fd").GetFiles(pattern)
            .Select(static fd => fd.LinkTarget ?? "").Where(static target => target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("pipe:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_ends_by_itself_is_told_of_with_how()
    {
        await using var bench = await PageBench.StartAsync();
        Process.GetProcessById(bench.ProcessId).Kill();
        Assert.Equal("edgevpn-setup ended by itself: signal 9", await bench.Box.Died.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_server_that_does_not_listen_to_the_daemon_is_ended_all_the_same()
    {
        var bench = await PageBench.StartAsync();
        var server = bench.ProcessId;
        using (var stop = Process.Start("kill", ["-STOP", server.ToString(CultureInfo.InvariantCulture)])) await stop.WaitForExitAsync(TestContext.Current.CancellationToken);
        await bench.DisposeAsync();
        Assert.False(Directory.Exists($"/proc/{server}"));
    }

    /// <summary>What no browser sends and an attacker's own program does: the target in absolute form, two hosts, none at all, a space before the colon.</summary>
    [Theory]
    [InlineData("GET http://evil.example/state HTTP/1.1\r\nHost: own\r\n")]
    [InlineData("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: own\r\nHost: evil.example\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost : own\r\n")]
    [InlineData("GET /state HTTP/1.1\r\nHost: own, evil.example\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: \r\n")]
    public async Task What_is_no_request_of_a_browser_gets_nothing(string head)
    {
        await using var bench = await PageBench.StartAsync();
        var answer = await bench.RawAsync(head.Replace("own", bench.Host, StringComparison.Ordinal) + "Connection: close\r\n\r\n");
        Assert.Matches(@"\AHTTP/1\.1 4\d\d ", answer);
        Assert.DoesNotContain("EdgeVpn set-up", answer, StringComparison.Ordinal);
        Assert.Empty(bench.Box.Asked);
    }

    /// <summary>Whoever holds all connections open is in the way until they time out, and no longer: the server lives and answers.</summary>
    [Fact]
    public async Task Connections_that_say_nothing_end_and_the_page_is_there_again()
    {
        await using var bench = await PageBench.StartAsync();
        var idle = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 300; i++)
            {
                var one = new TcpClient();
                idle.Add(one);
                await one.ConnectAsync(IPAddress.Loopback, bench.Port, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
                await one.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: "u8.ToArray(), TestContext.Current.CancellationToken);
            }
        }
        catch (Exception full) when (full is TimeoutException or SocketException or IOException)
        {
            // The kernel's queue is full, or the server hung up: as it should.
        }

        await Cloud.BrokerLab.UntilAsync(() => Answers().GetAwaiter().GetResult(), "the page is there again");
        foreach (var one in idle) one.Dispose();

        async Task<bool> Answers()
        {
            try
            {
                return (await bench.GetAsync("/").WaitAsync(TimeSpan.FromSeconds(2))).StatusCode == HttpStatusCode.OK;
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException)
            {
                return false;
            }
        }
    }

    /// <summary>Two technicians, or one in a hurry: sixteen codes at once are sixteen guesses.</summary>
    [Fact]
    public async Task Guesses_from_many_connections_at_once_are_counted_each()
    {
        await using var bench = await PageBench.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => bench.PostAsync("/sign-in", """{ "code": "22222-22222" }""")));
        Assert.Equal(SetupDoor.Burst, answers.Count(static a => a.StatusCode == HttpStatusCode.Forbidden));
        Assert.Equal(16 - SetupDoor.Burst, answers.Count(static a => a.StatusCode == HttpStatusCode.TooManyRequests));
    }

    /// <summary>A cookie that somebody put there before is never made a session's.</summary>
    [Fact]
    public async Task A_session_has_a_cookie_of_its_own_whatever_the_browser_brought()
    {
        await using var bench = await PageBench.StartAsync();
        var fixedBefore = $"{PageBench.Cookie}={new string('a', 64)}";
        var answer = await bench.PostAsync("/sign-in", $$"""{ "code": "{{PageBench.Code}}" }""", cookie: fixedBefore);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain(new string('a', 64), answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await bench.GetAsync("/state", cookie: fixedBefore)).StatusCode);
    }

    [Fact]
    public async Task Only_the_address_it_was_given_is_listened_on()
    {
        await using var bench = await PageBench.StartAsync();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var refused = await Assert.ThrowsAsync<SocketException>(() => other.ConnectAsync(IPAddress.Parse("127.0.0.2"), bench.Port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task After_closing_nothing_listens_any_more()
    {
        var bench = await PageBench.StartAsync();
        await bench.SignInAsync();
        await bench.DisposeAsync();
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync(IPAddress.Loopback, bench.Port));
    }

    [Fact]
    public async Task A_taken_port_is_an_answer()
    {
        await using var bench = await PageBench.StartAsync();
        await Assert.ThrowsAsync<IOException>(() => PageBench.ServeAsync(new FakePageBox(), new ManualTime(), bench.Port));
    }
}
