namespace EdgeVpn.Simulation;

/// <summary>How a direction of the link treats datagrams.</summary>
internal sealed record LinkConditions(double Loss = 0, double Duplication = 0, double MaxDelaySeconds = 0.05)
{
    public static readonly LinkConditions Perfect = new();

    public static readonly LinkConditions Cut = new(Loss: 1);
}

/// <summary>One direction of a link: loses, delays, duplicates and so reorders by seed.</summary>
internal sealed class SimulatedLink(SeededEntropy entropy)
{
    private const double MinDelaySeconds = 0.005;
    private readonly PriorityQueue<(byte[] Datagram, Path Path, long Order), (Instant At, long Order)> _onTheWay = new();
    private readonly List<Predicate<byte[]>> _dropNext = [];
    private long _order;

    public LinkConditions Conditions { get; set; } = LinkConditions.Perfect;

    /// <summary>Every datagram that was given to the link, in order; a test reads it to see what went over the wire.</summary>
    public List<byte[]> Sent { get; } = [];

    /// <summary>The path of the datagram sent last, as its sender sees it.</summary>
    public Path LastPath { get; private set; }

    /// <summary>On top of the conditions' delay.</summary>
    public TimeSpan DelayAll { get; set; }

    /// <summary>Loses every datagram that this picks.</summary>
    public Predicate<byte[]>? Drops { get; set; }

    /// <summary>Sees the path of every datagram as it is sent; the datagram is the last of <see cref="Sent"/>.</summary>
    public Action<Path>? Sending { get; set; }

    /// <summary>Someone on the way who may change a datagram.</summary>
    public Func<byte[], byte[]>? Tamper { get; set; }

    public Instant NextArrival => _onTheWay.TryPeek(out _, out var due) ? due.At : Instant.Never;

    public bool IsEmpty => OnTheWay == 0;

    /// <summary>Datagrams that have not arrived yet.</summary>
    public int OnTheWay => _onTheWay.Count;

    /// <summary>Loses the next datagram, whatever it is.</summary>
    public void DropNext() => _dropNext.Add(static _ => true);

    /// <summary>Loses the next datagram that <paramref name="which"/> picks.</summary>
    public void DropNext(Predicate<byte[]> which) => _dropNext.Add(which);

    public void Send(byte[] datagram, Path path, Instant now)
    {
        Sent.Add(datagram);
        LastPath = path;
        Sending?.Invoke(path);
        if (Drops?.Invoke(datagram) ?? false) return;
        if (Tamper is not null) datagram = Tamper(datagram);
        if (_dropNext.FindIndex(drop => drop(datagram)) is >= 0 and var index)
        {
            _dropNext.RemoveAt(index);
            return;
        }

        var copies = entropy.Chance(Conditions.Duplication) ? 2 : 1;
        for (var i = 0; i < copies; i++)
        {
            if (entropy.Chance(Conditions.Loss)) continue;
            var delay = MinDelaySeconds + (entropy.Unit() * Math.Max(0, Conditions.MaxDelaySeconds - MinDelaySeconds));
            _order++;
            _onTheWay.Enqueue((datagram, path, _order), (now + DelayAll + TimeSpan.FromSeconds(delay), _order));
        }
    }

    /// <summary>Puts a datagram on the wire that nobody sent just now: a replay, a forgery.</summary>
    public void Inject(byte[] datagram, Path path, Instant at)
    {
        _order++;
        _onTheWay.Enqueue((datagram, path, _order), (at, _order));
    }

    public bool TryArrive(Instant now, out byte[] datagram, out Path path)
    {
        if (_onTheWay.TryPeek(out var next, out var due) && due.At <= now)
        {
            _onTheWay.Dequeue();
            (datagram, path, _) = next;
            return true;
        }

        (datagram, path) = ([], default);
        return false;
    }
}
