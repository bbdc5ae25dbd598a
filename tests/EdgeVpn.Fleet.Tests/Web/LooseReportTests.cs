using System.Text;
using EdgeVpn.Fleet.Web.Live;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests.Web;

public sealed class LooseReportTests
{
    [Fact]
    public void What_a_box_of_this_version_says_is_read_whole()
    {
        var report = Read(Encoding.UTF8.GetString(new ReportedDocument
        {
            Epoch = 1,
            Revision = 7,
            Sha256 = new string('a', 64),
            State = DocumentState.Reverted,
            Reason = new ReportedReason(53, "reverted", "not in time"),
            Health = ReportedHealth.Degraded,
            Problems = [new ReportedProblem("$.body", "is odd.")],
            InForce = new DocumentReference(1, 6, new string('b', 64)),
            Versions = new ReportedVersions("0.1.0", 1),
            Insecure = true,
            Connections = [new ReportedConnection("hub", "refused", new ReportedReason(33, "wrong-secret"), "203.0.113.2", DateTimeOffset.UnixEpoch)],
            Capabilities = new ReportedCapabilities { Commands = ["why"], Fingerprint = "f", CertificateNotAfter = DateTimeOffset.UnixEpoch },
        }.ToJson()));
        Assert.Equal(("1.7", "1.6", "reverted", "degraded", "0.1.0", true), (report.Version.ToString(), report.InForce.ToString(), report.State, report.Health, report.Software, report.Insecure));
        Assert.Equal(new ReportedReason(53, "reverted", "not in time"), report.Reason);
        Assert.Equal(new LooseConnection("hub", "refused", new ReportedReason(33, "wrong-secret"), "203.0.113.2", DateTimeOffset.UnixEpoch), Assert.Single(report.Connections));
        Assert.Equal(("why", "f"), (Assert.Single(report.Commands), report.Fingerprint));
        Assert.Empty(report.Unknown);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"health":"healthy"}""")]
    [InlineData("""{"health":7,"state":["confirmed"],"epoch":"one","connections":{"hub":"up"},"problems":[1,null],"versions":"0.1","capabilities":{"commands":[1,{}]},"inForce":7}""")]
    [InlineData("""{"connections":[null,1,{},{"name":"hub"},{"name":"hub","state":{"deep":1},"reason":"no","since":"yesterday"}]}""")]
    public void Missing_and_odd_fields_hide_nothing_else(string json)
    {
        var report = Read(json);
        Assert.False(report.IsUnreadable);
        Assert.NotEmpty(new BoxPicture("box") { Online = true, Report = report, Payload = Encoding.UTF8.GetBytes(json) }.Summary());
    }

    [Fact]
    public void Words_of_a_newer_box_are_shown_as_they_are()
    {
        var report = Read("""{"twin":9,"health":"hibernating","state":"rehearsed","epoch":1,"revision":2,"newThing":{"a":1},"connections":[{"name":"hub","state":"resting","reason":{"code":33}}]}""");
        Assert.Equal(("hibernating", "rehearsed", "resting", "newThing"), (report.Health, report.State, report.Connections[0].State, Assert.Single(report.Unknown)));
        Assert.Equal("wrong-secret", report.Connections[0].Reason!.Name);
        Assert.Equal(Condition.Busy, new BoxPicture("box") { Online = true, Report = report, Payload = new byte[1] }.Condition);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("{\"a\":")]
    public void What_is_no_report_is_a_value_too(string text) => Assert.Equal(text.Length > 0, Read(text).IsUnreadable);

    [Theory]
    [InlineData("""{"health":"healthy","state":"confirmed","connections":[{"name":"a","state":"up"},{"name":"b","state":"off"}]}""", "steady steady steady steady")]
    [InlineData("""{"health":"degraded","state":"applied","connections":[{"name":"a","state":"up"},{"name":"b","state":"connecting"}]}""", "steady steady two two")]
    [InlineData("""{"health":"down","state":"refused","connections":[{"name":"a","state":"refused"}]}""", "steady steady fast fast")]
    [InlineData("""{"health":"down","connections":[],"lights":{"power":"fast blink","wan":"off","vpn":"slow blink","cloud":"sparkling"}}""", "fast off slow ")]
    public void Lights_are_as_the_box_says_or_as_the_rest_of_its_report_tells(string json, string rhythms) =>
        Assert.Equal(rhythms, string.Join(' ', BoxLights.Of(new BoxPicture("box") { Online = true, Report = Read(json) }).Select(static l => l.Rhythm)));

    private static LooseReport Read(string json) => LooseReport.Read(Encoding.UTF8.GetBytes(json));
}
