using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed partial class EmbeddedTests
{
    /// <summary>What the README says: one command, one link, one box on the page.</summary>
    [Fact]
    public async Task One_command_leads_from_nothing_to_a_page_with_a_box()
    {
        var folder = Directory.CreateTempSubdirectory("edgefleet-embedded-");
        using var stop = new CancellationTokenSource();
        var (output, error) = (new CapturedText(), new CapturedText());
        var broker = $"mqtt://127.0.0.1:{FreePort()}";
        string[] args = ["serve", "--embedded", "--listen", "127.0.0.1:0", "--broker", broker, "--folder", folder.FullName];
        var serving = FleetCommandLine.RunAsync(args, new FleetConsole(output, error, IsTerminal: false, HasColor: false), stop.Token);
        await FleetLab.UntilAsync(() => output.ToString().Contains("/first?link=", StringComparison.Ordinal) || serving.IsCompleted, "the console says where it is");
        Assert.Equal("", error.ToString());
        var link = new Uri(Link().Match(output.ToString()).Value);

        using var browser = new Browser(new Uri(link.GetLeftPart(UriPartial.Authority)));
        var secret = link.Query["?link=".Length..];
        var made = await browser.PostAsync("/first", ("link", secret), ("account", "jo"), ("password", ConsoleLab.Password), ("again", ConsoleLab.Password));
        Assert.Equal(HttpStatusCode.SeeOther, made.StatusCode);
        Assert.Contains("No box yet", await browser.PageAsync("/"), StringComparison.Ordinal);
        var card = await (await browser.PostAsync("/enrol/card", ("device", "branch-1"))).Content.ReadAsStringAsync();
        Assert.True(ClaimCard.TryParse(WebUtility.HtmlDecode(Claim().Match(card).Groups[1].Value), out var claim), card);
        Assert.Equal((broker, "branch-1"), (claim.Broker.ToString(), claim.Identity.Device));
        Assert.Equal("image/svg+xml", (await browser.GetAsync("/enrol/qr/branch-1")).Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/enrol/qr/branch-2")).StatusCode);

        await using (var session = await OperatorSession.ConnectAsync(FleetFolder.Open(folder.FullName).Connection(), CancellationToken.None))
        {
            await session.PublishAsync(new TwinTopic(claim.Identity, TwinChannel.Presence), """{"online":true,"session":"s"}"""u8.ToArray(), retain: true, CancellationToken.None);
            await session.PublishAsync(new TwinTopic(claim.Identity, TwinChannel.Reported), """{"health":"healthy"}"""u8.ToArray(), retain: true, CancellationToken.None);
        }

        var page = "";
        for (var i = 0; i < 200 && !page.Contains("/box/branch-1", StringComparison.Ordinal); i++) page = await browser.PageAsync("/");
        Assert.Contains("/box/branch-1", page, StringComparison.Ordinal);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Done, await serving.WaitAsync(FleetLab.Deadline, CancellationToken.None));
        folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    [GeneratedRegex("http://[^ ]+/first\\?link=[0-9a-f]+")]
    private static partial Regex Link();

    [GeneratedRegex("<pre class=\"claim\" tabindex=\"0\">([^<]+)</pre>")]
    private static partial Regex Claim();
}
