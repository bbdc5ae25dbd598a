using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;

namespace EdgeVpn.Model.Twin;

/// <summary>One thing wrong with a document.</summary>
/// <param name="Path">JSON path from the document's root (<c>$.epoch</c>); problems of the configuration start at <c>$.body</c>.</param>
/// <param name="Message">What is wrong and what would be right; one sentence.</param>
public sealed record ReportedProblem(string Path, string Message);

/// <summary>An envelope as far as it could be read, and every problem found in it.</summary>
public sealed record DesiredReading
{
    private static readonly string[] Fields = ["fleet", "device", "epoch", "revision", "schema", "issuedAt", "notAfter", "body", "reference"];

    /// <summary>Who it says it is for, if it says so at all.</summary>
    public TwinIdentity? Recipient { get; private init; }

    /// <summary>Its version, if both numbers are there and in range; else <see cref="DocumentVersion.None"/>.</summary>
    public DocumentVersion Version { get; private init; }

    /// <summary>The document; null if there is any problem.</summary>
    public DesiredDocument? Document { get; private init; }

    public ImmutableArray<ReportedProblem> Problems { get; private init; } = [];

    /// <summary>Reads an envelope. Whatever the octets are, a value comes back; the caller has checked their number.</summary>
    /// <remarks>Unknown fields, fields given twice (at any depth) and nesting beyond <see cref="TwinLimits.MaxDepth"/> are problems.</remarks>
    public static DesiredReading Read(ReadOnlyMemory<byte> octets)
    {
        using var json = Parse(octets, out var problem);
        return json is null ? new DesiredReading { Problems = [new ReportedProblem("$", problem!)] } : Read(json.RootElement);
    }

    /// <summary>What is wrong with a body that came by reference, which nothing around it was parsed with; null if it could have stood in its document.</summary>
    public static ReportedProblem? ProblemOfBody(ReadOnlyMemory<byte> body)
    {
        using var json = Parse(body, out var problem);
        if (json is null) return new ReportedProblem("$.body", problem!);
        if (json.RootElement.ValueKind != JsonValueKind.Object) return new ReportedProblem("$.body", $"is {Name(json.RootElement)}; it must be {Name(JsonValueKind.Object)}.");
        // Its hash is over these octets and is kept with them: what the document itself would cut off must not be there.
        return body.Span is [(byte)'{', .., (byte)'}'] ? null : new ReportedProblem("$.body", "has something around its object.");
    }

    /// <summary>Null, with one sentence, if it is not JSON that a box reads.</summary>
    private static JsonDocument? Parse(ReadOnlyMemory<byte> octets, out string? problem)
    {
        problem = null;
        try
        {
            // The parser leaves strings unchecked until somebody asks for them; from here on every name and string is text.
            if (!Utf8.IsValid(octets.Span)) problem = "is not UTF-8.";
            else if (!IsText(octets.Span)) problem = "has a string with half a surrogate pair, which is no text.";
            else
            {
                return JsonDocument.Parse(octets, new JsonDocumentOptions
                {
                    MaxDepth = TwinLimits.MaxDepth,
                    AllowDuplicateProperties = false,
                    CommentHandling = JsonCommentHandling.Disallow,
                });
            }
        }
        catch (JsonException e)
        {
            problem = TwinLimits.Text("is not JSON this box reads: " + e.Message);
        }

        return null;
    }

