using System.Globalization;
using System.Text;
using System.Xml;

namespace EdgeVpn.Rehearsal.Topology.Drawing;

/// <summary>The few SVG elements that the picture needs, in pixels, text escaped and cut to its room.</summary>
internal sealed class SvgWriter : IDisposable
{
    private const double Em = 0.6; // width of a character in parts of the font's size, in a wide font
    private const string Style = """
        text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
        .paper { fill: #ffffff; } .strong { font-weight: 600; } .faint { fill: #59636e; }
        .box { fill: #f6f8fa; stroke: #8c959f; } .gateway { fill: #ddf4ff; stroke: #0969da; stroke-width: 2; }
        .line { fill: none; stroke-width: 2; } .good { stroke: #1a7f37; } .warn { stroke: #9a6700; } .bad { stroke: #cf222e; } .private { stroke: #59636e; stroke-dasharray: 2 4; } .broken { stroke-dasharray: 9 6; }
        .sign-bad { fill: #cf222e; } .sign-warn { fill: #9a6700; } .sign { fill: #ffffff; font-weight: 700; }
        @media (prefers-color-scheme: dark) {
          text { fill: #f0f6fc; } .paper { fill: #0d1117; } .faint { fill: #9198a1; }
          .box { fill: #151b23; stroke: #656c76; } .gateway { fill: #0c2d6b; stroke: #4493f8; }
          .good { stroke: #3fb950; } .warn { stroke: #d29922; } .bad { stroke: #f85149; } .private { stroke: #9198a1; }
          .sign-bad { fill: #f85149; } .sign-warn { fill: #d29922; } .sign { fill: #0d1117; }
        }
        """;

    private readonly StringBuilder _body = new();
    private readonly XmlWriter _xml;

    public SvgWriter() => _xml = XmlWriter.Create(_body, new() { ConformanceLevel = ConformanceLevel.Fragment, Indent = true });

    /// <summary>About how long a text is.</summary>
    public static double Long(string text, double size) => text.Length * size * Em;

    /// <summary>Lines that fit, broken at spaces where there are any.</summary>
    public static List<string> Wrap(string text, double size, double room)
    {
        var length = Math.Max(1, (int)(room / (size * Em)));
        var lines = new List<string>();
        while (text.Length > length)
        {
            var space = text.LastIndexOf(' ', length);
            var end = space > 0 ? space : length;
            lines.Add(text[..end]);
            text = text[end..].TrimStart();
        }

        lines.Add(text);
        return lines;
    }

    public void Text(double x, double y, string text, double size, string tone, double room = 0)
    {
        if (room > 0 && Long(text, size) > room) text = text[..Math.Max(1, (int)(room / (size * Em)) - 1)] + "…";
        _xml.WriteStartElement("text");
        Number("x", x);
        Number("y", y);
        Number("font-size", size);
        _xml.WriteAttributeString("class", tone);
        _xml.WriteString(Clean(text));
        _xml.WriteEndElement();
    }

    /// <param name="apart">Pixels that the line stands beside its way.</param>
    public void Line((double X, double Y) from, (double X, double Y) to, string tone, double apart)
    {
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        var length = Math.Max(1, Math.Sqrt((dx * dx) + (dy * dy)));
        var (sideX, sideY) = (-dy / length * apart, dx / length * apart);
        _xml.WriteStartElement("path");
        _xml.WriteAttributeString("class", tone);
        _xml.WriteAttributeString("d", string.Create(CultureInfo.InvariantCulture, $"M{from.X + sideX:0.#} {from.Y + sideY:0.#}L{to.X + sideX:0.#} {to.Y + sideY:0.#}"));
        _xml.WriteEndElement();
    }

    public void Card(Card card, string kind)
    {
        _xml.WriteStartElement("rect");
        Number("x", card.X);
        Number("y", card.Y);
        Number("width", card.Width);
        Number("height", card.Height);
        Number("rx", kind == "box" ? 4 : 14);
        _xml.WriteAttributeString("class", kind);
        _xml.WriteEndElement();
    }

    /// <summary>A sign that something is to be mended: a cross, or an exclamation mark.</summary>
    public void Badge((double X, double Y) at, bool isError)
    {
        _xml.WriteStartElement("circle");
        Number("cx", at.X);
        Number("cy", at.Y);
        Number("r", 8);
        _xml.WriteAttributeString("class", isError ? "sign-bad" : "sign-warn");
        _xml.WriteEndElement();
        _xml.WriteStartElement("text");
        Number("x", at.X);
        Number("y", at.Y + 4);
        Number("font-size", 12);
        _xml.WriteAttributeString("text-anchor", "middle");
        _xml.WriteAttributeString("class", "sign");
        _xml.WriteString(isError ? "×" : "!");
        _xml.WriteEndElement();
    }

    /// <summary>What is drawn together, and what a pointer or a screen reader is told of it.</summary>
    public void Group(string title, Action draw)
    {
        _xml.WriteStartElement("g");
        _xml.WriteElementString("title", Clean(title));
        draw();
        _xml.WriteEndElement();
    }

    public string Finish(double width, double height, string title, string description)
    {
        _xml.Flush();
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width:0}" height="{height:0}" viewBox="0 0 {width:0} {height:0}" role="img" aria-labelledby="title desc">
            <title id="title">{Escaped(title)}</title>
            <desc id="desc">{Escaped(description)}</desc>
            <style>
            {Style}
            </style>
            <rect class="paper" width="100%" height="100%"/>
            {_body}
            </svg>

            """);
    }

    public void Dispose() => _xml.Dispose();

    private void Number(string name, double value) => _xml.WriteAttributeString(name, value.ToString("0.#", CultureInfo.InvariantCulture));

    private static string Escaped(string text) => System.Security.SecurityElement.Escape(Clean(text));

    /// <summary>What XML cannot carry becomes a dot; a configuration's text is not ours.</summary>
    private static string Clean(string text) => string.Concat(text.EnumerateRunes().Select(static r => r.Value == '\n' || (!Rune.IsControl(r) && r.Value is not (0xFFFE or 0xFFFF)) ? r.ToString() : "·"));
}
