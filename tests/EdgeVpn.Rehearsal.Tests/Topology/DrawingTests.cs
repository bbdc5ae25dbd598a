using System.Xml.Linq;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Topology;
using EdgeVpn.Rehearsal.Topology.Drawing;

namespace EdgeVpn.Rehearsal.Tests.Topology;

public class DrawingTests
{
    public static TheoryData<string, int> Pictures => new() { { "pair", 2 }, { "star", 3 }, { "star", 5 }, { "star", 30 }, { "mesh", 5 }, { "mesh", 12 }, { "mesh", 30 }, { "cloud", 30 }, { "alone", 9 } };

    private static TopologyReport Report(string kind, int sites) => Sites.Check(kind switch
    {
        "pair" => Sites.Two(),
        "star" => Sites.Star(sites - 1),
        "mesh" => Sites.Mesh(sites),
        "alone" => [.. Sites.Two(), .. Enumerable.Range(3, sites - 2).Select(static n => Sites.Box(n))],
        _ => [.. Enumerable.Range(1, sites).Select(static n => Sites.Box(n, Sites.Out(n)))],
    });

    [Theory]
    [MemberData(nameof(Pictures))]
    public void No_two_cards_touch_and_every_name_is_within_its_own(string kind, int sites)
    {
        var report = Report(kind, sites);
        var layout = new TopologyLayout(report);
        Assert.Equal(report.Nodes.Length, layout.Cards.Count);
        foreach (var (node, card) in layout.Cards)
        {
            Assert.All(layout.Cards.Where(c => c.Key > node), other => Assert.False(card.Touches(other.Value, 8), $"{report.Nodes[node].Name} touches {report.Nodes[other.Key].Name}"));
            Assert.True(card.X >= 0 && card.X + card.Width <= layout.Width && card.Y + card.Height <= layout.Height, $"{report.Nodes[node].Name} is off the paper");
        }

        var svg = XDocument.Parse(TopologyDrawing.Svg(report));
        XNamespace ns = "http://www.w3.org/2000/svg";
        foreach (var group in svg.Descendants(ns + "g").Where(g => g.Element(ns + "rect") is not null))
        {
            var card = group.Element(ns + "rect")!;
            foreach (var text in group.Elements(ns + "text").Where(static t => (string?)t.Attribute("class") != "sign"))
                Assert.True((double)text.Attribute("x")! + (text.Value.Length * (double)text.Attribute("font-size")! * 0.6) <= (double)card.Attribute("x")! + (double)card.Attribute("width")!, $"\"{text.Value}\" leaves its card");
        }
    }

    /// <summary>At a hub no two tunnels share a port, or thirty lines would be one.</summary>
    [Fact]
    public void Each_tunnel_of_a_hub_has_a_port_of_its_own()
    {
        var report = Report("star", 30);
        var layout = new TopologyLayout(report);
        var hub = report.Shapes[0].Centre!.Value;
        var ports = report.Links.Select(l => l.From == hub ? layout.Line(l.From, l.To).From : layout.Line(l.From, l.To).To).ToList();
        Assert.Equal(29, ports.Distinct().Count());
        var card = layout.Cards[hub];
        Assert.All(ports, port => Assert.True(port.Y > card.Y && port.Y < card.Y + card.Height && (port.X == card.X || port.X == card.X + card.Width)));
    }

    [Fact]
    public void It_tells_what_it_shows_to_those_who_do_not_see_it()
    {
        var svg = XDocument.Parse(TopologyDrawing.Svg(Report("star", 5))).Root!;
        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal(("img", "title desc"), ((string?)svg.Attribute("role"), (string?)svg.Attribute("aria-labelledby")));
        Assert.Equal("5 boxes, 4 tunnels: 0 errors, 1 warning", svg.Element(ns + "title")!.Value);
        Assert.StartsWith("hub and spoke: box-100, box-1", svg.Element(ns + "desc")!.Value, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", svg.Element(ns + "style")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_has_a_sign_beside_its_colour()
    {
        var good = TopologyDrawing.Svg(Sites.Check(Sites.Two()));
        var bad = TopologyDrawing.Svg(Sites.Check(Sites.Two(static a => a with { Mode = ConnectionMode.Responder }, static b => b with { Mode = ConnectionMode.Responder })));
        Assert.DoesNotContain("×", good, StringComparison.Ordinal);
        Assert.Contains("×", bad, StringComparison.Ordinal);
        Assert.Contains("both wait to be called", bad, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tunnel_that_lacks_has_no_line_and_its_sign_stands_at_the_box()
    {
        XNamespace ns = "http://www.w3.org/2000/svg";
        var svg = XDocument.Parse(TopologyDrawing.Svg(Sites.Check(Sites.Mesh(5, (2, 4)))));
        var signed = Assert.Single(svg.Descendants(ns + "g"), g => g.Element(ns + "circle") is not null);
        Assert.StartsWith("box-2 (box)", signed.Element(ns + "title")!.Value, StringComparison.Ordinal);
    }

    /// <summary>Names and identities come from files: they stay text, however they look.</summary>
    [Fact]
    public void Text_of_a_configuration_cannot_draw()
    {
        var site = new TopologySite("<script>\u0001&\"", Sites.Box(1, Sites.Out(1)).Configuration);
        var svg = TopologyDrawing.Svg(Sites.Check(site));
        Assert.DoesNotContain("<script", svg, StringComparison.Ordinal);
        Assert.Contains("<script>·&\"", XDocument.Parse(svg).Root!.Value, StringComparison.Ordinal);
    }
}
