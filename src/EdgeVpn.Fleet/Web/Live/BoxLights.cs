namespace EdgeVpn.Fleet.Web.Live;

/// <summary>One light: its rhythm, and what that means in words.</summary>
/// <param name="Name">power, wan, vpn or cloud.</param>
/// <param name="Rhythm">off, slow, fast, two or steady; "" if it is not known.</param>
/// <param name="Meaning">For a person, and for a screen reader.</param>
public sealed record Light(string Name, string Rhythm, string Meaning);

/// <summary>A box's four lights, as the box says them. For boxes that do not say them: as far as the rest of the report tells.</summary>
public static class BoxLights
{
    private static readonly Dictionary<(string Light, string Rhythm), string> s_meanings = new()
    {
        [("power", "off")] = "no power",
        [("power", "slow")] = "starting",
        [("power", "fast")] = "fault",
        [("power", "two")] = "updating",
        [("power", "steady")] = "running",
        [("wan", "off")] = "no carrier",
        [("wan", "slow")] = "waiting for an address",
        [("wan", "two")] = "nothing answers beyond",
        [("wan", "steady")] = "reaches out",
        [("vpn", "off")] = "no connection configured",
        [("vpn", "slow")] = "negotiating",
        [("vpn", "fast")] = "refused",
        [("vpn", "two")] = "some up",
        [("vpn", "steady")] = "all up",
        [("cloud", "off")] = "not enrolled",
        [("cloud", "slow")] = "connecting",
        [("cloud", "fast")] = "document refused or reverted",
        [("cloud", "two")] = "applying",
        [("cloud", "steady")] = "connected, confirmed",
    };

    public static IReadOnlyList<Light> Of(BoxPicture box)
    {
        if (box.Online != true) return [Unknown("power"), Unknown("wan"), Unknown("vpn"), Unknown("cloud")];
        var says = box.Report.Lights;
        return [.. ((string[])["power", "wan", "vpn", "cloud"]).Select(name => Meant(name, says.TryGetValue(name, out var said) ? Rhythm(said) : Guess(name, box.Report)))];
    }

    /// <summary>The box's word for a rhythm as this page's.</summary>
    private static string Rhythm(string said) => said switch { "slow blink" => "slow", "fast blink" => "fast", "two blinks" => "two", _ => said };

    private static Light Meant(string name, string rhythm) => s_meanings.TryGetValue((name, rhythm), out var meaning) ? new Light(name, rhythm, meaning) : new Light(name, "", "not known");

    private static Light Unknown(string name) => new(name, "", "not known while it is offline");

    // It spoke through its WAN; the rest as the tables of lights have it.
    private static string Guess(string name, LooseReport report) => name switch
    {
        "power" => report.Health switch { null => "", "starting" => "slow", _ => "steady" },
        "wan" => "steady",
        "vpn" => !report.Connections.Any(static c => c.State != "off") ? (report.Health is null ? "" : "off")
            : report.Connections.All(static c => c.State is "up" or "off") ? "steady"
            : report.Connections.Any(static c => c.State == "up") ? "two"
            : report.Connections.Any(static c => c.State == "refused") ? "fast" : "slow",
        _ => report.State switch { "refused" or "reverted" => "fast", "received" or "staged" or "applied" => "two", _ => "steady" },
    };
}
