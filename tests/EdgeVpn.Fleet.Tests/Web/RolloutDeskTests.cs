using System.Net;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Fleet.Rollout;
using EdgeVpn.Fleet.Web.Sign;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class RolloutDeskTests
{
    private const string Good = """{ "schema": 1, "device": { "name": "box", "site": "Lyon" } }""";

    [Fact]
    public async Task A_rollout_is_planned_sent_followed_and_remembered_with_its_author()
    {
        await using var lab = await LabWithBoxAsync();
        await using var box = await AnswerAsync(lab);
        var person = await lab.SignInAsync(Role.Operator);
        var plan = await person.PageAsync("/rollouts/new");
        Assert.Contains("value=\"box\" checked", plan, StringComparison.Ordinal);
        Assert.Contains("its first", plan, StringComparison.Ordinal);
        var started = await person.PostAsync("/rollouts/start", ("device", "box"), ("stages", "100"), ("abort", "5"), ("soak", "0"), ("patience", "1"), ("parallel", "10"));
        Assert.Equal("/rollouts", started.Headers.Location?.OriginalString);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Rollouts.State?.Status == RolloutStatus.Complete && !lab.Web.Parts.Rollouts.IsRunning, "the rollout is complete");
        var page = await person.PageAsync("/rollouts");
        Assert.Contains("complete", page, StringComparison.Ordinal);
        Assert.Contains("100 % are through: 1 done", page, StringComparison.Ordinal);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Boxes.Documents("box", 1) is [{ Author: "operator", State: "confirmed" }], "the document's author and last word are remembered");
        Assert.Equal(["rollout-end", "rollout-start"], lab.Web.Parts.Audit.Read(0, 10, "rollout-").Select(static e => e.Action));
        Assert.Contains("Every box has what", await person.PageAsync("/rollouts/new"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_rests_goes_on_and_is_taken_back()
    {
        await using var lab = await LabWithBoxAsync();
        var person = await lab.SignInAsync(Role.Operator);
        Assert.Equal(HttpStatusCode.Conflict, (await person.PostAsync("/rollouts/pause")).StatusCode); // there is none
        // Nobody answers yet: it stays open until somebody does.
        Assert.Equal(HttpStatusCode.SeeOther, (await StartAsync(person)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await StartAsync(person)).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await person.PostAsync("/rollouts/pause")).StatusCode);
        Assert.Contains("paused", await person.PageAsync("/rollouts"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await person.PostAsync("/rollouts/resume")).StatusCode);
        await using var box = await AnswerAsync(lab);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Rollouts.State?.Status == RolloutStatus.Complete && !lab.Web.Parts.Rollouts.IsRunning, "the rollout is complete");
        await FleetLab.UntilAsync(() => !lab.Web.Parts.Rollouts.IsAlive, "it is over");
        Assert.Equal(HttpStatusCode.SeeOther, (await person.PostAsync("/rollouts/rollback")).StatusCode);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Rollouts.State?.Status == RolloutStatus.RolledBack && !lab.Web.Parts.Rollouts.IsRunning, "it is taken back");
        Assert.Contains("rolled back", await person.PageAsync("/rollouts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollout_that_rests_is_taken_back_and_two_processes_never_run_one()
    {
        await using var lab = await LabWithBoxAsync();
        var person = await lab.SignInAsync(Role.Operator);
        Assert.Equal(HttpStatusCode.SeeOther, (await StartAsync(person)).StatusCode);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Rollouts.State?.Boxes[0].Step == BoxStep.Published, "the document is sent");
        var second = await FleetLab.RunWithAsync(["rollout", "resume", "--folder", lab.Fleet.Path]);
        Assert.Equal(EdgeVpn.Fleet.Commands.ExitCode.Usage, second.Code);
        Assert.Contains("another edgefleet runs", second.Error, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await person.PostAsync("/rollouts/rollback")).StatusCode); // it runs
        Assert.Equal(HttpStatusCode.SeeOther, (await person.PostAsync("/rollouts/pause")).StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, (await person.PostAsync("/rollouts/rollback")).StatusCode);
        await FleetLab.UntilAsync(() => lab.Web.Parts.Rollouts.State?.Status == RolloutStatus.RolledBack, "it is taken back");
    }

    [Fact]
    public async Task What_cannot_be_sent_is_said_and_nothing_is_sent()
    {
        await using var lab = await LabWithBoxAsync();
        lab.Wants("box", """{ "shema": 1 }""");
        var person = await lab.SignInAsync(Role.Operator);
        Assert.Contains("cannot be sent", await person.PageAsync("/rollouts/new"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await StartAsync(person)).StatusCode);
        lab.Wants("box", Good);
        Assert.Equal(HttpStatusCode.Conflict, (await StartAsync(person, stages: "50,10,100")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await StartAsync(person, device: "")).StatusCode);
        Assert.Null(RolloutState.Load(lab.Fleet));
    }

    private static Task<HttpResponseMessage> StartAsync(Browser person, string stages = "100", string device = "box") =>
        person.PostAsync("/rollouts/start", ("device", device), ("stages", stages), ("abort", "5"), ("soak", "0"), ("patience", "1"), ("parallel", "10"));

    private static async Task<ConsoleLab> LabWithBoxAsync()
    {
        var lab = await ConsoleLab.StartAsync();
        lab.Wants("box", Good);
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        var own = EdgeVpn.Model.Jose.P256Key.Of(key);
        lab.Fleet.Save(new EdgeVpn.Fleet.Keys.FleetMember("box", own, own, "01", DateTimeOffset.UtcNow.AddYears(1), DateTimeOffset.UtcNow));
        await lab.HasBoxAsync("box", """{"health":"healthy"}""");
        return lab;
    }

    /// <summary>A box that confirms what it gets.</summary>
    private static async Task<IAsyncDisposable> AnswerAsync(ConsoleLab lab)
    {
        var session = await lab.ConnectAsync();
        await session.SubscribeAsync([TwinTopic.Filter("lyon", "box", TwinChannel.Desired)], CancellationToken.None);
        return new Answering(session);
    }

    private sealed class Answering : IAsyncDisposable
    {
        private readonly OperatorSession _session;
        private readonly Task _playing;

        public Answering(OperatorSession session) => (_session, _playing) = (session, PlayAsync(session));

        public async ValueTask DisposeAsync()
        {
            await _session.DisposeAsync();
            await _playing;
        }

        private static async Task PlayAsync(OperatorSession session)
        {
            try
            {
                await foreach (var message in session.Messages.ReadAllAsync())
                {
                    if (DocumentSigner.Look(message.Payload).Document is not { } document) continue;
                    var report = new ReportedDocument
                    {
                        Epoch = document.Version.Epoch,
                        Revision = document.Version.Revision,
                        Sha256 = document.Reference.Sha256,
                        State = DocumentState.Confirmed,
                        InForce = document.Reference,
                        Health = ReportedHealth.Healthy,
                    };
                    await session.PublishAsync(new TwinTopic(message.Topic.Identity, TwinChannel.Reported), report.ToJson(), retain: true, CancellationToken.None);
                }
            }
            catch (Exception over) when (over is BrokerException or ObjectDisposedException)
            {
                // The test is over, and took the session from under an answer.
            }
        }
    }
}
