using System.Collections.Immutable;
using EdgeVpn.Board.Hardware;

namespace EdgeVpn.Board;

/// <summary>What the panel shows at one moment.</summary>
/// <param name="Patterns">Rhythms, one per light the board has: four in the order of <see cref="Light"/>, one, or none.</param>
/// <param name="Brightness">Of the same lights, 0 to 1.</param>
/// <param name="Held">What a release of the button would mean now.</param>
public sealed record PanelSnapshot(ImmutableArray<LedPattern> Patterns, ImmutableArray<double> Brightness, Gesture Held)
{
    public static readonly PanelSnapshot Empty = new([], [], Gesture.None);

    /// <summary>What four lights show, or would on a board that has fewer.</summary>
    public PanelPatterns Four { get; init; } = StatusPanel.Dark;
}

/// <summary>Joins health, button and lights: the body of the panel's loop.</summary>
/// <remarks>
/// One thread calls <see cref="Tick"/>, again by <see cref="NextTick"/>; any thread may set <see cref="Health"/> and read <see cref="Snapshot"/>.
/// Only changes are written to the lights. It owns the fault code's showing after a short press; every other mode is the caller's.
/// </remarks>
public sealed class PanelDriver
{
    /// <summary>How often a fault code is blinked after a short press.</summary>
    public const int CodeRounds = 3;

    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_pressed = TimeSpan.FromMilliseconds(10);

    /// <summary>Lights that could not be opened are tried again, then after twice as long each time.</summary>
    private static readonly TimeSpan s_firstLookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_lastLookAgain = TimeSpan.FromMinutes(1);

    private readonly PanelHardware _hardware;
    private readonly ButtonGesture _gesture = new();
    private readonly Slot[] _slots;
    private volatile PanelHealth _health = PanelHealth.Starting;
    private volatile PanelSnapshot _snapshot = PanelSnapshot.Empty;
    private (int Code, TimeSpan Until) _told = (0, TimeSpan.MinValue);
    private TimeSpan _lookAgain = s_firstLookAgain;
    private TimeSpan _lookWait = s_firstLookAgain;

    /// <param name="hardware">Stays the caller's.</param>
    public PanelDriver(PanelHardware hardware)
    {
        _hardware = hardware;
        _slots = [.. hardware.Leds.Select(led => new Slot(led))];
    }

    /// <summary>What the lights shall tell; seen at the next tick.</summary>
    public PanelHealth Health
    {
        get => _health;
        set => _health = value;
    }

    /// <summary>What the lights show since the last tick.</summary>
    public PanelSnapshot Snapshot => _snapshot;

    /// <summary>Times that hardware refused to be written or read.</summary>
    public long Faults { get; private set; }

    /// <summary>The latest such refusal; null if none.</summary>
    public string? LastFault { get; private set; }

    /// <summary>Takes the button's edges, moves the gesture on, and sets the lights that change.</summary>
    /// <param name="elapsed">The panel's clock; never backwards.</param>
    /// <returns>The gesture just completed, for the caller to act on; mostly <see cref="Gesture.None"/>.</returns>
    public Gesture Tick(TimeSpan elapsed)
    {
        LookAgain(elapsed);
        var gesture = TakeEdges(elapsed);
        var advanced = _gesture.Advance(elapsed);
        if (advanced != Gesture.None) gesture = advanced;

        var health = _health;
        if (gesture == Gesture.ShortPress && health is { Power: PowerState.Fault, FaultCode: { } code })
            _told = (code, elapsed + (LedPattern.Code(code).Period * CodeRounds));
        // The press itself may mend it, or bring out another reason: what was asked for is told to its end.
        if (elapsed < _told.Until) health = health with { Power = PowerState.Fault, FaultCode = _told.Code, Modes = health.Modes | PanelModes.ShowCode };

        Show(health, elapsed);
        return gesture;
    }

