using System.Collections.Immutable;

namespace EdgeVpn.Board.Hardware;

/// <summary>A board in memory at one moment.</summary>
/// <param name="Brightness">Of each light, 0 to 1: four in the order of <see cref="Light"/>, or the only one.</param>
/// <param name="Pressed">Whether the button was down when last asked.</param>
public sealed record VirtualBoardState(ImmutableArray<double> Brightness, bool Pressed);

/// <summary>Lights and a button without hardware: for labs, tests, and boxes that have neither.</summary>
/// <remarks>Any thread may press and look while the panel's thread drives it.</remarks>
public sealed class VirtualBoard
{
    private const int MaxWaiting = 64;

    private readonly Lock _gate = new();
    private readonly double[] _brightness;
    private readonly List<ButtonEdge> _waiting = [];
    private bool _pressed;

    /// <param name="lights">4, or 1 for a board with one light.</param>
    public VirtualBoard(int lights = 4)
    {
        if (lights is not (1 or 4)) throw new ArgumentOutOfRangeException(nameof(lights), lights, "a board has four lights or one");
        _brightness = new double[lights];
        Leds = [.. Enumerable.Range(0, lights).Select(index => new Led(this, index))];
        Button = new Contact(this);
    }

    /// <summary>The lights, for <see cref="PanelHardware"/>.</summary>
    public ImmutableArray<ILed> Leds { get; }

    public IButton Button { get; }

    /// <summary>How the board looks now.</summary>
    public VirtualBoardState State
    {
        get
        {
            lock (_gate) return new([.. _brightness], _pressed);
        }
    }

    /// <summary>Presses the button at <paramref name="at"/> of the panel's clock and releases it <paramref name="duration"/> later.</summary>
    /// <returns>False if too many presses wait already.</returns>
    /// <remarks>A press that begins before an earlier one has ended overlaps it, as two fingers would: give it a later beginning.</remarks>
    public bool Press(TimeSpan at, TimeSpan duration)
    {
        lock (_gate)
        {
            if (_waiting.Count + 2 > MaxWaiting) return false;
            Insert(new(true, at));
            Insert(new(false, at + duration));
            return true;
        }
    }

    private void Insert(ButtonEdge edge)
    {
        var index = _waiting.Count;
        while (index > 0 && _waiting[index - 1].At > edge.At) index--;
        _waiting.Insert(index, edge);
    }

    private sealed class Led(VirtualBoard board, int index) : ILed
    {
        public void Set(double brightness)
        {
            lock (board._gate) board._brightness[index] = Math.Clamp(brightness, 0, 1);
        }

        public void Dispose() => Set(0);
    }

    private sealed class Contact(VirtualBoard board) : IButton
    {
        public bool TryTake(TimeSpan elapsed, out ButtonEdge edge)
        {
            lock (board._gate)
            {
                edge = default;
                if (board._waiting.Count == 0 || board._waiting[0].At > elapsed) return false;
                edge = board._waiting[0];
                board._waiting.RemoveAt(0);
                board._pressed = edge.Pressed;
                return true;
            }
        }

        public void Dispose()
        {
        }
    }
}
