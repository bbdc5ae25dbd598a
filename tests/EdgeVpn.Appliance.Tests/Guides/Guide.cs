namespace EdgeVpn.Guides;

/// <summary>A guide as a reader uses it: files to write down, commands to type, in their order.</summary>
/// <param name="Name">Its file's name.</param>
/// <param name="Files">Blocks that name a file after their language: <c>```json config.json</c>.</param>
/// <param name="Commands">Lines of <c>```sh</c> blocks.</param>
internal sealed record Guide(string Name, IReadOnlyDictionary<string, string> Files, IReadOnlyList<string> Commands)
{
    /// <summary>The repository above the test's binary.</summary>
    public static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "EdgeVpn.sln"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    /// <summary>All of them.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateFiles(Path.Combine(Root, "board", "guides"), "*.md").Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    public static Guide Read(string name)
    {
        var (files, commands) = (new Dictionary<string, string>(), new List<string>());
        var lines = File.ReadAllLines(Path.Combine(Root, "board", "guides", name));
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            var words = lines[i][3..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var end = Array.FindIndex(lines, i + 1, l => l == "```");
            if (end < 0) throw new FormatException($"{name}:{i + 1}: a block without an end");
            var body = lines[(i + 1)..end];
            if (words is [_, var file]) files.Add(file, string.Join('\n', body) + "\n");
            else if (words is ["sh"]) commands.AddRange(body.Where(l => l.Length > 0));
            else throw new FormatException($"{name}:{i + 1}: a block is ```sh, or names its file");
            i = end;
        }

        return new Guide(name, files, commands);
    }
}
