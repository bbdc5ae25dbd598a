using System.Text;
using EdgeVpn.SetupPage.Seam;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local.SetupPage;

/// <summary>What the page's server and the daemon say to each other: the daemon reads it as a stranger's.</summary>
public sealed class SeamTests
{
    [Fact]
    public void A_question_arrives_as_it_was_asked()
    {
        var asked = new Question(7, QuestionKind.Do, "/wan", "c00c1e", "t0ken", Encoding.UTF8.GetBytes("""{ "interface": "wan0" }"""));
        var came = Question.Read(Content(asked.ToFrame()))!;
        Assert.Equal((asked.Number, asked.Kind, asked.Path, asked.Cookie, asked.Token), (came.Number, came.Kind, came.Path, came.Cookie, came.Token));
        Assert.Equal(asked.Body.ToArray(), came.Body.ToArray());
    }

    [Fact]
    public void An_answer_arrives_as_it_was_given()
    {
        var given = new Answer(9, 429, 12, AnswerFlags.Bundle | AnswerFlags.SetCookie, "c00c1e", new byte[] { 0x1f, 0x8b });
        var came = Answer.Read(Content(given.ToFrame()))!;
        Assert.Equal((given.Number, given.Status, given.RetryAfter, given.Flags, given.Cookie), (came.Number, came.Status, came.RetryAfter, came.Flags, came.Cookie));
        Assert.Equal(given.Body.ToArray(), came.Body.ToArray());
    }

    [Fact]
    public void What_is_cut_short_or_of_no_kind_is_no_question()
    {
        var head = Content(new Question(7, QuestionKind.See, "/state", "c00c1e", "t0ken", default).ToFrame());
        Assert.NotNull(Question.Read(head));
        for (var length = 0; length < head.Length; length++) Assert.Null(Question.Read(head[..length]));

        var odd = head.ToArray();
        odd[sizeof(uint)] = 3;
        Assert.Null(Question.Read(odd));
    }

    [Fact]
    public void Neither_prints_a_secret()
    {
        Assert.Equal("7: Do /sign-in, 4 octets", new Question(7, QuestionKind.Do, "/sign-in", "c00c1e", "t0ken", "7KQ2"u8.ToArray()).ToString());
        Assert.Equal("7: 200, 0 octets", new Answer(7, 200, 0, AnswerFlags.SetCookie, "c00c1e", default).ToString());
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 1, 0 })] // 16 megabytes are announced
    [InlineData(new byte[] { 4, 0, 0, 0, 1 })] // and this one is cut short
    public async Task A_frame_without_bounds_or_end_ends_the_line(byte[] octets)
    {
        var (near, far) = EdgeVpn.Linux.ChildProcess.Line();
        using var line = new FrameLine(near, maxOctets: 1_024);
        using (var other = new System.Net.Sockets.Socket(far)) await other.SendAsync(octets, TestContext.Current.CancellationToken);
        Assert.Null(await line.ReadAsync(TestContext.Current.CancellationToken));
    }

    private static ReadOnlyMemory<byte> Content(ReadOnlyMemory<byte> frame)
    {
        Assert.Equal(frame.Length - sizeof(int), BitConverter.ToInt32(frame.Span));
        return frame[sizeof(int)..];
    }
}
