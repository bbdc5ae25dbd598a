using System.Text;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Model.Tests.Twin;

public sealed class DesiredReadingTests
{
    private const string Good =
        """{"fleet":"lyon","device":"box","epoch":1,"revision":7,"schema":1,"issuedAt":"2026-01-31T12:00:00Z","notAfter":"2026-02-28T12:00:00+01:00","body":{ "connections" : [] }}""";

    [Fact]
    public void An_envelope_reads_and_its_body_keeps_every_octet()
    {
        var reading = Read(Good);
        Assert.Empty(reading.Problems);
        var document = reading.Document!;
        Assert.Equal(new TwinIdentity("lyon", "box"), document.Recipient);
        Assert.Equal(new DocumentVersion(1, 7), document.Version);
        Assert.Equal(1, document.Schema);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero), document.IssuedAt);
        Assert.Equal(new DateTimeOffset(2026, 2, 28, 11, 0, 0, TimeSpan.Zero), document.NotAfter);
        Assert.Equal("""{ "connections" : [] }""", Encoding.UTF8.GetString(document.Body.Span));
        // echo -n '{ "connections" : [] }' | sha256sum
        Assert.Equal("6ade6be636428210dbc2e0832fdc99b00ee49b4828acc1685f3c6b6c55d2e237", document.Reference.Sha256);
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        var document = Read(Good).Document!;
        var again = DesiredReading.Read(document.ToJson()).Document!;
        Assert.Equal(document with { Body = default }, again with { Body = default });
        Assert.Equal(document.Reference, again.Reference);
    }

    [Theory]
    [InlineData("{\"a\":1}\n")]
    [InlineData("\ufeff \r\n\t{\"a\":1}  \n\n")]
    public void White_space_and_a_byte_order_mark_around_the_body_do_not_change_its_hash(string file)
    {
        var document = Read(Good).Document! with { Body = Encoding.UTF8.GetBytes(file) };
        Assert.Equal("""{"a":1}""", Encoding.UTF8.GetString(document.Body.Span));
        Assert.Equal(document.Reference, DesiredReading.Read(document.ToJson()).Document!.Reference);
    }

    [Fact]
    public void Every_problem_is_named_at_once_with_its_path()
    {
        var reading = Read("""{"fleet":"ly/on","device":7,"epoch":0,"revision":"7","issuedAt":"yesterday","notAfter":"2026-01-31T12:00:00","body":[],"extra":1,"Fleet":"lyon"}""");
        Assert.Null(reading.Document);
        Assert.Equal(
            ["$", "$", "$.fleet", "$.device", "$.epoch", "$.revision", "$.schema", "$.issuedAt", "$.notAfter", "$.body"],
            reading.Problems.Select(p => p.Path));
        Assert.Contains("'extra'", reading.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("'Fleet'", reading.Problems[1].Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{/* */}")]
    [InlineData("{\"a\":1,}")]
    public void Octets_that_are_not_one_object_are_one_problem_at_the_root(string text)
    {
        var reading = Read(text);
        Assert.Null(reading.Document);
        Assert.Contains(reading.Problems, p => p.Path is "$" or "$.fleet");
    }

    [Fact]
    public void A_field_given_twice_is_refused_at_any_depth()
    {
        Assert.Null(Read(Good.Replace("\"epoch\":1", "\"epoch\":1,\"epoch\":2", StringComparison.Ordinal)).Document);
        Assert.Null(Read(Good.Replace("[]", """[{"name":"a","name":"b"}]""", StringComparison.Ordinal)).Document);
    }

    [Theory]
    [InlineData(TwinLimits.MaxDepth - 2, true)] // the envelope and the body are two levels
    [InlineData(TwinLimits.MaxDepth - 1, false)]
    [InlineData(10_000, false)]
    public void Nesting_ends_at_its_bound(int depth, bool reads)
    {
        var nested = new string('[', depth) + new string(']', depth);
        Assert.Equal(reads, Read(Good.Replace("[]", nested, StringComparison.Ordinal)).Document is not null);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("9007199254740991", true)]
    [InlineData("9007199254740992", false)]
    [InlineData("1e3", false)]
    [InlineData("1.5", false)]
    [InlineData("-1", false)]
    [InlineData("99999999999999999999999999", false)]
    public void Revisions_are_whole_numbers_that_every_reader_holds_exactly(string number, bool reads) =>
        Assert.Equal(reads, Read(Good.Replace("\"revision\":7", "\"revision\":" + number, StringComparison.Ordinal)).Document is not null);

    [Theory]
    [InlineData("\\ud800")] // a lone surrogate: valid JSON grammar, no text
    [InlineData("\\u0000")]
    [InlineData("a/b")]
    [InlineData("")]
    public void A_name_that_is_none_is_a_problem(string name)
    {
        var reading = Read(Good.Replace("\"lyon\"", $"\"{name}\"", StringComparison.Ordinal));
        Assert.Null(reading.Recipient);
        Assert.Contains(reading.Problems, p => p.Path is "$.fleet" or "$");
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800")]
    [InlineData("\\u0065poch")] // "epoch", spelt so that a look at the octets misses it
    public void A_field_whose_name_is_an_escape_is_a_problem(string name)
    {
        Assert.NotEmpty(Read(Good.Replace("{\"fleet\"", $"{{\"{name}\":1,\"{name}\":2,\"fleet\"", StringComparison.Ordinal)).Problems);
        Assert.NotEmpty(Read(Good.Replace("{\"fleet\"", $"{{\"{name}\":1,\"fleet\"", StringComparison.Ordinal)).Problems);
    }

    [Fact]
    public void Half_a_surrogate_pair_never_reaches_the_body_s_reader()
    {
        Assert.Null(Read(Good.Replace("[]", """{"\ud800":1}""", StringComparison.Ordinal)).Document);
        Assert.Null(Read(Good.Replace("[]", """["\udc00"]""", StringComparison.Ordinal)).Document);
        Assert.NotNull(Read(Good.Replace("[]", """["\ud83d\ude00"]""", StringComparison.Ordinal)).Document);
    }

    [Fact]
    public void No_truncation_and_no_changed_octet_throws()
    {
        var octets = Encoding.UTF8.GetBytes(Good);
        for (var length = 0; length < octets.Length; length++) Assert.Null(DesiredReading.Read(octets.AsMemory(0, length)).Document);
        var changed = 0;
        for (var at = 0; at < octets.Length; at++)
        {
            var was = octets[at];
            for (var value = 0; value <= 255; value++)
            {
                octets[at] = (byte)value;
                var reading = DesiredReading.Read(octets);
                if (reading.Document is null) Assert.NotEmpty(reading.Problems);
                else changed++;
            }

            octets[at] = was;
        }

        Assert.InRange(changed, octets.Length, octets.Length * 256); // at least each unchanged octet's own value
    }

    private static DesiredReading Read(string text) => DesiredReading.Read(Encoding.UTF8.GetBytes(text));
}
