namespace EdgeVpn.Board;

/// <summary>What a release of the button means, in the order a held button passes through.</summary>
public enum Gesture
{
    /// <summary>No button was released.</summary>
    None,

    /// <summary>Reconnect what is down now; blink the fault code.</summary>
    ShortPress,

    /// <summary>Released between 1 and 3 s: nothing.</summary>
    Nothing,

    /// <summary>Set-up mode for 15 minutes: a page on the LAN port only.</summary>
    SetUp,

    /// <summary>Configuration back to the factory's, or as far as the operator allows.</summary>
    Reset,

    /// <summary>Held past 20 s: the reset is called off.</summary>
    Cancelled,

    /// <summary>Down for a minute, which no finger is: nothing, and the lights are the box's again.</summary>
    Stuck,
}
