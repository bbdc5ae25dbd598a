using System.Text.Json;
using System.Text.Unicode;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Model.Validation;

/// <summary>How much of a document is looked at.</summary>
/// <param name="Octets">Largest document.</param>
/// <param name="Depth">Deepest nesting of objects and lists.</param>
public readonly record struct DocumentBounds(int Octets, int Depth)
{
    /// <summary>A <c>desired</c> document's body, whether it stands in it or is referred to.</summary>
    public static readonly DocumentBounds Desired = new(TwinLimits.MaxBodyOctets, 16);

    /// <summary>A file on the box or at the operator's: 4 MB, a gateway with a few thousand connections.</summary>
    public static readonly DocumentBounds File = new(4 * 1024 * 1024, 16);
}

/// <summary>Looks over the octets before anything is built from them: size, encoding, depth, well-formedness.</summary>
internal static class DocumentScan
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    /// <summary>True if the document may be parsed; else the one reason is named.</summary>
    /// <param name="octets">The document without byte order mark.</param>
    public static bool TryAccept(ReadOnlyMemory<byte> document, DocumentBounds bounds, ProblemList problems, out ReadOnlyMemory<byte> octets)
    {
        octets = default;
        if (document.Length > bounds.Octets)
        {
            problems.Error(ProblemKind.TooLarge, JsonPath.Root, $"The document has more than {bounds.Octets} octets.");
            return false;
        }

        var other = FileTrouble.EncodingOf(document.Span);
        if (other is not null || !Utf8.IsValid(document.Span))
        {
            problems.Error(ProblemKind.Syntax, JsonPath.Root, other is null ? "The document is not UTF-8." : $"The document is {other}.", other is null || other.StartsWith("UTF", StringComparison.Ordinal) ? "save it as UTF-8" : "unpack it");
            return false;
        }

        octets = document.Span.StartsWith(ByteOrderMark) ? document[ByteOrderMark.Length..] : document;
        return IsWellFormed(octets.Span, bounds, problems);
    }

    private static bool IsWellFormed(ReadOnlySpan<byte> document, DocumentBounds bounds, ProblemList problems)
    {
        // One bit of state per level: the deepest document that fits is cheap to scan, and its depth is ours to judge.
        var reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = bounds.Octets + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= bounds.Depth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                {
                    problems.Error(ProblemKind.TooMuch, JsonPath.Root, $"The document is nested deeper than {bounds.Depth} levels {Place(document, reader.TokenStartIndex)}.");
                    return false;
                }

                if (reader.ValueIsEscaped && !IsWholeText(ref reader))
                {
                    problems.Error(ProblemKind.Syntax, JsonPath.Root, $"A string holds half of a surrogate pair {Place(document, reader.TokenStartIndex)}.");
                    return false;
                }
            }

            return true;
        }
        catch (JsonException e)
        {
            var mend = e.Message.Contains("comment", StringComparison.OrdinalIgnoreCase) || e.Message.Contains("'/'", StringComparison.Ordinal)
                ? "JSON has no comments"
                : e.Message.Contains("trailing comma", StringComparison.OrdinalIgnoreCase) ? "leave out the comma before the closing bracket" : null;
            var at = $"line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}";
            problems.Error(ProblemKind.Syntax, JsonPath.Root, document.Length == 0 ? "The document is empty." : $"The document is not JSON from {at} on.", mend);
            return false;
        }
    }

    private static bool IsWholeText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() is not null;
        }
        catch (InvalidOperationException) // "\ud800" without its other half
        {
            return false;
        }
    }

    private static string Place(ReadOnlySpan<byte> document, long offset)
    {
        var before = document[..(int)offset];
        var line = before.Count((byte)'\n') + 1;
        return $"(line {line}, column {before.Length - before.LastIndexOf((byte)'\n')})";
    }
}
