namespace EdgeVpn.SetupPage.Seam;

/// <summary>What a browser asks of the box, as the page's server passes it on to the daemon.</summary>
/// <remarks>
/// <code>
///      4        1        2 + n   2 + n    2 + n    the rest
///     +--------+--------+-------+--------+--------+---------+
///     | number | kind   | path  | cookie | token  | body    |
///     +--------+--------+-------+--------+--------+---------+
/// </code>
/// </remarks>
/// <param name="Number">Comes back in the answer; questions are answered in any order.</param>
/// <param name="Path">Of the URL.</param>
/// <param name="Cookie">That names the session; empty: none.</param>
/// <param name="Token">That proves that the request was made by our own page; empty: none.</param>
/// <param name="Body">JSON, unread; empty unless something is done.</param>
internal sealed record Question(uint Number, QuestionKind Kind, string Path, string Cookie, string Token, ReadOnlyMemory<byte> Body)
{
    /// <summary>More than Azure's files of one gateway, escaped as JSON in JSON.</summary>
    public const int MaxBodyOctets = 2 * 1_048_576;

    /// <summary>Of path, cookie and token: longer ones belong to nothing of ours.</summary>
    public const int MaxTextLength = 256;

    public const int MaxOctets = MaxBodyOctets + 4_096;

    /// <summary>Kinds, path and numbers; a record's own would print the code and the keys of a configuration.</summary>
    public override string ToString() => $"{Number}: {Kind} {Path}, {Body.Length} octets";

    public ReadOnlyMemory<byte> ToFrame() => new FrameWriter().Number(Number).Octet((byte)Kind).Text(Path).Text(Cookie).Text(Token).End(Body.Span);

    /// <summary>Null: these octets are no question.</summary>
    public static Question? Read(ReadOnlyMemory<byte> frame)
    {
        var reader = new FrameReader(frame);
        var question = new Question(reader.Number(), (QuestionKind)reader.Octet(), reader.Text(), reader.Text(), reader.Text(), reader.Rest);
        return reader.IsWhole && question.Kind <= QuestionKind.Do ? question : null;
    }
}

internal enum QuestionKind : byte
{
    /// <summary>Shows something; needs a session.</summary>
    See,

    /// <summary>Whether this session may do what the path says; asked before a body is read.</summary>
    May,

    /// <summary>Does it.</summary>
    Do,
}
