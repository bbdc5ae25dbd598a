namespace EdgeVpn.Board;

/// <summary>What the power light has to say, in the order of its row of the table.</summary>
public enum PowerState
{
    /// <summary>No power, or halted and safe to unplug.</summary>
    NoPower,
    Starting,
    /// <summary>Something is wrong; <see cref="PanelHealth.FaultCode"/> says what.</summary>
    Fault,
    Updating,
    Running,
}

/// <summary>How far the WAN side reaches.</summary>
public enum WanState
{
    NoCarrier,
    WaitingForAddress,
    /// <summary>An address, but nothing answers beyond it.</summary>
    NothingAnswers,
    /// <summary>A configured broker, peer or probe answers.</summary>
    Answers,
}

/// <summary>The connections, taken together.</summary>
public enum VpnState
{
    NotConfigured,
    Negotiating,
    /// <summary>A peer refused identity, secret or proposal.</summary>
    Refused,
    SomeUp,
    AllUp,
}

/// <summary>The box's standing with its fleet.</summary>
public enum CloudState
{
    NotEnrolled,
    Connecting,
    /// <summary>The last document was refused or reverted.</summary>
    Refused,
    Applying,
    /// <summary>Connected, and the document in force is confirmed.</summary>
    Confirmed,
}

/// <summary>What is going on over and above the box's health. Several may hold at once; <see cref="StatusPanel"/> says which is seen.</summary>
[Flags]
public enum PanelModes
{
    None = 0,

    /// <summary>Set-up mode: chase.</summary>
    SetUp = 1,

    /// <summary>The operator asked which box this is: alternating pairs.</summary>
    Identify = 2,

    /// <summary>A short press asked for the fault code.</summary>
    ShowCode = 4,

    /// <summary>Self-test at power-on: every light on, so that a dead one is seen.</summary>
    LampTest = 8,
}

/// <summary>Everything the lights can say about the box at one moment.</summary>
/// <param name="FaultCode">Two digits of the reason catalogue, 0 to 99; shown only while <paramref name="Power"/> is <see cref="PowerState.Fault"/>.</param>
/// <param name="Modes">What is going on besides.</param>
public sealed record PanelHealth(
    PowerState Power,
    WanState Wan,
    VpnState Vpn,
    CloudState Cloud,
    int? FaultCode = null,
    PanelModes Modes = PanelModes.None)
{
    /// <summary>A box that has just started and knows nothing yet.</summary>
    public static readonly PanelHealth Starting =
        new(PowerState.Starting, WanState.NoCarrier, VpnState.NotConfigured, CloudState.NotEnrolled);

    public bool Is(PanelModes mode) => (Modes & mode) != 0;
}