    private static bool IsText(ReadOnlySpan<byte> octets)
    {
        var reader = new Utf8JsonReader(octets, new JsonReaderOptions { MaxDepth = TwinLimits.MaxDepth });
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped) continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }

        return true;
    }

    private static DesiredReading Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return new DesiredReading { Problems = [new ReportedProblem("$", $"is {Name(root)}; a document is an object.")] };

        var problems = ImmutableArray.CreateBuilder<ReportedProblem>();
        foreach (var property in root.EnumerateObject())
        {
            // Case matters, as in every field of the contract; the name is a stranger's text, so it is bounded.
            if (Array.IndexOf(Fields, property.Name) < 0)
                problems.Add(new ReportedProblem("$", TwinLimits.Text($"has a field '{property.Name}' that this box does not know.")));
        }

        var fleet = NameOf(root, "fleet", problems);
        var device = NameOf(root, "device", problems);
        if (fleet is not null && TwinName.IsReservedFleet(fleet))
        {
            problems.Add(new ReportedProblem("$.fleet", $"'{fleet}' is reserved."));
            fleet = null;
        }

        var epoch = Number(root, "epoch", problems);
        var revision = Number(root, "revision", problems);
        var schema = Number(root, "schema", problems);
        if (schema > int.MaxValue)
        {
            problems.Add(new ReportedProblem("$.schema", "is out of range."));
            schema = 0;
        }

        var issuedAt = Time(root, "issuedAt", required: true, problems);
        var notAfter = Time(root, "notAfter", required: false, problems);
        var elsewhere = root.TryGetProperty("reference", out _) ? ReferenceOf(root, problems) : null;
        var body = elsewhere is null ? Body(root, problems) : default;
        if (elsewhere is not null && root.TryGetProperty("body", out _)) problems.Add(new ReportedProblem("$.reference", "stands beside a body; a document has one of them."));

        var recipient = fleet is not null && device is not null ? new TwinIdentity(fleet, device) : null;
        var version = epoch != 0 && revision != 0 ? new DocumentVersion(epoch, revision) : DocumentVersion.None;
        var reading = new DesiredReading { Recipient = recipient, Version = version, Problems = problems.ToImmutable() };
        if (problems.Count > 0) return reading;
        var document = new DesiredDocument
        {
            Recipient = recipient!,
            Version = version,
            Schema = (int)schema,
            IssuedAt = issuedAt!.Value,
            NotAfter = notAfter,
            Body = body,
        };
        return reading with { Document = elsewhere is null ? document : document.Referring(elsewhere) };
    }

    private static string? NameOf(JsonElement root, string field, ImmutableArray<ReportedProblem>.Builder problems)
    {
        if (!Find(root, field, JsonValueKind.String, required: true, problems, out var value)) return null;
        if (value.GetString() is { } name && TwinName.IsValid(name)) return name;
        problems.Add(new ReportedProblem($"$.{field}", "is not a name: 1 to 63 letters, digits, '-', '_' or '.', starting with a letter or digit."));
        return null;
    }

    /// <summary>0 if absent or out of range (a problem was added).</summary>
    private static long Number(JsonElement root, string field, ImmutableArray<ReportedProblem>.Builder problems)
    {
        if (!Find(root, field, JsonValueKind.Number, required: true, problems, out var value)) return 0;
        if (value.TryGetInt64(out var number) && DocumentVersion.IsNumber(number)) return number;
        problems.Add(new ReportedProblem($"$.{field}", "is not a whole number from 1 to 2^53 − 1."));
        return 0;
    }

    private static DateTimeOffset? Time(JsonElement root, string field, bool required, ImmutableArray<ReportedProblem>.Builder problems)
    {
        if (!Find(root, field, JsonValueKind.String, required, problems, out var value)) return null;
        // RFC 3339 with its offset: a time without one would be read in the box's own zone.
        if (value.GetString() is { Length: >= 20 and <= 40 } text &&
            (text[^1] == 'Z' || text[^6] is '+' or '-') &&
            DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time)) return time;
        problems.Add(new ReportedProblem($"$.{field}", "is not a time like 2026-01-31T12:00:00Z."));
        return null;
    }

    private static ReadOnlyMemory<byte> Body(JsonElement root, ImmutableArray<ReportedProblem>.Builder problems) =>
        Find(root, "body", JsonValueKind.Object, required: true, problems, out var value) ? JsonMarshal.GetRawUtf8Value(value).ToArray() : default;

    /// <summary>A reference even if something is wrong with it (a problem was added), so that nobody asks for the body besides.</summary>
    private static BodyReference ReferenceOf(JsonElement root, ImmutableArray<ReportedProblem>.Builder problems)
    {
        var nothing = new BodyReference(0, "");
        if (!Find(root, "reference", JsonValueKind.Object, required: true, problems, out var reference)) return nothing;
        foreach (var property in reference.EnumerateObject())
        {
            if (property.Name is not ("octets" or "sha256")) problems.Add(new ReportedProblem("$.reference", TwinLimits.Text($"has a field '{property.Name}' that this box does not know.")));
        }

        if (!reference.TryGetProperty("octets", out var length) || length.ValueKind != JsonValueKind.Number || !length.TryGetInt64(out var octets) || octets < 1)
        {
            problems.Add(new ReportedProblem("$.reference.octets", "is not the length of a body."));
            return nothing;
        }

        if (octets > TwinLimits.MaxBodyOctets)
        {
            problems.Add(new ReportedProblem("$.reference.octets", $"is {octets}; this box takes bodies of at most {TwinLimits.MaxBodyOctets} octets."));
            return nothing;
        }

        if (reference.TryGetProperty("sha256", out var hash) && hash.ValueKind == JsonValueKind.String && hash.GetString() is { } text && BodyReference.IsHash(text))
            return new BodyReference((int)octets, text);
        problems.Add(new ReportedProblem("$.reference.sha256", "is not 64 lower-case hex digits."));
        return nothing;
    }

    private static bool Find(JsonElement root, string field, JsonValueKind kind, bool required, ImmutableArray<ReportedProblem>.Builder problems, out JsonElement value)
    {
        if (!root.TryGetProperty(field, out value))
        {
            if (required) problems.Add(new ReportedProblem($"$.{field}", "is missing."));
            return false;
        }

        if (value.ValueKind == kind) return true;
        problems.Add(new ReportedProblem($"$.{field}", $"is {Name(value)}; it must be {Name(kind)}."));
        return false;
    }

    private static string Name(JsonElement element) => Name(element.ValueKind);

    private static string Name(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };
}
