using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Model.Tests.Twin;

public sealed class TwinMessagesTests
{
    [Fact]
    public void A_report_is_written_in_camel_case_with_words_and_without_nulls()
    {
        var report = new ReportedDocument
        {
            Epoch = 1,
            Revision = 7,
            Sha256 = "ab",
            State = DocumentState.Refused,
            Reason = new ReportedReason(52, "document-refused"),
            Problems = [new ReportedProblem("$.body.schema", "is missing – «why»?")],
            Health = ReportedHealth.Healthy,
        };
        Assert.Equal(
            """{"twin":1,"epoch":1,"revision":7,"sha256":"ab","state":"refused","reason":{"code":52,"name":"document-refused"},"problems":[{"path":"$.body.schema","message":"is missing – «why»?"}],"problemsOmitted":0,"insecure":false,"health":"healthy","connections":[],"connectionsOmitted":0}""",
            Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(report, TwinJson.Wire.ReportedDocument)));
    }

    [Fact]
    public void A_report_from_a_newer_box_is_read_as_far_as_it_is_known()
    {
        Assert.True(TwinJson.TryRead("""{"twin":2,"epoch":1,"revision":7,"state":"confirmed","novelty":{"a":[1]}}"""u8, TwinJson.Wire.ReportedDocument, out var report));
        Assert.Equal(DocumentState.Confirmed, report.State);
        Assert.Empty(report.Problems);
    }

    [Fact]
    public void Messages_with_nothing_but_what_is_required_read_back()
    {
        Assert.Equal(new PresenceDocument(true, "s"), Again(new PresenceDocument(true, "s"), TwinJson.Wire.PresenceDocument));
        var happened = new EventDocument("s", 1, DateTimeOffset.UnixEpoch, "start", "running");
        Assert.Equal(happened, Again(happened, TwinJson.Wire.EventDocument));
        var command = new CommandDocument("lyon", "box", "why", "1", DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);
        Assert.Equal(command, Again(command, TwinJson.Wire.CommandDocument));
        var response = new ResponseDocument("1", 0, true, false);
        Assert.Equal(response, Again(response, TwinJson.Wire.ResponseDocument));
        Assert.Equal("hub", Again(new TelemetryDocument(DateTimeOffset.UnixEpoch, 1, [new ConnectionCounters("hub", 1, 2, 3, 4, 5)]), TwinJson.Wire.TelemetryDocument).Connections[0].Name);
        Assert.Equal(3, Again(new ReportedDocument { Discarded = new DiscardedMessage(3, DiscardCause.Oversized, []) }, TwinJson.Wire.ReportedDocument).Discarded!.Count);

        static T Again<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
            where T : class
        {
            Assert.True(TwinJson.TryRead(JsonSerializer.SerializeToUtf8Bytes(value, type), type, out var read));
            return read;
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"state":"wonderful"}""")]
    [InlineData("""{"state":3}""")]
    [InlineData("""{"problems":null}""")]
    [InlineData("""{"problems":[{"path":"$"}]}""")]
    public void What_is_not_a_report_is_not_read(string text) =>
        Assert.False(TwinJson.TryRead(Encoding.UTF8.GetBytes(text), TwinJson.Wire.ReportedDocument, out _));

    [Fact]
    public void The_largest_report_fits_into_a_message_and_counts_what_it_leaves_out()
    {
        var text = new string('\u00e9', 10_000);
        var report = new ReportedDocument
        {
            Epoch = TwinLimits.MaxVersionNumber,
            Revision = TwinLimits.MaxVersionNumber,
            Sha256 = new string('a', 64),
            State = DocumentState.Refused,
            Reason = new ReportedReason(52, "document-refused", text),
            Problems = [.. Enumerable.Repeat(new ReportedProblem(new string('a', 10_000), text), 500)],
            Discarded = new DiscardedMessage(9, DiscardCause.Unreadable, [.. Enumerable.Repeat(new ReportedProblem("$", text), 500)], new string('a', 64)),
            Connections = [.. Enumerable.Repeat(new ReportedConnection("hub-" + new string('a', 30), "connecting", new ReportedReason(21, "peer-silent", new string('a', 60)), "gateway.example", DateTimeOffset.UnixEpoch), 500)],
        };
        var octets = report.ToJson();
        Assert.InRange(octets.Length, TwinLimits.MaxReportedOctets / 3, TwinLimits.MaxReportedOctets);
        Assert.True(TwinJson.TryRead(octets, TwinJson.Wire.ReportedDocument, out var read));
        Assert.Equal(500, read.Problems.Count + read.ProblemsOmitted);
        Assert.Equal(500, read.Connections.Count + read.ConnectionsOmitted);
        Assert.InRange(read.Problems.Count, 8, TwinLimits.MaxProblems);
    }

    [Fact]
    public void Shortened_text_never_ends_in_half_a_character()
    {
        var text = TwinLimits.Text(string.Concat(Enumerable.Repeat("😀", 500)));
        Assert.InRange(text.Length, TwinLimits.MaxTextLength - 1, TwinLimits.MaxTextLength);
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
        Assert.EndsWith("😀…", text, StringComparison.Ordinal);
    }
}
