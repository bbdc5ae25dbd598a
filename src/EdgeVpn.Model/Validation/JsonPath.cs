namespace EdgeVpn.Model.Validation;

/// <summary>Where a value stands in a document: <c>$.connections[0].remote.endpoints[0].address</c> (RFC 9535, normalised by dots).</summary>
public readonly record struct JsonPath(string Text)
{
    /// <summary>The document itself.</summary>
    public static readonly JsonPath Root = new("$");

    /// <summary>A member of the object at this path.</summary>
    public JsonPath this[string name] => new(IsPlain(name) ? $"{Text}.{name}" : $"{Text}['{Escape(name)}']");

    /// <summary>An element of the list at this path.</summary>
    public JsonPath this[int index] => new($"{Text}[{index}]");

    /// <summary>True if this is <paramref name="ancestor"/> or stands within it.</summary>
    public bool IsWithin(JsonPath ancestor) =>
        Text.StartsWith(ancestor.Text, StringComparison.Ordinal)
        && (Text.Length == ancestor.Text.Length || Text[ancestor.Text.Length] is '.' or '[');

    public override string ToString() => Text;

    private static bool IsPlain(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    // A hostile name must not fill the screen or break the line it is printed on.
    private static string Escape(string name)
    {
        const int longest = 64;
        var cut = name.Length <= longest ? name : name[..(longest - 3)] + "...";
        return string.Concat(cut.Select(c => c is '\'' or '\\' ? $"\\{c}" : char.IsControl(c) ? $"\\u{(int)c:x4}" : $"{c}"));
    }
}
