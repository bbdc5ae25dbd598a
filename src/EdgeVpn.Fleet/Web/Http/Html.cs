using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using EdgeVpn.Fleet.Commands;

namespace EdgeVpn.Fleet.Web.Http;

/// <summary>A piece of HTML. Its only way in from text is <see cref="Of"/>, where every hole is escaped unless it is a piece itself.</summary>
public sealed class Html
{
    public static readonly Html Empty = new("");

    private readonly string _text;

    private Html(string text) => _text = text;

    /// <summary><c>Html.Of($"&lt;b&gt;{name}&lt;/b&gt;")</c>. Attributes stand in double quotes.</summary>
    public static Html Of(HtmlText text) => new(text.Done());

    /// <summary>The piece if it is to be there, else nothing.</summary>
    public static Html If(bool there, Func<Html> piece) => there ? piece() : Empty;

    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(static p => p._text)));

    public override string ToString() => _text;
}

/// <summary>What the compiler makes of an interpolated string for <see cref="Html.Of"/>.</summary>
/// <remarks>Text that somebody else wrote loses its controls and direction marks before it is escaped: it may not pretend to be elsewhere on the page.</remarks>
[InterpolatedStringHandler]
public readonly ref struct HtmlText
{
    private readonly StringBuilder _text;

    public HtmlText(int literalLength, int formattedCount) => _text = new StringBuilder(literalLength + (formattedCount * 24));

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(Html piece) => _text.Append(piece);

    public void AppendFormatted(IEnumerable<Html> pieces)
    {
        foreach (var piece in pieces) _text.Append(piece);
    }

    public void AppendFormatted(string? text)
    {
        if (text is null) return;
        foreach (var c in FleetConsole.Printable(text))
        {
            switch (c)
            {
                case '<': _text.Append("&lt;"); break;
                case '>': _text.Append("&gt;"); break;
                case '&': _text.Append("&amp;"); break;
                case '"': _text.Append("&quot;"); break;
                case '\'': _text.Append("&#39;"); break;
                default: _text.Append(c); break;
            }
        }
    }

    public void AppendFormatted(long number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

    public void AppendFormatted(double number, string format) => _text.Append(number.ToString(format, CultureInfo.InvariantCulture));

    internal string Done() => _text.ToString();
}
