using System.Text;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Model.Tests.Twin;

/// <summary>Bodies that do not stand in their document.</summary>
public sealed class BodyReferenceTests
{
    private const string Hash = "6ade6be636428210dbc2e0832fdc99b00ee49b4828acc1685f3c6b6c55d2e237";

    [Theory]
    [InlineData(1, 1)]
    [InlineData(TwinLimits.BodyPieceOctets, 1)]
    [InlineData(TwinLimits.BodyPieceOctets + 1, 2)]
    [InlineData(TwinLimits.MaxBodyOctets, 32)]
    public void Pieces_cover_the_body_without_gap_or_overlap(int octets, int pieces)
    {
        var body = new byte[octets];
        Random.Shared.NextBytes(body);
        var reference = BodyReference.To(body);
        Assert.Equal(pieces, reference.Pieces);
        Assert.Equal(body, Enumerable.Range(0, pieces).SelectMany(i => reference.Piece(body, i).ToArray()));
        Assert.Equal(pieces, Enumerable.Range(0, pieces).Select(reference.NameOf).Where(name => TwinName.IsValid(name)).Distinct().Count());
    }

    [Fact]
    public void A_document_that_refers_to_its_body_reads_back_and_is_the_same_document()
    {
        var whole = Document("""{"a":1}""");
        var referring = whole.Referring(BodyReference.To(whole.Body.Span));
        var read = DesiredReading.Read(referring.ToJson());
        Assert.Empty(read.Problems);
        Assert.Equal(referring.ByReference, read.Document!.ByReference);
        Assert.True(read.Document.Body.IsEmpty);
        Assert.Equal(whole.Reference, read.Document.Reference);
        Assert.Equal(whole.ToJson(), read.Document.With(whole.Body).ToJson());
    }

    [Theory]
    [InlineData("""{"octets":1048577,"sha256":"HASH"}""", "$.reference.octets", "is 1048577; this box takes bodies of at most 1048576 octets.")]
    [InlineData("""{"octets":99999999999,"sha256":"HASH"}""", "$.reference.octets", "is 99999999999; this box takes bodies of at most 1048576 octets.")]
    [InlineData("""{"octets":0,"sha256":"HASH"}""", "$.reference.octets", "is not the length of a body.")]
    [InlineData("""{"octets":"7","sha256":"HASH"}""", "$.reference.octets", "is not the length of a body.")]
    [InlineData("""{"sha256":"HASH"}""", "$.reference.octets", "is not the length of a body.")]
    [InlineData("""{"octets":7}""", "$.reference.sha256", "is not 64 lower-case hex digits.")]
    [InlineData("""{"octets":7,"sha256":"../../../etc/passwd"}""", "$.reference.sha256", "is not 64 lower-case hex digits.")]
    [InlineData("""{"octets":7,"sha256":"HASH","url":"https://example"}""", "$.reference", "has a field 'url' that this box does not know.")]
    [InlineData("7", "$.reference", "is a number; it must be an object.")]
    public void Whatever_is_wrong_with_a_reference_is_named_and_the_document_is_still_known(string reference, string path, string message)
    {
        var reading = Read(Envelope($"\"reference\":{reference.Replace("HASH", Hash, StringComparison.Ordinal)}"));
        Assert.Equal(new ReportedProblem(path, message), Assert.Single(reading.Problems));
        Assert.Null(reading.Document);
        Assert.Equal((new TwinIdentity("lyon", "box"), new DocumentVersion(1, 7)), (reading.Recipient, reading.Version));
    }

    [Fact]
    public void A_document_has_a_body_or_a_reference_and_never_both()
    {
        Assert.Equal("$.reference", Assert.Single(Read(Envelope($$"""
            "body":{},"reference":{"octets":7,"sha256":"{{Hash}}"}
            """)).Problems).Path);
        Assert.Equal("$.body", Assert.Single(Read(Envelope("\"notAfter\":\"2026-01-31T12:00:00Z\"")).Problems).Path);
    }

    [Theory]
    [InlineData("""{"a":{"b":[1,"é"]}}""", true)]
    [InlineData("""{"a":1}x""", false)]
    [InlineData("{\"a\":1}\n", false)]
    [InlineData(" {}", false)]
    [InlineData("[]", false)]
    [InlineData("", false)]
    [InlineData("""{"a":1,"a":2}""", false)]
    [InlineData("""{"a":{"b":1,"b":2}}""", false)]
    [InlineData("""{"a":"\ud800"}""", false)]
    [InlineData("""{"a":1} // why""", false)]
    public void A_body_that_came_alone_must_be_one_that_could_have_stood_in_its_document(string body, bool isGood) =>
        Assert.Equal(isGood, DesiredReading.ProblemOfBody(Encoding.UTF8.GetBytes(body)) is null);

    [Fact]
    public void A_body_that_came_alone_is_no_deeper_than_one_in_its_document()
    {
        var deep = Encoding.UTF8.GetBytes($$"""{"a":{{new string('[', 300_000)}}{{new string(']', 300_000)}}}""");
        Assert.StartsWith("is not JSON this box reads", DesiredReading.ProblemOfBody(deep)!.Message, StringComparison.Ordinal);
        Assert.Equal("is not UTF-8.", DesiredReading.ProblemOfBody(new byte[] { (byte)'{', 0xff, (byte)'}' })!.Message);
    }

    private static string Envelope(string rest) => $$"""{"fleet":"lyon","device":"box","epoch":1,"revision":7,"schema":1,"issuedAt":"2026-01-31T12:00:00Z",{{rest}}}""";

    private static DesiredReading Read(string json) => DesiredReading.Read(Encoding.UTF8.GetBytes(json));

    private static DesiredDocument Document(string body) => Read(Envelope($"\"body\":{body}")).Document!;
}
