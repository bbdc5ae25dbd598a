using System.Text;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests;

/// <summary>What a person hears of a file that cannot be used, and of one that another editor wrote.</summary>
public class FileTroubleTests
{
    [Fact]
    public void The_words_are_ours_where_the_runtimes_mislead()
    {
        Assert.Equal("x cannot be read: it is a folder.", FileTrouble.Sentence("x", new UnauthorizedAccessException("Access to the path '/a/x' is denied."), isFolder: true));
        Assert.Equal("x cannot be read: there is no such file.", FileTrouble.Sentence("x", new FileNotFoundException("Could not find file '/a/x'."), isFolder: false));
        Assert.Equal("x cannot be read: there is no such file.", FileTrouble.Sentence("x", new DirectoryNotFoundException(), isFolder: false));
        Assert.Equal("x cannot be read: permission denied.", FileTrouble.Sentence("x", new UnauthorizedAccessException(), isFolder: false));
        Assert.Equal("x cannot be read: Input/output error", FileTrouble.Sentence("x", new IOException("Input/output error"), isFolder: false));
    }

    public static TheoryData<byte[], string> Encodings => new()
    {
        { [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("{}")], "UTF-16, as Windows PowerShell's > writes it" },
        { [.. Encoding.BigEndianUnicode.GetPreamble(), .. Encoding.BigEndianUnicode.GetBytes("{}")], "UTF-16, as Windows PowerShell's > writes it" },
        { Encoding.Unicode.GetBytes("{}"), "UTF-16 without a byte order mark" },
        { Encoding.BigEndianUnicode.GetBytes("{}"), "UTF-16 without a byte order mark" },
        { [(byte)'P', (byte)'K', 3, 4, 0xff], "a zip archive" },
        { [0x1f, 0x8b, 8, 0], "a gzip archive" },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void A_configuration_in_another_encoding_is_refused_by_its_name_with_the_mend(byte[] octets, string name)
    {
        var problem = Assert.Single(ConfigurationReader.Read(octets, DocumentBounds.File).Errors);
        Assert.Equal($"The document is {name}.", problem.Sentence);
        Assert.Equal(name.StartsWith("UTF", StringComparison.Ordinal) ? "save it as UTF-8" : "unpack it", problem.Mend);
    }

    [Fact]
    public void Utf8_with_a_byte_order_mark_is_read() =>
        Assert.True(ConfigurationReader.Read((byte[])[0xef, 0xbb, 0xbf, .. "{ \"schema\": 1 }"u8], DocumentBounds.File).IsValid);
}
