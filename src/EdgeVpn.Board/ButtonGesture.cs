namespace EdgeVpn.Board;

/// <summary>From edges of a bouncing contact to gestures: short press, set-up, reset, cancel.</summary>
/// <remarks>
/// <code>
///   0        1 s       3 s                10 s               20 s             60 s
///   |  short  |  dark   |      chase       |     all fast     |  dark          |  the box's health
///      press    nothing    set-up on          reset on           nothing          nothing: stuck
///                          release            release
/// </code>
/// A gesture means what the lights showed when the button was released. So <see cref="Shown"/> moves only in
/// <see cref="Advance"/>, after which the caller sets the lights, and it stands still from the first edge of a release.
/// A loop that stood still for 12 s never showed "reset", and a release then is a short press.
/// Pure: no clock, no thread; one caller.
/// </remarks>
public sealed class ButtonGesture
{
    /// <summary>A level counts once it has stood this long; anything shorter is bounce.</summary>
    public static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(50);

    public static readonly TimeSpan ShortPressEnds = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan SetUpAfter = TimeSpan.FromSeconds(3);
    public static readonly TimeSpan ResetAfter = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan CancelAfter = TimeSpan.FromSeconds(20);

    /// <summary>Nobody holds a button that long: it is jammed or miswired, and lights that stayed dark for it would tell of no box at all.</summary>
    public static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(1);

    private TimeSpan _now = TimeSpan.MinValue;
    private bool _contact;
    private TimeSpan _contactSince;
    private bool _pressed;
    private TimeSpan _pressedSince;

    /// <summary>What a release now would mean, for the lights to confirm. <see cref="Gesture.None"/> while the button is up.</summary>
    public Gesture Shown { get; private set; }

    /// <summary>True while the button is down or may still be bouncing: call <see cref="Advance"/> often.</summary>
    public bool IsActive => _pressed || _contact;

    /// <summary>Takes an edge. An edge to the level it already has, or from the past, does no harm.</summary>
    /// <returns>The gesture that an earlier release completed, if it is proven only now; else <see cref="Gesture.None"/>.</returns>
    public Gesture Edge(ButtonEdge edge)
    {
        var completed = Settle(edge.At);
        if (edge.Pressed != _contact)
        {
            _contact = edge.Pressed;
            _contactSince = _now;
        }

        return completed;
    }

    /// <summary>Lets time pass, and moves <see cref="Shown"/> to the stage that <paramref name="now"/> has reached.</summary>
    /// <returns>The gesture just completed, once per release; else <see cref="Gesture.None"/>.</returns>
    public Gesture Advance(TimeSpan now)
    {
        var completed = Settle(now);
        if (_pressed && _contact) Shown = StageAfter(_now - _pressedSince);
        return completed;
    }

    private Gesture Settle(TimeSpan at)
    {
        if (at > _now) _now = at;
        if (_contact == _pressed || _now - _contactSince < Debounce) return Gesture.None;

        _pressed = _contact;
        if (_pressed)
        {
            _pressedSince = _contactSince;
            return Gesture.None;
        }

        var shown = Shown;
        Shown = Gesture.None;
        return shown == Gesture.None ? Gesture.ShortPress : shown;
    }

    private static Gesture StageAfter(TimeSpan held) =>
        held < ShortPressEnds ? Gesture.ShortPress
        : held < SetUpAfter ? Gesture.Nothing
        : held < ResetAfter ? Gesture.SetUp
        : held < CancelAfter ? Gesture.Reset
        : held < StuckAfter ? Gesture.Cancelled
        : Gesture.Stuck;
}
