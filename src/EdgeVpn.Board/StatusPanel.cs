namespace EdgeVpn.Board;

/// <summary>From health to rhythms: the lights tables, as functions.</summary>
/// <remarks>
/// What concerns all lights comes before what each light says, the first of these that holds:
/// what a held button would do now; lamp test; the fault code asked for; identify; set-up mode.
/// </remarks>
public static class StatusPanel
{
    /// <summary>The set-up chase.</summary>
    public static PanelPatterns Chase { get; } =
        new(LedPattern.Chase(0), LedPattern.Chase(1), LedPattern.Chase(2), LedPattern.Chase(3));

    /// <summary>Identify: power and wan against vpn and cloud.</summary>
    public static PanelPatterns AlternatingPairs { get; } = new(
        LedPattern.AlternatingPairs(true), LedPattern.AlternatingPairs(true),
        LedPattern.AlternatingPairs(false), LedPattern.AlternatingPairs(false));

    /// <summary>Keep holding: reset on release.</summary>
    public static PanelPatterns AllFast { get; } = new(LedPattern.FastBlink);

    /// <summary>Every light dark: a release means nothing now.</summary>
    public static PanelPatterns Dark { get; } = new(LedPattern.Off);

    /// <summary>What four lights show.</summary>
    /// <param name="health">The box.</param>
    /// <param name="held">What a release of the button would mean now (<see cref="ButtonGesture.Shown"/>).</param>
    public static PanelPatterns Patterns(PanelHealth health, Gesture held = Gesture.None) =>
        AllLights(health, held)
        ?? (ShowsCode(health) ? Each(health)
        : health.Is(PanelModes.Identify) ? AlternatingPairs
        : health.Is(PanelModes.SetUp) ? Chase
        : Each(health));

    /// <summary>What a board's only light shows: the first of fault, set-up, wan, vpn, cloud that is not steady; else the power light's own rhythm.</summary>
    /// <remarks>"Off" is shown as a wink, since on such a board a dark light must mean no power.</remarks>
    public static LedPattern OnlyLight(PanelHealth health, Gesture held = Gesture.None)
    {
        if (AllLights(health, held) is { } all) return all.Power;
        if (health.Is(PanelModes.Identify) && !ShowsCode(health)) return AlternatingPairs.Power;
        var first = FirstNotSteady(health);
        return first == LedPattern.Off && health.Power != PowerState.NoPower ? LedPattern.Wink : first;
    }

    public static LedPattern Power(PowerState state) => state switch
    {
        PowerState.NoPower => LedPattern.Off,
        PowerState.Starting => LedPattern.SlowBlink,
        PowerState.Fault => LedPattern.FastBlink,
        PowerState.Updating => LedPattern.TwoBlinks,
        PowerState.Running => LedPattern.Steady,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static LedPattern Wan(WanState state) => state switch
    {
        WanState.NoCarrier => LedPattern.Off,
        WanState.WaitingForAddress => LedPattern.SlowBlink,
        WanState.NothingAnswers => LedPattern.TwoBlinks,
        WanState.Answers => LedPattern.Steady,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static LedPattern Vpn(VpnState state) => state switch
    {
        VpnState.NotConfigured => LedPattern.Off,
        VpnState.Negotiating => LedPattern.SlowBlink,
        VpnState.Refused => LedPattern.FastBlink,
        VpnState.SomeUp => LedPattern.TwoBlinks,
        VpnState.AllUp => LedPattern.Steady,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static LedPattern Cloud(CloudState state) => state switch
    {
        CloudState.NotEnrolled => LedPattern.Off,
        CloudState.Connecting => LedPattern.SlowBlink,
        CloudState.Refused => LedPattern.FastBlink,
        CloudState.Applying => LedPattern.TwoBlinks,
        CloudState.Confirmed => LedPattern.Steady,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    /// <summary>What the lights confirm while the button is held; null where they go on telling the box's health.</summary>
    public static PanelPatterns? Holding(Gesture held) => held switch
    {
        Gesture.None or Gesture.ShortPress or Gesture.Stuck => null,
        Gesture.Nothing or Gesture.Cancelled => Dark,
        Gesture.SetUp => Chase,
        Gesture.Reset => AllFast,
        _ => throw new ArgumentOutOfRangeException(nameof(held), held, null),
    };

    private static PanelPatterns? AllLights(PanelHealth health, Gesture held) =>
        Holding(held) ?? (health.Is(PanelModes.LampTest) ? new PanelPatterns(LedPattern.Steady) : null);

    private static PanelPatterns Each(PanelHealth health) =>
        new(PowerOrCode(health), Wan(health.Wan), Vpn(health.Vpn), Cloud(health.Cloud));

    private static LedPattern PowerOrCode(PanelHealth health) =>
        ShowsCode(health) ? LedPattern.Code(health.FaultCode!.Value) : Power(health.Power);

    private static bool ShowsCode(PanelHealth health) =>
        health.Is(PanelModes.ShowCode) && health is { Power: PowerState.Fault, FaultCode: not null };

    private static LedPattern FirstNotSteady(PanelHealth health)
    {
        if (health.Power is PowerState.Fault or PowerState.NoPower) return PowerOrCode(health);
        if (health.Is(PanelModes.SetUp)) return Chase.Power;
        if (Wan(health.Wan) is var wan && wan != LedPattern.Steady) return wan;
        if (Vpn(health.Vpn) is var vpn && vpn != LedPattern.Steady) return vpn;
        if (Cloud(health.Cloud) is var cloud && cloud != LedPattern.Steady) return cloud;
        return Power(health.Power);
    }
}
