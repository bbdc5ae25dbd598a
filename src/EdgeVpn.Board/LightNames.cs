namespace EdgeVpn.Board;

/// <summary>The lights' names as users meet them: on the box, in board.json, in commands.</summary>
public static class LightNames
{
    public static string Of(Light light) => light switch
    {
        Light.Power => "power",
        Light.Wan => "wan",
        Light.Vpn => "vpn",
        Light.Cloud => "cloud",
        _ => throw new ArgumentOutOfRangeException(nameof(light), light, "there are four lights"),
    };
}
