using EdgeVpn.Board;
using EdgeVpn.Board.Hardware;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime;

/// <summary>The thread of lights and button: shows what it is told, tells what was pressed.</summary>
public sealed class PanelLoop : IDisposable
{
    /// <summary>Every light on at power-on, so that a dead one is seen.</summary>
    private static readonly TimeSpan LampTest = TimeSpan.FromSeconds(1);

    private readonly PanelHardware _hardware;
    private readonly PanelDriver _driver;
    private readonly Func<PanelModes, PanelHealth> _health;
    // Nobody wakes it within the microseconds that it would spin for, five times a second for as long as the box lives.
    private readonly ManualResetEventSlim _wake = new(initialState: false, spinCount: 0);
    private readonly Thread _thread;
    private TimeSpan _origin = MonotonicClock.SinceBoot;
    private TimeSpan _identifyUntil;
    private volatile bool _stop;
    private long _beats;

    /// <param name="health">What the lights should say, given the modes in force; called on this thread.</param>
    public PanelLoop(PanelHardware hardware, Func<PanelModes, PanelHealth> health)
    {
        (_hardware, _health) = (hardware, health);
        _driver = new PanelDriver(hardware) { Health = PanelHealth.Starting with { Modes = PanelModes.LampTest } };
        _thread = new Thread(Run) { Name = "panel", IsBackground = true };
    }

    /// <summary>A gesture was made; on this thread.</summary>
    public event Action<Gesture>? Gestured;

    /// <summary>The lights show something else than before; on this thread.</summary>
    public event Action<PanelSnapshot>? Changed;

    /// <summary>A light or the button refuses, and why; told once for each reason; on this thread.</summary>
    public event Action<string>? Refused;

    /// <summary>The button is down as no finger holds it; on this thread.</summary>
    public event Action? Jammed;

    /// <summary>Whether set-up mode is open; asked on this thread.</summary>
    public Func<bool> IsSettingUp { get; set; } = static () => false;

    public PanelSnapshot Snapshot => _driver.Snapshot;

    /// <summary>Grows as long as the loop runs: what a watchdog looks at.</summary>
    public long Beats => Volatile.Read(ref _beats);

    public PanelHealth Health => _driver.Health;

    public void Start()
    {
        _origin = MonotonicClock.SinceBoot; // the lamp test is a second of light, however long everything else took to begin
        _thread.Start();
    }

    /// <summary>The operator asks which box this is.</summary>
    public void Identify(TimeSpan span)
    {
        _identifyUntil = Elapsed + span;
        _wake.Set();
    }

    /// <summary>Presses the button of a virtual board; false on any other.</summary>
    public bool Press(TimeSpan duration)
    {
        var pressed = _hardware.VirtualBoard?.Press(Elapsed, duration) ?? false;
        _wake.Set();
        return pressed;
    }

    public void Dispose()
    {
        _stop = true;
        _wake.Set();
        if (_thread.IsAlive) _thread.Join();
        _hardware.Dispose();
        _wake.Dispose();
    }

    private TimeSpan Elapsed => MonotonicClock.SinceBoot - _origin;

    private void Run()
    {
        var last = PanelSnapshot.Empty;
        var (asked, looked) = (PanelModes.LampTest, TimeSpan.MinValue);
        var refused = "";
        while (!_stop)
        {
            var now = Elapsed;
            var modes = now < LampTest ? PanelModes.LampTest : now < _identifyUntil ? PanelModes.Identify : PanelModes.None;
            if (IsSettingUp()) modes |= PanelModes.SetUp;
            // The button is looked at far more often than the box: what four lights say of it changes by the second.
            if (modes != asked || looked == TimeSpan.MinValue || now - looked >= MaxWait)
            {
                _driver.Health = _health(modes);
                (asked, looked) = (modes, now);
            }

            var gesture = _driver.Tick(now);
            if (gesture != Gesture.None) Gestured?.Invoke(gesture);
            if (!_driver.Snapshot.Patterns.AsSpan().SequenceEqual(last.Patterns.AsSpan()))
            {
                if (_driver.Snapshot.Held == Gesture.Stuck && last.Held != Gesture.Stuck) Jammed?.Invoke();
                last = _driver.Snapshot;
                Changed?.Invoke(last);
            }

            if (_driver.LastFault is { } fault && fault != refused) Refused?.Invoke(refused = fault);

            var wait = _driver.NextTick(now) - Elapsed;
            if (wait > TimeSpan.Zero) _wake.Wait(wait < MaxWait ? wait : MaxWait);
            _wake.Reset();
            Volatile.Write(ref _beats, _beats + 1);
        }
    }

    /// <summary>Health is looked at this often, whatever the lights need.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(200);
}
