using System.Collections.Immutable;
using System.Reflection;

namespace EdgeVpn.Board.Definitions;

/// <summary>The boards the program knows by name, and any other by its file.</summary>
public static class BoardCatalog
{
    private const string Suffix = "/board.json";
    private const string DeviceTreeModel = "/proc/device-tree/model";
    private const string AnyMachine = "generic";
    private static readonly Assembly s_home = typeof(BoardCatalog).Assembly;

    /// <summary>Every known name, sorted.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        .. s_home.GetManifestResourceNames()
            .Where(name => name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[..^Suffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A board by name (<c>raspberry-pi-4</c>), or by file: anything with a slash or ending in <c>.json</c>.</summary>
    /// <returns>The definition, or why there is none; a missing or unreadable file is a problem, not an exception.</returns>
    public static BoardReading Load(string nameOrFile)
    {
        if (nameOrFile.Contains('/') || nameOrFile.EndsWith(".json", StringComparison.Ordinal)) return LoadFile(nameOrFile);
        if (Text(nameOrFile) is { } json) return BoardReader.Read(json);
        var meant = Spelling.Closest(nameOrFile, Names);
        return Refused($"no board is called \"{nameOrFile}\"" + (meant is null ? "" : $"; did you mean \"{meant}\"?") + $" Known: {string.Join(", ", Names)}");
    }

    /// <summary>The board that this machine's device tree speaks of; any machine's, without lights and button, if none of ours is meant.</summary>
    public static BoardReading OfThisMachine()
    {
        var model = File.Exists(DeviceTreeModel) ? File.ReadAllText(DeviceTreeModel) : "";
        return ForModel(model) is { } board ? new BoardReading(board, []) : Load(AnyMachine);
    }

    /// <summary>The board a device tree speaks of; null if none of ours does.</summary>
    /// <param name="deviceTreeModel">/proc/device-tree/model; its closing zero does no harm.</param>
    public static BoardDefinition? ForModel(string deviceTreeModel) =>
        Names.Select(name => BoardReader.Read(Text(name)!).Definition!)
            .SelectMany(board => board.Models.Select(model => (board, model)))
            .Where(pair => deviceTreeModel.StartsWith(pair.model, StringComparison.Ordinal))
            .OrderByDescending(pair => pair.model.Length)
            .Select(pair => pair.board)
            .FirstOrDefault();

    private static BoardReading LoadFile(string path)
    {
        try
        {
            var size = new FileInfo(path).Length;
            return size > BoardReader.MaxOctets
                ? Refused($"{path} is longer than {BoardReader.MaxOctets} octets")
                : BoardReader.Read(File.ReadAllText(path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Refused($"{path} cannot be read: {fault.Message}");
        }
    }

    private static string? Text(string name)
    {
        using var stream = s_home.GetManifestResourceStream(name + Suffix);
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static BoardReading Refused(string message) => new(null, [new BoardProblem("", message)]);
}
