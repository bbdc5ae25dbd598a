namespace EdgeVpn.Appliance.Control;

/// <summary>What probing says of a path.</summary>
public enum PathMtuKind
{
    /// <summary>Not even small packets are answered: nothing is known.</summary>
    Unknown,

    /// <summary>Packets of the full size arrive, and their answers do.</summary>
    Whole,

    /// <summary>Small packets arrive, and from some size on they vanish without a word.</summary>
    BlackHole,
}

/// <summary>The end of a search.</summary>
/// <param name="Mtu">Octets of the longest inner packet that was answered; zero if none was.</param>
public readonly record struct PathMtuResult(PathMtuKind Kind, int Mtu);

/// <summary>Looks for the longest packet that comes back, question by question. Pure: the caller asks, and tells what came.</summary>
/// <remarks>
/// <code>
///     least ─► most ─► answered: whole
///      │        └ silent: halve the distance until two neighbours differ ─► most again ─► silent: black hole
///      └ silent: unknown                                                     └ answered: it was weather
/// </code>
/// A size counts as silent after <see cref="Tries"/> questions without an answer. Sizes are inner packets, IP header included.
/// </remarks>
public sealed class PathMtuSearch
{
    public const int Tries = 3;

    private readonly int _least;
    private readonly int _most;
    private int _passes; // the longest size that was answered
    private int _fails; // the shortest that was not
    private int _silent;
    private bool _isConfirming;

    public PathMtuSearch(int least, int most)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(least, most);
        (_least, _most) = (least, most);
        _fails = most + 1;
        Next = least;
    }

    /// <summary>Octets of the packet to ask with; null once <see cref="Result"/> is there.</summary>
    public int? Next { get; private set; }

    public PathMtuResult? Result { get; private set; }

    /// <summary>Takes the answer to <see cref="Next"/>, or that there was none.</summary>
    public void Report(bool isAnswered)
    {
        if (Next is not { } size) return;
        if (!isAnswered && ++_silent < Tries) return;
        _silent = 0;
        if (isAnswered) OnAnswered(size);
        else OnSilent(size);
    }

    private void OnAnswered(int size)
    {
        if (size == _most)
        {
            End(PathMtuKind.Whole, _most);
            return;
        }

        var isFirst = _passes == 0;
        _passes = size;
        Next = isFirst ? _most : Between();
    }

    private void OnSilent(int size)
    {
        if (size == _least)
        {
            End(PathMtuKind.Unknown, 0);
            return;
        }

        if (_isConfirming)
        {
            End(PathMtuKind.BlackHole, _passes);
            return;
        }

        _fails = size;
        Next = Between();
    }

    private int Between()
    {
        if (_fails - _passes > 1) return (_passes + _fails) / 2;
        _isConfirming = true;
        return _most;
    }

    private void End(PathMtuKind kind, int mtu)
    {
        Result = new PathMtuResult(kind, mtu);
        Next = null;
    }
}