    /// <summary>When to tick again at the latest, so that no change of a light is late and no press is missed.</summary>
    public TimeSpan NextTick(TimeSpan elapsed)
    {
        var next = _hardware.Button is null ? TimeSpan.MaxValue : elapsed + (_gesture.IsActive ? s_pressed : s_idle);
        if (!_hardware.Failures.IsEmpty && _lookAgain < next) next = _lookAgain;
        foreach (var slot in _slots)
            if (slot.NextChange(elapsed) is var change && change < next)
                next = change;
        return next;
    }

    private void LookAgain(TimeSpan elapsed)
    {
        if (_hardware.Failures.IsEmpty || elapsed < _lookAgain) return;
        _hardware.TryAgain();
        _lookAgain = elapsed + (_lookWait = TimeSpan.FromTicks(Math.Min(_lookWait.Ticks * 2, s_lastLookAgain.Ticks)));
    }

    private Gesture TakeEdges(TimeSpan elapsed)
    {
        if (_hardware.Button is not { } button) return Gesture.None;
        var completed = Gesture.None;
        try
        {
            while (button.TryTake(elapsed, out var edge))
                if (_gesture.Edge(edge) is var gesture && gesture != Gesture.None)
                    completed = gesture;
        }
        catch (IOException fault)
        {
            Note(fault);
        }

        return completed;
    }

    private void Show(PanelHealth health, TimeSpan elapsed)
    {
        var held = _gesture.Shown;
        var four = StatusPanel.Patterns(health, held);
        var changed = held != _snapshot.Held || four != _snapshot.Four || _snapshot.Patterns.Length != _slots.Length;
        for (var i = 0; i < _slots.Length; i++)
        {
            changed |= _slots[i].Show(_slots.Length == 1 ? StatusPanel.OnlyLight(health, held) : four[(Light)i], elapsed);
            try
            {
                _slots[i].Write();
            }
            catch (IOException fault)
            {
                Note(fault);
            }
        }

        if (changed) _snapshot = new([.. _slots.Select(slot => slot.Pattern)], [.. _slots.Select(slot => slot.Brightness)], held) { Four = four };
    }

    private void Note(IOException fault)
    {
        Faults++;
        LastFault = fault.Message;
    }

    /// <summary>One light: its rhythm, since when, and what its hardware was last told.</summary>
    private sealed class Slot(ILed led)
    {
        private TimeSpan _origin;
        private LedPattern? _told;
        private bool _runsAlone;
        private double _written = double.NaN;

        public LedPattern Pattern { get; private set; } = LedPattern.Off;

        public double Brightness { get; private set; }

        /// <returns>True if anybody watching would see a change.</returns>
        public bool Show(LedPattern pattern, TimeSpan elapsed)
        {
            var before = (Pattern, Brightness);
            if (pattern != Pattern)
            {
                _origin = pattern.StartsFresh ? elapsed : TimeSpan.Zero;
                Pattern = pattern;
            }

            Brightness = pattern.BrightnessAt(elapsed - _origin);
            return before != (Pattern, Brightness);
        }

        /// <summary>Tells the hardware what it does not know yet. After a fault everything is told again.</summary>
        public void Write()
        {
            if (_told != Pattern)
            {
                var known = _runsAlone ? double.NaN : _written;
                (_told, _runsAlone, _written) = (null, false, double.NaN);
                _runsAlone = !Pattern.IsEnsemble && led.TryRun(Pattern);
                (_told, _written) = (Pattern, known);
            }

            if (_runsAlone || Brightness == _written) return;
            _written = double.NaN;
            led.Set(Brightness);
            _written = Brightness;
        }

        public TimeSpan NextChange(TimeSpan elapsed)
        {
            if (_runsAlone) return TimeSpan.MaxValue;
            var change = Pattern.NextChange(elapsed - _origin);
            return change == TimeSpan.MaxValue ? change : change + _origin;
        }
    }
}
