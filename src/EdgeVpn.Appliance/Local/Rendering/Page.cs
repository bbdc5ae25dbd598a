using System.Text;

namespace EdgeVpn.Appliance.Local.Rendering;

/// <summary>Lines and tables of tones, the same layout for a terminal and for a file.</summary>
/// <param name="colour">Paint the tones.</param>
/// <param name="symbols">Ticks and crosses instead of words.</param>
public sealed class Page(bool colour = false, bool symbols = false)
{
    private const string Gap = "  ";

    private readonly StringBuilder _text = new();

    public bool Symbols => symbols;

    public void Line(params ReadOnlySpan<Ink> pieces)
    {
        var start = _text.Length;
        foreach (var piece in pieces) _text.Append(piece.Paint(colour));
        EndLine(start);
    }

    /// <summary>Columns as wide as their widest cell. A row may have fewer cells than the others.</summary>
    public void Table(string indent, IReadOnlyList<IReadOnlyList<Ink>> rows)
    {
        var widths = new List<int>();
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Count; i++)
            {
                if (i == widths.Count) widths.Add(0);
                widths[i] = Math.Max(widths[i], row[i].Text.Length);
            }
        }

        foreach (var row in rows)
        {
            var start = _text.Length;
            _text.Append(indent);
            for (var i = 0; i < row.Count; i++)
            {
                if (i > 0) _text.Append(Gap);
                _text.Append(row[i].Paint(colour));
                if (i < row.Count - 1) _text.Append(' ', widths[i] - row[i].Text.Length);
            }

            EndLine(start);
        }
    }

    public override string ToString() => _text.ToString();

    private void EndLine(int start)
    {
        while (_text.Length > start && _text[^1] == ' ') _text.Length--;
        _text.Append('\n');
    }
}
