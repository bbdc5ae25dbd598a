namespace EdgeVpn.Model.Twin;

/// <summary>The bounds of everything that crosses the broker. Both sides keep them; neither trusts the other to.</summary>
public static class TwinLimits
{
    /// <summary>Largest <c>desired</c> payload a box takes, in octets, signature included. Larger bodies go by reference (<see cref="BodyReference"/>).</summary>
    public const int MaxDesiredOctets = 32 * 1024;

    /// <summary>Largest body that goes by reference, in octets.</summary>
    public const int MaxBodyOctets = 1024 * 1024;

    /// <summary>Octets of a body's pieces, the last one excepted.</summary>
    public const int BodyPieceOctets = 32 * 1024;

    /// <summary>Largest payload a box publishes, in octets.</summary>
    public const int MaxReportedOctets = 32 * 1024;

    /// <summary>Deepest nesting of objects and arrays in any document.</summary>
    public const int MaxDepth = 32;

    /// <summary>Longest fleet, device, command or response name, in characters (all of them ASCII).</summary>
    public const int MaxNameLength = 63;

    /// <summary>Longest topic: prefix, four names, separators.</summary>
    public const int MaxTopicLength = 4 * (MaxNameLength + 1) + 16;

    /// <summary>Problems listed in one report; the rest are counted.</summary>
    public const int MaxProblems = 32;

    /// <summary>Connections listed in one report; the rest are counted.</summary>
    public const int MaxConnections = 64;

    /// <summary>Longest text a report carries in one field, in characters; longer ones end in an ellipsis.</summary>
    public const int MaxTextLength = 240;

    /// <summary>Longest text in one part of an answer, in characters.</summary>
    public const int MaxPartLength = 4_096;

    /// <summary>Parts of one answer.</summary>
    public const int MaxParts = 64;

    /// <summary>Longest time in which a command may be taken.</summary>
    public static readonly TimeSpan MaxCommandLife = TimeSpan.FromHours(1);

    /// <summary>Largest epoch and revision: the integers that every JSON reader holds exactly (2^53 − 1).</summary>
    public const long MaxVersionNumber = 9_007_199_254_740_991;

    /// <summary>Shortens <paramref name="text"/> to <see cref="MaxTextLength"/> characters, never between the halves of a surrogate pair.</summary>
    public static string Text(string text)
    {
        if (text.Length <= MaxTextLength) return text;
        var end = MaxTextLength - 1;
        if (char.IsHighSurrogate(text[end - 1])) end--;
        return string.Concat(text.AsSpan(0, end), "…");
    }
}
