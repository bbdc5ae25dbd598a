using System.Globalization;
using System.Text;
using QRCoder;

namespace EdgeVpn.Fleet.Commands;

/// <summary>A text as a QR code (ISO/IEC 18004, error correction M), for terminals and as SVG; with its quiet zone of four modules.</summary>
internal sealed class QrPicture
{
    private readonly bool[][] _dark; // rows

    public QrPicture(string text)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
        _dark = [.. data.ModuleMatrix.Select(static row => row.Cast<bool>().ToArray())];
    }

    /// <summary>Modules in a row and in a column.</summary>
    public int Size => _dark.Length;

    /// <summary>Two rows of modules in one line of half-blocks.</summary>
    /// <param name="color">Black on white by escapes, whatever the terminal's colours are; false: for light text on a dark ground.</param>
    public IEnumerable<string> Lines(bool color)
    {
        for (var y = 0; y < Size; y += 2)
        {
            var line = new StringBuilder(Size + 16);
            for (var x = 0; x < Size; x++)
            {
                var (upper, lower) = (!_dark[y][x], y + 1 >= Size || !_dark[y + 1][x]);
                line.Append((upper, lower) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            }

            yield return color ? $"\e[97;40m{line}\e[0m" : line.ToString();
        }
    }

    /// <summary>One path, one unit per module; the caption stands below, as text.</summary>
    public string ToSvg(string caption)
    {
        const int CaptionHeight = 6;
        var path = new StringBuilder();
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
                if (_dark[y][x]) path.Append(CultureInfo.InvariantCulture, $"M{x} {y}h1v1h-1z");
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Size} {Size + CaptionHeight}" width="{Size * 6}" height="{(Size + CaptionHeight) * 6}" shape-rendering="crispEdges">
            <rect width="{Size}" height="{Size + CaptionHeight}" fill="#fff"/>
            <path d="{path}" fill="#000"/>
            <text x="{Size / 2.0}" y="{Size + 2.5}" font-family="sans-serif" font-size="2.6" text-anchor="middle">{System.Net.WebUtility.HtmlEncode(caption)}</text>
            </svg>

            """);
    }
}
