using System.Collections.Immutable;
using System.Globalization;
using EdgeVpn.Rehearsal.Lint;

namespace EdgeVpn.Rehearsal.Topology.Drawing;

/// <summary>The picture as SVG: readable on light and dark, by eye and by screen reader; nothing is told by colour alone.</summary>
public static class TopologyDrawing
{
    private const int MostFindings = 24;
    private const double LineHeight = 17;
    private const double TextSize = 12;

    public static string Svg(TopologyReport report)
    {
        var layout = new TopologyLayout(report);
        using var svg = new SvgWriter();
        var title = Title(report);
        svg.Text(TopologyLayout.Margin, 36, title, 19, "strong");
        foreach (var band in layout.Bands) svg.Text(TopologyLayout.Margin, band.HeadingY, band.Heading, 13, "faint");
        foreach (var link in report.Links) Link(svg, report, layout, link);
        for (var node = 0; node < report.Nodes.Length; node++) Node(svg, report, layout, node);
        var height = Legend(svg, report, layout.Height + 18);
        height = Findings(svg, report, layout.Width, height);
        return svg.Finish(layout.Width, height, title, Description(report));
    }

    private static string Title(TopologyReport report)
    {
        var errors = report.Findings.Count(static f => f.Severity == FindingSeverity.Error);
        var warnings = report.Findings.Count(static f => f.Severity == FindingSeverity.Warning);
        var boxes = report.Nodes.Count(static n => n.Kind == TopologyNodeKind.Box);
        return string.Create(CultureInfo.InvariantCulture, $"{boxes} {(boxes == 1 ? "box" : "boxes")}, {Tunnels(report)}: {(errors + warnings == 0 ? "nothing to mend" : $"{errors} {(errors == 1 ? "error" : "errors")}, {warnings} {(warnings == 1 ? "warning" : "warnings")}")}");
    }

    private static string Tunnels(TopologyReport report)
    {
        var tunnels = report.Links.Sum(static l => l.Tunnels);
        return tunnels == 1 ? "1 tunnel" : string.Create(CultureInfo.InvariantCulture, $"{tunnels} tunnels");
    }

    /// <summary>The picture in words.</summary>
    private static string Description(TopologyReport report)
    {
        var links = report.Links.Take(200).Select(l => $"{report.Nodes[l.From].Name} and {report.Nodes[l.To].Name}{(l.IsWhole ? "" : " (one end only)")}");
        return $"{string.Join("; ", report.Shapes.Take(50).Select(s => $"{s.Words}: {string.Join(", ", s.Members.Select(m => report.Nodes[m].Name))}"))}. Tunnels between {string.Join("; ", links)}.";
    }

    private static void Link(SvgWriter svg, TopologyReport report, TopologyLayout layout, TopologyLink link)
    {
        var about = report.Findings.Where(f => f.Severity != FindingSeverity.Info && IsAbout(f, link)).ToImmutableArray();
        var worst = about.IsEmpty ? FindingSeverity.Info : about.Max(static f => f.Severity);
        var (from, to) = layout.Line(link.From, link.To);
        var tone = worst switch
        {
            FindingSeverity.Error => "bad",
            FindingSeverity.Warning => "warn",
            _ => "good",
        };
        var name = $"{report.Nodes[link.From].Name} – {report.Nodes[link.To].Name}: {(link.IsWhole ? string.Create(CultureInfo.InvariantCulture, $"{link.Tunnels} {(link.Tunnels == 1 ? "tunnel" : "tunnels")}") : "one end only")}{(link.IsBesidePrivateLine ? ", beside a private line" : "")}";
        svg.Group(string.Join("\n", about.Select(static f => f.Message).Prepend(name)), () =>
        {
            if (link.IsBesidePrivateLine)
            {
                svg.Line(from, to, $"line {tone}", 3);
                svg.Line(from, to, "line private", -3);
            }
            else if (link.Tunnels > 1)
            {
                svg.Line(from, to, $"line {tone}", 3);
                svg.Line(from, to, $"line {tone}", -3);
            }
            else
            {
                svg.Line(from, to, $"line {tone}{(link.IsWhole ? "" : " broken")}", 0);
            }

            if (!about.IsEmpty) svg.Badge(Beside(from, to, layout, link), worst == FindingSeverity.Error);
        });
    }

    private static bool IsAbout(TopologyFinding finding, TopologyLink link) =>
        finding.Other is { } other && (Math.Min(finding.Node, other), Math.Max(finding.Node, other)) == (link.From, link.To);

