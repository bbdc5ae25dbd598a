using System.Net;
using System.Text;
using System.Text.Json;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class PageTests
{
    private const string Healthy = """{"epoch":1,"revision":1,"state":"confirmed","health":"healthy","connections":[{"name":"hub","state":"up","endpoint":"203.0.113.2"}],"capabilities":{"commands":["why","identify","teleport"]}}""";

    [Fact]
    public async Task The_fleet_is_shown_by_site_and_trouble_comes_first()
    {
        await using var lab = await ConsoleLab.StartAsync();
        lab.Wants("fine", """{ "device": { "name": "fine", "site": "Arles" } }""");
        lab.Wants("broken", """{ "device": { "name": "broken", "site": "Lyon" } }""");
        lab.Wants("waiting", """{ "device": { "name": "waiting", "site": "Arles" } }""");
        await lab.HasBoxAsync("fine", Healthy);
        await lab.HasBoxAsync("broken", """{"health":"down","connections":[{"name":"hub","state":"refused","reason":{"code":33,"name":"wrong-secret"}}]}""");
        lab.Web.Parts.Feed.LookAtFolder();
        var viewer = await lab.SignInAsync(Role.Viewer);
        var page = await viewer.PageAsync("/");
        Assert.True(page.IndexOf("Lyon", StringComparison.Ordinal) < page.IndexOf("Arles", StringComparison.Ordinal), "the site with trouble stands first");
        Assert.Contains("hub: 33 wrong-secret", page, StringComparison.Ordinal);
        Assert.Contains("not enrolled", page, StringComparison.Ordinal);
        Assert.Contains("aria-label=\"lights: power running, wan reaches out, vpn refused, cloud connected, confirmed\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/box/fine", await viewer.PageAsync("/?q=LYON"), StringComparison.Ordinal);
        Assert.DoesNotContain("/box/broken", await viewer.PageAsync("/?is=healthy"), StringComparison.Ordinal);
        Assert.Contains("/box/broken", await viewer.PageAsync("/?q=wrong-sec"), StringComparison.Ordinal);
        Assert.Contains("No box is like that", await viewer.PageAsync("/?q=nowhere"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_of_thousands_comes_page_by_page()
    {
        await using var lab = await ConsoleLab.StartAsync();
        for (var i = 0; i < 450; i++) lab.Wants($"b{i:000}", "{}");
        lab.Web.Parts.Feed.LookAtFolder();
        var viewer = await lab.SignInAsync(Role.Viewer);
        var (first, last) = (await viewer.PageAsync("/"), await viewer.PageAsync("/?page=3"));
        Assert.Equal((200, 50), (first.Split("class=\"tile").Length - 1, last.Split("class=\"tile").Length - 1));
        Assert.Contains("Page 1 of 3", first, StringComparison.Ordinal);
        Assert.Contains("/box/b449", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_box_says_is_text_and_never_markup()
    {
        await using var lab = await ConsoleLab.StartAsync();
        const string Evil = "<script>alert(1)</script>\\\" onload=\\\"x' & \\u202e\\u0000";
        await lab.HasBoxAsync("box", """{"state":"{{Evil}}","health":"{{Evil}}","{{Evil}}":1,"versions":{"software":"{{Evil}}"},"reason":{"code":1,"name":"{{Evil}}"},"connections":[{"name":"{{Evil}}","state":"{{Evil}}","endpoint":"{{Evil}}","reason":{"code":33,"name":"{{Evil}}","detail":"{{Evil}}"}}],"capabilities":{"commands":["why","{{Evil}}"],"fingerprint":"{{Evil}}"}}""".Replace("{{Evil}}", Evil, StringComparison.Ordinal));
        await lab.SayAsync("box", TwinChannel.Events, """{"stream":"s","sequence":1,"at":"2026-03-01T12:00:00Z","kind":"{{Evil}}","state":"{{Evil}}","subject":"{{Evil}}"}""".Replace("{{Evil}}", Evil, StringComparison.Ordinal));
        await FleetLab.UntilAsync(() => lab.Web.Parts.Boxes.Events("box", 1).Count == 1, "the event is written down");
        var admin = await lab.SignInAsync(Role.Admin);
        foreach (var path in (string[])["/", "/box/box", "/events"])
        {
            var page = await admin.PageAsync(path);
            Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
            Assert.DoesNotContain("onload=\"", page, StringComparison.Ordinal);
            Assert.DoesNotContain('\u202e', page);
            Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        }

        var raw = await admin.GetAsync("/box/box/report");
        Assert.Equal("text/plain", raw.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("""{"twin":9,"health":"hibernating","brandNew":true,"connections":[{"name":"hub","state":"resting"}]}""", "resting", "brandNew")]
    [InlineData("""{"health":"healthy","connections":[{"name":"hub","state":"up"}]}""", "hub", "healthy")]
    [InlineData("not even json", "cannot read what the box reports", "The report as it came")]
    public async Task A_box_of_another_age_is_shown_all_the_same(string report, string first, string second)
    {
        await using var lab = await ConsoleLab.StartAsync();
        await lab.HasBoxAsync("box", report);
        var viewer = await lab.SignInAsync(Role.Viewer);
        var page = await viewer.PageAsync("/box/box");
        Assert.Contains(first, page, StringComparison.Ordinal);
        Assert.Contains(second, page, StringComparison.Ordinal);
        Assert.Equal(report, await viewer.PageAsync("/box/box/report"));
    }

    [Fact]
    public async Task A_page_hears_of_a_change_and_asks_for_itself()
    {
        await using var lab = await ConsoleLab.StartAsync();
        await lab.HasBoxAsync("box", Healthy);
        var viewer = await lab.SignInAsync(Role.Viewer);
        using var answer = await viewer.Client.GetAsync("/live", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.StartsWith("retry:", await lines.ReadLineAsync(), StringComparison.Ordinal);
        await lab.SayAsync("box", TwinChannel.Presence, """{"online":false,"session":"s1"}""");
        string? line;
        do line = await lines.ReadLineAsync().WaitAsync(FleetLab.Deadline);
        while (line != "data: box box");
        Assert.Contains("Offline", await viewer.PageAsync("/box/box"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_broker_that_is_not_heard_is_on_every_page()
    {
        await using var lab = await ConsoleLab.StartAsync();
        var viewer = await lab.SignInAsync(Role.Viewer);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Feed.Silence is null, "the console hears the broker");
        Assert.DoesNotContain("is not heard", await viewer.PageAsync("/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Measured_traffic_is_drawn_and_said()
    {
        await using var lab = await ConsoleLab.StartAsync();
        await lab.HasBoxAsync("box", Healthy);
        var now = DateTimeOffset.UtcNow.AddMinutes(-30);
        for (var i = 0; i < 30; i++)
            lab.Web.Parts.Telemetry.Take("box", new TelemetryDocument(now.AddMinutes(i), 1_000 + (60 * i), [new ConnectionCounters("hub", i * 75_000_000L, i * 7_500_000L, 0, 0, 0) { RoundTripMilliseconds = 12 }]), now.AddMinutes(i));
        var page = await (await lab.SignInAsync(Role.Viewer)).PageAsync("/box/box?range=2h");
        Assert.Contains("aria-label=\"Throughput: in now 10 Mbit/s, mean 10 Mbit/s, most 10 Mbit/s; out now 1 Mbit/s", page, StringComparison.Ordinal);
        Assert.Contains("Round trip: mean now 12 ms", page, StringComparison.Ordinal);
        Assert.Contains("Nothing was measured in this time", page, StringComparison.Ordinal); // loss
    }

    [Fact]
    public async Task An_order_is_signed_answered_and_written_down_and_not_for_viewers()
    {
        await using var lab = await ConsoleLab.StartAsync();
        await lab.HasBoxAsync("box", Healthy);
        await using var session = await lab.ConnectAsync();
        await session.SubscribeAsync([$"edgevpn/lyon/box/command/+"], CancellationToken.None);
        using var fleetKey = lab.Fleet.SigningKey();
        var trusted = P256Key.Of(fleetKey);
        var playing = Task.Run(async () =>
        {
            var message = await session.Messages.ReadAsync();
            var authentic = Assert.IsType<SignedReading.Authentic>(SignedMessage.Verify(message.Payload, SignedType.Command, [trusted]));
            var order = JsonSerializer.Deserialize(authentic.Payload.Span, TwinJson.Wire.CommandDocument)!;
            var answer = new ResponseDocument(order.Id, 0, Last: true, Done: true, Text: "the lights <alternate>");
            await session.PublishAsync(new TwinTopic(new TwinIdentity("lyon", "box"), TwinChannel.Response, order.Id), JsonSerializer.SerializeToUtf8Bytes(answer, TwinJson.Wire.ResponseDocument), false, CancellationToken.None);
            return order;
        });
        var person = await lab.SignInAsync(Role.Operator);
        var page = await person.PageAsync("/box/box");
        Assert.Contains("teleport", page, StringComparison.Ordinal); // named, though the console has no button for it
        Assert.DoesNotContain("value=\"rekey\"", page, StringComparison.Ordinal); // the box does not say that it takes it
        var answer = await person.PostAsync("/box/box/order", ("order", "identify"));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Equal("identify", (await playing).Name);
        var where = answer.Headers.Location!.OriginalString;
        Assert.Contains("the lights &lt;alternate&gt;", await person.PageAsync(where[..where.IndexOf('#', StringComparison.Ordinal)]), StringComparison.Ordinal);
        Assert.Contains(lab.Web.Parts.Audit.Read(0, 10), e => e is { Who: "operator", Action: "order", Subject: "box", Detail: "identify", From: "127.0.0.1" });

        Assert.Equal(HttpStatusCode.Forbidden, (await person.PostAsync("/box/box/order", ("order", "release"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await lab.SignInAsync(Role.Viewer)).PostAsync("/box/box/order", ("order", "identify"))).StatusCode);
        Assert.DoesNotContain("Commands", await (await lab.SignInAsync(Role.Viewer)).PageAsync("/box/box"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_tree_is_shown_as_steps()
    {
        const string Why = """{"reports":[{"connection":"hub","healthy":false,"steps":[{"name":"cable","result":"ok"},{"name":"udp500","result":"failed","detail":"no answer"}],"reason":{"code":"peer-silent","digits":21,"sentence":"The peer is silent."},"check":["Is UDP 500 open?"]}]}""";
        var tree = EdgeVpn.Fleet.Web.Pages.WhyAnswer.Of(Why)!.ToString();
        Assert.Contains("<li class=\"failed\"><b>udp500</b>", tree, StringComparison.Ordinal);
        Assert.Contains("<b>21 peer-silent</b>", tree, StringComparison.Ordinal);
        Assert.Contains("Is UDP 500 open?", tree, StringComparison.Ordinal);
        Assert.Null(EdgeVpn.Fleet.Web.Pages.WhyAnswer.Of("lines of text"));
        await Task.CompletedTask;
    }
}
