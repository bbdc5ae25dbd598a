namespace EdgeVpn.Board;

/// <summary>A rhythm for each of the four lights.</summary>
public readonly record struct PanelPatterns(LedPattern Power, LedPattern Wan, LedPattern Vpn, LedPattern Cloud)
{
    /// <summary>Every light the same.</summary>
    public PanelPatterns(LedPattern all)
        : this(all, all, all, all)
    {
    }

    public LedPattern this[Light light] => light switch
    {
        Light.Power => Power,
        Light.Wan => Wan,
        Light.Vpn => Vpn,
        Light.Cloud => Cloud,
        _ => throw new ArgumentOutOfRangeException(nameof(light), light, "there are four lights"),
    };
}
