using System.Collections.Immutable;

namespace EdgeVpn.Board;

/// <summary>What one rhythm of one light means.</summary>
public sealed record LightMeaning(Light Light, LedPattern Pattern, string Meaning);

/// <summary>What all lights together mean.</summary>
public sealed record AllLightsMeaning(string Name, PanelPatterns Patterns, string Meaning);

/// <summary>What a press of the button does.</summary>
public sealed record ButtonMeaning(string Press, string Lights, string Meaning);

/// <summary>The tables for the technician, in words; the rhythms come from <see cref="StatusPanel"/>, so the two cannot disagree.</summary>
/// <remarks>Source of the printed card and the terminal; a test holds board/README.md to it.</remarks>
public static class PanelLegend
{
    /// <summary>Row by row: power, wan, vpn, cloud; in a row from off to steady.</summary>
    public static ImmutableArray<LightMeaning> Lights { get; } =
    [
        .. Enum.GetValues<PowerState>().Select(s => new LightMeaning(Light.Power, StatusPanel.Power(s), Meaning(s))),
        .. Enum.GetValues<WanState>().Select(s => new LightMeaning(Light.Wan, StatusPanel.Wan(s), Meaning(s))),
        .. Enum.GetValues<VpnState>().Select(s => new LightMeaning(Light.Vpn, StatusPanel.Vpn(s), Meaning(s))),
        .. Enum.GetValues<CloudState>().Select(s => new LightMeaning(Light.Cloud, StatusPanel.Cloud(s), Meaning(s))),
    ];

    public static ImmutableArray<AllLightsMeaning> AllLights { get; } =
    [
        new("chase, one after another", StatusPanel.Chase, "set-up mode"),
        new("alternating pairs", StatusPanel.AlternatingPairs, "identify: the operator asks which box this is"),
        new("all fast", StatusPanel.AllFast, "keep holding: factory reset on release"),
        new("all on, at power-on", new(LedPattern.Steady), "lamp test: a light that stays dark is broken"),
        new("all off while you hold", StatusPanel.Dark, "releasing now does nothing"),
    ];

    public static ImmutableArray<ButtonMeaning> Button { get; } =
    [
        new("short press (under 1 s)", "go on as before", "reconnect what is down now; power blinks the fault code"),
        new("release between 1 and 3 s", "all off", "nothing"),
        new("hold 3 s", "chase", "set-up mode for 15 minutes: a page on the LAN port only"),
        new("hold 10 s", "all fast", "reset on release: configuration to factory"),
        new("hold past 20 s", "all off", "cancelled: nothing"),
    ];

    /// <summary>In words, what <paramref name="pattern"/> on <paramref name="light"/> says; null if only all lights together say something.</summary>
    public static string? Describe(Light light, LedPattern pattern)
    {
        foreach (var row in Lights)
            if (row.Light == light && row.Pattern == pattern)
                return row.Meaning;
        return pattern.Name.StartsWith("code ", StringComparison.Ordinal) ? $"fault {pattern.Name}" : null;
    }

    private static string Meaning(PowerState state) => state switch
    {
        PowerState.NoPower => "no power",
        PowerState.Starting => "starting",
        PowerState.Fault => "fault: a short press blinks its code",
        PowerState.Updating => "updating",
        _ => "running",
    };

    private static string Meaning(WanState state) => state switch
    {
        WanState.NoCarrier => "no carrier",
        WanState.WaitingForAddress => "waiting for an address",
        WanState.NothingAnswers => "address, nothing answers beyond",
        _ => "a configured broker, peer or probe answers",
    };

    private static string Meaning(VpnState state) => state switch
    {
        VpnState.NotConfigured => "no connection configured",
        VpnState.Negotiating => "negotiating",
        VpnState.Refused => "refused (identity, secret, proposal)",
        VpnState.SomeUp => "some up",
        _ => "all up",
    };

    private static string Meaning(CloudState state) => state switch
    {
        CloudState.NotEnrolled => "not enrolled",
        CloudState.Connecting => "connecting",
        CloudState.Refused => "document refused or reverted",
        CloudState.Applying => "applying",
        _ => "connected, confirmed",
    };
}
