using System.Collections.Immutable;

namespace EdgeVpn.Board.Definitions;

/// <summary>One thing wrong with a board.json.</summary>
/// <param name="Path">Where: "lights.wan.gpio"; empty for the document as a whole.</param>
/// <param name="Message">What, in words that go after the path.</param>
public sealed record BoardProblem(string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? Message : $"{Path}: {Message}";
}

/// <summary>A board definition, or everything that is wrong with it.</summary>
/// <param name="Definition">Null if there is any problem.</param>
public sealed record BoardReading(BoardDefinition? Definition, ImmutableArray<BoardProblem> Problems);
