using System.Globalization;
using System.Xml.Linq;
using EdgeVpn.Board.Definitions;
using EdgeVpn.Board.Drawing;

namespace EdgeVpn.Board.Tests.Drawing;

public sealed class BoardCardTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private static readonly (int, string)[] s_codes =
        [.. Enumerable.Range(11, 40).Select(code => (code, $"Something went wrong with number {code}, and it takes a longer sentence to say what."))];

    public static TheoryData<string> Boards => [.. BoardCatalog.Names];

    private static BoardDefinition Load(string name) => BoardCatalog.Load(name).Definition!;

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static List<string> Texts(string svg) => [.. XDocument.Parse(svg).Descendants(s_svg + "text").Select(text => text.Value)];

    [Theory]
    [MemberData(nameof(Boards))]
    public void Everything_stays_on_the_card(string name)
    {
        var svg = XDocument.Parse(BoardCard.Svg(Load(name), s_codes)).Root!;
        var (width, height) = (148.0, double.Parse(svg.Attribute("viewBox")!.Value.Split(' ')[3], CultureInfo.InvariantCulture));
        foreach (var box in svg.Elements(s_svg + "rect").Skip(1))
        {
            Assert.InRange(Number(box, "x"), 5, width - 5 - Number(box, "width"));
            Assert.InRange(Number(box, "y"), 5, height - 5 - Number(box, "height"));
        }

        foreach (var text in svg.Elements(s_svg + "text"))
        {
            // DejaVu Sans, a wide font, needs about 0.57 of its size per character.
            var length = text.Value.Length * 0.57 * Number(text, "font-size");
            var x = text.Attribute("text-anchor")?.Value switch
            {
                "end" => Number(text, "x") - length,
                "middle" => Number(text, "x") - (length / 2),
                _ => Number(text, "x"),
            };
            Assert.True(x > 5 && x + length < width - 5 && Number(text, "y") < height - 5, text.Value);
            Assert.True(Number(text, "font-size") >= 1.5, $"too small to read: {text.Value}");
        }
    }

    [Theory]
    [MemberData(nameof(Boards))]
    public void Black_and_white_is_all_it_needs(string name)
    {
        var colours = XDocument.Parse(BoardCard.Svg(Load(name))).Descendants()
            .SelectMany(element => element.Attributes()).Where(attribute => attribute.Name.LocalName is "fill" or "stroke")
            .Select(attribute => attribute.Value).Distinct();
        Assert.Superset(colours.ToHashSet(), new HashSet<string> { "#000", "#fff" });
    }

    [Fact]
    public void Text_from_outside_is_escaped()
    {
        var board = Load("generic") with { Title = "R&D <script>alert(1)</script> \"box\" \u0001" };
        var svg = BoardCard.Svg(board, [(12, "a < b & c")]);
        Assert.DoesNotContain("<script>", svg, StringComparison.Ordinal);
        Assert.Equal("R&D <script>alert(1)</script> \"box\" ?", Texts(svg)[0]);
        Assert.Contains("a < b & c", Texts(svg));
    }

    [Fact]
    public void The_card_of_four_lights_has_every_row_of_the_tables_and_every_wire()
    {
        var texts = Texts(BoardCard.Svg(Load("raspberry-pi-4"), [(33, "wrong secret")]));
        foreach (var row in PanelLegend.Lights) Assert.Contains(row.Meaning, texts);
        foreach (var row in PanelLegend.AllLights) Assert.Contains(row.Name, texts);
        foreach (var row in PanelLegend.Button) Assert.Contains(row.Press, texts);
        Assert.Contains("pin 11 - 330 ohm - LED - pin 9 (ground)", texts);
        Assert.Contains("pin 18 - button - pin 20 (ground)", texts);
        Assert.Contains("pinctrl-bcm2711 line 24, active low, pulled up", texts);
        Assert.Contains("wrong secret", texts);
    }

    [Fact]
    public void A_card_of_one_light_explains_the_wink_and_one_without_lights_sends_to_the_command()
    {
        var one = Load("generic") with { Lights = new() { Status = new() { Led = "ACT" } } };
        Assert.Contains("a wink", Texts(BoardCard.Svg(one)));
        Assert.Contains(Texts(BoardCard.Svg(Load("generic"))), text => text.Contains("edgevpn status", StringComparison.Ordinal));
    }

    [Fact]
    public void A_strip_of_time_is_black_while_the_light_is_lit()
    {
        // Slow blink, 3.2 s: lit from 0, 1, 2 and 3 s, the last cut off after 0.2 s.
        var strips = XDocument.Parse(BoardCard.Svg(Load("virtual"))).Descendants(s_svg + "rect").Skip(1).ToArray();
        var frames = strips.Select((box, i) => (box, i)).Where(pair => pair.box.Attribute("fill")!.Value == "#fff").Select(pair => pair.i).ToArray();
        var slow = strips[(frames[1] + 1)..frames[2]];
        Assert.Equal(["5", "5", "5", "2"], slow.Select(box => box.Attribute("width")!.Value));
        Assert.Equal(["38", "48", "58", "68"], slow.Select(box => box.Attribute("x")!.Value));
    }
}
