using System.Globalization;
using System.Text;
using System.Xml;

namespace EdgeVpn.Board.Drawing;

/// <summary>The few SVG elements a card needs, in millimetres, text escaped.</summary>
internal sealed class CardWriter
{
    public const double Width = 148;
    public const double Margin = 9;
    private const double MinHeight = 210;

    private readonly StringBuilder _body = new();
    private readonly XmlWriter _xml;

    public CardWriter() =>
        _xml = XmlWriter.Create(_body, new() { ConformanceLevel = ConformanceLevel.Fragment, Indent = true });

    /// <summary>How far down the card is filled.</summary>
    public double Y { get; set; }

    /// <param name="room">Millimetres the text may take; a longer one is set smaller. 0: to the card's edge.</param>
    public void Text(double x, double y, string text, double size = 2.9, bool bold = false, string? anchor = null, double room = 0)
    {
        if (room == 0) room = anchor is null ? Width - Margin - x : Width;
        size = Math.Min(size, room / (text.Length * Em(bold)));
        _xml.WriteStartElement("text");
        Number("x", x);
        Number("y", y);
        Number("font-size", size);
        if (bold) _xml.WriteAttributeString("font-weight", "bold");
        if (anchor is not null) _xml.WriteAttributeString("text-anchor", anchor);
        _xml.WriteString(Clean(text));
        _xml.WriteEndElement();
    }

    public void Line(double x1, double y, double x2)
    {
        _xml.WriteStartElement("path");
        _xml.WriteAttributeString("d", string.Create(CultureInfo.InvariantCulture, $"M{x1:0.##} {y:0.##}H{x2:0.##}"));
        _xml.WriteAttributeString("stroke", "#000");
        _xml.WriteAttributeString("stroke-width", "0.25");
        _xml.WriteEndElement();
    }

    /// <summary>A frame of <paramref name="span"/> of time: black while lit.</summary>
    public void Strip(double x, double y, double width, double height, LedPattern pattern, TimeSpan span)
    {
        Box(x, y, width, height, filled: false);
        for (var at = TimeSpan.Zero; at < span;)
        {
            var end = pattern.NextChange(at) is var next && next < span ? next : span;
            if (pattern.BrightnessAt(at) >= 0.5) Box(x + (width * (at / span)), y, width * ((end - at) / span), height, filled: true);
            at = end;
        }
    }

    /// <summary>One pin of a header, its number inside: white on black if it is used.</summary>
    public void Pin(double x, double y, int number, bool filled)
    {
        Box(x - 2.1, y - 2.1, 4.2, 4.2, filled);
        _xml.WriteStartElement("text");
        Number("x", x);
        Number("y", y + 0.8);
        Number("font-size", 2.2);
        _xml.WriteAttributeString("text-anchor", "middle");
        if (filled) _xml.WriteAttributeString("fill", "#fff");
        _xml.WriteString(number.ToString(CultureInfo.InvariantCulture));
        _xml.WriteEndElement();
    }

    /// <summary>Width of a character in parts of the font's size, on average and in a wide font.</summary>
    public static double Em(bool bold) => bold ? 0.66 : 0.58;

    /// <summary>The document, as high as what is on it.</summary>
    public string Finish()
    {
        _xml.Dispose();
        var height = Math.Max(MinHeight, Math.Ceiling(Y + 8));
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}mm" height="{height}mm" viewBox="0 0 {Width} {height}" font-family="Helvetica, Arial, sans-serif">
            <rect width="{Width}" height="{height}" fill="#fff"/>
            {_body}
            </svg>

            """);
    }

    /// <summary>Lines of at most <paramref name="length"/> characters, broken at spaces where there are any; at least one.</summary>
    public static List<string> Wrap(string text, int length)
    {
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

    private void Box(double x, double y, double width, double height, bool filled)
    {
        _xml.WriteStartElement("rect");
        Number("x", x);
        Number("y", y);
        Number("width", width);
        Number("height", height);
        _xml.WriteAttributeString("fill", filled ? "#000" : "#fff");
        if (!filled)
        {
            _xml.WriteAttributeString("stroke", "#000");
            _xml.WriteAttributeString("stroke-width", "0.15");
        }

        _xml.WriteEndElement();
    }

    private void Number(string name, double value) =>
        _xml.WriteAttributeString(name, value.ToString("0.###", CultureInfo.InvariantCulture));

    /// <summary>Characters that XML cannot carry at all become a question mark; the writer escapes the others.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) ? c : '?'));
}
