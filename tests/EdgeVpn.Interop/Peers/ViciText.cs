namespace EdgeVpn.Interop.Peers;

/// <summary>A section of what <c>swanctl --pretty</c> prints: keys with values, lists and sections, in order.</summary>
public sealed class ViciSection
{
    private readonly List<(string Name, ViciSection Section)> _sections = [];
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _lists = new(StringComparer.Ordinal);

    public IReadOnlyList<(string Name, ViciSection Section)> Sections => _sections;

    /// <summary>The value, or an empty text: swanctl leaves out what it has nothing to say about.</summary>
    public string Value(string key) => _values.GetValueOrDefault(key, "");

    public IReadOnlyList<string> List(string key) => _lists.TryGetValue(key, out var list) ? list : [];

    public ViciSection? Section(string name) => _sections.FirstOrDefault(entry => entry.Name == name).Section;

    /// <summary>Reads whole output: one section per event or reply, named by its first line.</summary>
    /// <exception cref="FormatException">A line is neither a value, nor opens or closes something.</exception>
    public static ViciSection Parse(string text)
    {
        var root = new ViciSection();
        var open = new Stack<ViciSection>([root]);
        List<string>? list = null;
        foreach (var raw in text.Split('\n'))
        {
            var line = raw.Trim();
            if (line.Length == 0) continue;
            if (line == "]") list = null;
            else if (list is not null) list.Add(line);
            else if (line == "}") open.Pop();
            else if (line.EndsWith(" {", StringComparison.Ordinal))
            {
                var section = new ViciSection();
                open.Peek()._sections.Add((line[..^2], section));
                open.Push(section);
            }
            else if (line.EndsWith(" = [", StringComparison.Ordinal)) open.Peek()._lists[line[..^4]] = list = [];
            else if (line.Split(" = ", 2) is [var key, var value]) open.Peek()._values[key] = value;
            else if (line.EndsWith(" =", StringComparison.Ordinal)) open.Peek()._values[line[..^2]] = "";
            else throw new FormatException($"not swanctl --pretty: {line}");
        }

        return root;
    }
}
