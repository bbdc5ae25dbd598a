namespace EdgeVpn.SetupPage.Seam;

/// <summary>What the daemon answers.</summary>
/// <remarks>
/// <code>
///      4        2        2             1      2 + n    the rest
///     +--------+--------+-------------+------+--------+---------+
///     | number | status | retry after | flags| cookie | body    |
///     +--------+--------+-------------+------+--------+---------+
/// </code>
/// </remarks>
/// <param name="Number">Of the question.</param>
/// <param name="Status">HTTP's.</param>
/// <param name="RetryAfter">Seconds; 0: nothing is said.</param>
/// <param name="Flags">What the body is, and what becomes of the cookie.</param>
/// <param name="Cookie">To be set, if <paramref name="Flags"/> say so.</param>
internal sealed record Answer(uint Number, int Status, int RetryAfter, AnswerFlags Flags, string Cookie, ReadOnlyMemory<byte> Body)
{
    /// <summary>A support bundle, and far more.</summary>
    public const int MaxOctets = 64 * 1_048_576;

    /// <summary>A record's own would print the cookie.</summary>
    public override string ToString() => $"{Number}: {Status}, {Body.Length} octets";

    public ReadOnlyMemory<byte> ToFrame() => new FrameWriter().Number(Number).Word(Status).Word(RetryAfter).Octet((byte)Flags).Text(Cookie).End(Body.Span);

    /// <summary>Null: these octets are no answer.</summary>
    public static Answer? Read(ReadOnlyMemory<byte> frame)
    {
        var reader = new FrameReader(frame);
        var answer = new Answer(reader.Number(), reader.Word(), reader.Word(), (AnswerFlags)reader.Octet(), reader.Text(), reader.Rest);
        return reader.IsWhole ? answer : null;
    }
}

[Flags]
internal enum AnswerFlags : byte
{
    None = 0,

    /// <summary>The body is a support bundle (gzip), to be kept as a file; else it is JSON.</summary>
    Bundle = 1,

    /// <summary>A session begins: its cookie is set.</summary>
    SetCookie = 2,

    /// <summary>It ended: the cookie is deleted.</summary>
    ForgetCookie = 4,
}
