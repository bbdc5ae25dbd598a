using System.Collections.Immutable;

namespace EdgeVpn.Rehearsal.Topology.Drawing;

/// <summary>Where a node stands: a card, in pixels from the top left corner.</summary>
internal readonly record struct Card(double X, double Y, double Width, double Height)
{
    public double CentreX => X + (Width / 2);

    public double CentreY => Y + (Height / 2);

    public bool Touches(Card other, double gap) =>
        X - gap < other.X + other.Width && other.X - gap < X + Width && Y - gap < other.Y + other.Height && other.Y - gap < Y + Height;
}

/// <summary>A part of the drawing: its heading, and the cards beneath.</summary>
internal sealed record Band(string Heading, double HeadingY, int? Centre, ImmutableArray<int> Members);

/// <summary>Gives every node a place: spokes in two columns beside their hub, meshes in a ring, what stands alone in rows. No two cards touch.</summary>
internal sealed class TopologyLayout
{
    public const double Margin = 30;
    public const double CardWidth = 200;
    public const double CardHeight = 52;
    private const double MinWidth = 960;
    private const double Row = 68;
    private const double Gap = 16;
    private const double Port = 12; // between two lines at a hub's side
    private const int AloneInRow = 4;

    private readonly Dictionary<int, Card> _cards = [];
    private readonly List<Band> _bands = [];

    public TopologyLayout(TopologyReport report)
    {
        var connected = report.Shapes.Where(static s => s.Kind != TopologyKind.Alone).ToList();
        Width = connected.Where(static s => s.Centre is null && s.Members.Length > 2).Select(static s => (2 * Radius(s.Members.Length)) + CardWidth + (2 * Margin)).Append(MinWidth).Max();
        foreach (var shape in connected)
        {
            Heading(Capital(shape.Words), shape.Centre, shape.Members);
            if (shape.Centre is { } centre) Star(centre, [.. shape.Members.Where(m => m != centre)]);
            else if (shape.Members.Length == 2) Two(shape.Members);
            else Ring(shape.Members);
        }

        ImmutableArray<int> alone = [.. report.Shapes.Where(static s => s.Kind == TopologyKind.Alone).SelectMany(static s => s.Members).Order()];
        if (alone.IsEmpty) return;
        Heading("Without a tunnel", null, alone);
        for (var i = 0; i < alone.Length; i++)
            _cards[alone[i]] = new Card(Margin + (i % AloneInRow * (CardWidth + Gap)), Height + (i / AloneInRow * Row), CardWidth, CardHeight);
        Height += (((alone.Length - 1) / AloneInRow) + 1) * Row;
    }

    public double Width { get; }

    /// <summary>How far down it is filled.</summary>
    public double Height { get; private set; } = 64; // beneath the title

    public IReadOnlyDictionary<int, Card> Cards => _cards;

    public IReadOnlyList<Band> Bands => _bands;

    /// <summary>The two ends of the line between two nodes: at a hub's side each has a port of its own, elsewhere it goes from edge to edge.</summary>
    public ((double X, double Y) From, (double X, double Y) To) Line(int from, int to)
    {
        var band = _bands.Find(b => b.Members.Contains(from))!;
        if (band.Centre == to) return AtHub(to, from) is var (hub, spoke) ? (spoke, hub) : default;
        if (band.Centre == from) return AtHub(from, to);
        return (Edge(_cards[from], _cards[to]), Edge(_cards[to], _cards[from]));
    }

    private ((double, double) Hub, (double, double) Spoke) AtHub(int hub, int spoke)
    {
        var (middle, card) = (_cards[hub], _cards[spoke]);
        var isLeft = card.X < middle.X;
        var column = _bands.Find(b => b.Centre == hub)!.Members.Where(m => m != hub && _cards[m].X < middle.X == isLeft).OrderBy(m => _cards[m].Y).ToList();
        var port = middle.CentreY + ((column.IndexOf(spoke) - ((column.Count - 1) / 2.0)) * Port);
        return ((isLeft ? middle.X : middle.X + middle.Width, port), (isLeft ? card.X + card.Width : card.X, card.CentreY));
    }

    private void Heading(string text, int? centre, ImmutableArray<int> members)
    {
        _bands.Add(new Band(text, Height + 14, centre, members));
        Height += 34;
    }

    private void Two(ImmutableArray<int> members)
    {
        _cards[members[0]] = new Card(Margin, Height, CardWidth, CardHeight);
        _cards[members[1]] = new Card(Width - Margin - CardWidth, Height, CardWidth, CardHeight);
        Height += Row;
    }

    private void Star(int centre, ImmutableArray<int> spokes)
    {
        var left = (spokes.Length + 1) / 2;
        for (var i = 0; i < spokes.Length; i++)
        {
            var isLeft = i < left;
            // The shorter column stands in the middle of the longer one's height.
            var down = isLeft ? i : i - left + ((left - (spokes.Length - left)) / 2.0);
            _cards[spokes[i]] = new Card(isLeft ? Margin : Width - Margin - CardWidth, Height + (down * Row), CardWidth, CardHeight);
        }

        var hubHeight = Math.Max(CardHeight, (left + 1) * Port);
        var whole = ((left - 1) * Row) + CardHeight;
        _cards[centre] = new Card((Width - CardWidth) / 2, Height + ((whole - hubHeight) / 2), CardWidth, hubHeight);
        Height += left * Row;
    }

    private void Ring(ImmutableArray<int> members)
    {
        var radius = Radius(members.Length);
        for (var i = 0; i < members.Length; i++)
        {
            var card = OnRing(i, members.Length, radius);
            _cards[members[i]] = card with { X = card.X + (Width / 2), Y = card.Y + Height + radius + (CardHeight / 2) };
        }

        Height += (2 * radius) + CardHeight + Gap;
    }

    /// <summary>The least radius at which no two cards of a ring touch.</summary>
    private static double Radius(int count)
    {
        for (var radius = 150.0; ; radius += 10)
        {
            var cards = Enumerable.Range(0, count).Select(i => OnRing(i, count, radius)).ToList();
            if (!cards.Where((card, i) => cards.Skip(i + 1).Any(other => card.Touches(other, Gap))).Any()) return radius;
        }
    }

    private static Card OnRing(int index, int count, double radius)
    {
        var angle = (2 * Math.PI * index / count) - (Math.PI / 2);
        return new Card((radius * Math.Cos(angle)) - (CardWidth / 2), (radius * Math.Sin(angle)) - (CardHeight / 2), CardWidth, CardHeight);
    }

    /// <summary>Where the line from the middle of one card to another's leaves it.</summary>
    private static (double X, double Y) Edge(Card from, Card to)
    {
        var (dx, dy) = (to.CentreX - from.CentreX, to.CentreY - from.CentreY);
        var scale = Math.Min(dx == 0 ? double.MaxValue : from.Width / 2 / Math.Abs(dx), dy == 0 ? double.MaxValue : from.Height / 2 / Math.Abs(dy));
        return (from.CentreX + (dx * scale), from.CentreY + (dy * scale));
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
