using EdgeVpn.Board;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Composition;

/// <summary>From gestures to acts: the button's table.</summary>
/// <param name="reconnect">Tries at once what is down.</param>
/// <param name="resetsTo">Where a reset may lead now.</param>
/// <param name="reset">Does it. The enrolment is never the button's.</param>
/// <param name="confirm">Keeps what is on trial on the spot; false if nothing is.</param>
/// <param name="setUp">Opens the page on the LAN port.</param>
/// <param name="log">One line for whoever reads the journal later.</param>
internal sealed class ButtonActions(Action reconnect, Func<ResetTarget> resetsTo, Action<ResetTarget> reset, Func<bool> confirm, Action setUp, Action<string> log)
{
    /// <summary>Returns at once: it is called by the thread that drives the lights.</summary>
    public void On(Gesture gesture)
    {
        switch (gesture)
        {
            case Gesture.ShortPress:
                if (confirm())
                {
                    log("button: short press, the change on trial is kept");
                    break;
                }

                log("button: short press, reconnecting what is down");
                reconnect();
                break;
            case Gesture.Reset:
                var target = resetsTo();
                log(target == ResetTarget.Factory ? "button: reset to factory" : "button: return to the last confirmed document; more is not allowed here");
                reset(target);
                break;
            case Gesture.SetUp:
                log("button: set-up mode");
                setUp();
                break;
            case Gesture.None or Gesture.Nothing or Gesture.Cancelled or Gesture.Stuck:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(gesture), gesture, null);
        }
    }
}