    /// <summary>Near the spoke, where no other line comes close; in a mesh a third of the way.</summary>
    private static (double X, double Y) Beside((double X, double Y) from, (double X, double Y) to, TopologyLayout layout, TopologyLink link)
    {
        var centre = layout.Bands.First(b => b.Members.Contains(link.From)).Centre;
        var part = centre == link.From ? 0.8 : centre == link.To ? 0.2 : 0.35;
        return (from.X + ((to.X - from.X) * part), from.Y + ((to.Y - from.Y) * part));
    }

    private static void Node(SvgWriter svg, TopologyReport report, TopologyLayout layout, int index)
    {
        var (node, card) = (report.Nodes[index], layout.Cards[index]);
        // What is about a link stands at its line, where there is one.
        var own = report.Findings.Where(f => f.Node == index && f.Severity != FindingSeverity.Info && !report.Links.Any(l => IsAbout(f, l))).ToImmutableArray();
        var kind = node.Kind == TopologyNodeKind.Box ? "box" : "gateway";
        var networks = node.Networks.IsEmpty ? string.Join(", ", node.Addresses) : string.Join(", ", node.Networks);
        var full = $"{node.Name} ({Kind(node.Kind)}){(node.Addresses.IsEmpty ? "" : $" at {string.Join(", ", node.Addresses)}")}{(node.Networks.IsEmpty ? "" : $", networks {string.Join(", ", node.Networks)}")}";
        svg.Group(string.Join("\n", own.Select(static f => f.Message).Prepend(full)), () =>
        {
            svg.Card(card, kind);
            svg.Text(card.X + 12, card.CentreY - 4, node.Name, 14, "strong", card.Width - 24);
            svg.Text(card.X + 12, card.CentreY + 14, networks.Length == 0 ? Kind(node.Kind) : networks, 11, "faint", card.Width - 24);
            if (!own.IsEmpty) svg.Badge((card.X + card.Width - 2, card.Y + 2), own.Any(static f => f.Severity == FindingSeverity.Error));
        });
    }

    private static string Kind(TopologyNodeKind kind) => kind switch
    {
        TopologyNodeKind.Box => "box",
        TopologyNodeKind.AzureGateway => "Azure VPN gateway",
        _ => "gateway",
    };

    private static double Legend(SvgWriter svg, TopologyReport report, double y)
    {
        var x = TopologyLayout.Margin;
        Entry("line good", "tunnel", 0);
        if (report.Links.Any(static l => l.Tunnels > 1 && !l.IsBesidePrivateLine)) Entry("line good", "several tunnels at a time", 3);
        if (report.Links.Any(static l => l.IsBesidePrivateLine)) Entry("line private", "private line", 0);
        if (report.Links.Any(static l => !l.IsWhole)) Entry("line bad broken", "one end only", 0);
        if (report.Findings.Any(static f => f.Severity == FindingSeverity.Error)) Sign(isError: true, "will not work");
        if (report.Findings.Any(static f => f.Severity == FindingSeverity.Warning)) Sign(isError: false, "to be looked at");
        return y + 22;

        void Entry(string tone, string words, double apart)
        {
            svg.Line((x, y - 4), (x + 34, y - 4), tone, apart);
            if (apart > 0) svg.Line((x, y - 4), (x + 34, y - 4), tone, -apart);
            Words(words, 42);
        }

        void Sign(bool isError, string words)
        {
            svg.Badge((x + 9, y - 4), isError);
            Words(words, 24);
        }

        void Words(string words, double after)
        {
            svg.Text(x + after, y, words, TextSize, "faint");
            x += after + SvgWriter.Long(words, TextSize) + 24;
        }
    }

    private static double Findings(SvgWriter svg, TopologyReport report, double width, double y)
    {
        const double indent = 26;
        var told = report.Findings.Where(static f => f.Severity != FindingSeverity.Info).ToList();
        foreach (var finding in told.Take(MostFindings))
        {
            svg.Badge((TopologyLayout.Margin + 9, y - 4), finding.Severity == FindingSeverity.Error);
            foreach (var line in SvgWriter.Wrap($"{finding.Box}: {finding.Message}", TextSize, width - (2 * TopologyLayout.Margin) - indent))
            {
                svg.Text(TopologyLayout.Margin + indent, y, line, TextSize, "plain");
                y += LineHeight;
            }

            y += 5;
        }

        if (told.Count > MostFindings)
        {
            svg.Text(TopologyLayout.Margin + indent, y, $"and {told.Count - MostFindings} more: edgefleet topology prints them all", TextSize, "faint");
            y += LineHeight;
        }

        return y + 10;
    }
}
