using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Board;

namespace EdgeVpn.Demo.Cast;

/// <summary>The rhythms of the four lights as the box named them, put back into motion.</summary>
/// <param name="Patterns">In the order of <see cref="Light"/>.</param>
/// <param name="At">The demo's clock when this was first seen.</param>
public sealed record PanelReading(ImmutableArray<LedPattern> Patterns, TimeSpan At)
{
    /// <summary>Before the box has spoken.</summary>
    public static readonly PanelReading Dark = new([.. Enumerable.Repeat(LedPattern.Off, 4)], TimeSpan.Zero);

    /// <summary>Reads <c>{ "power": "steady", "wan": "slow blink", … }</c>; null if a rhythm has a name this version does not know.</summary>
    public static PanelReading? Read(JsonNode lights, TimeSpan at)
    {
        var patterns = ImmutableArray.CreateBuilder<LedPattern>();
        foreach (var light in Enum.GetValues<Light>())
        {
            if (Named((string?)lights[LightNames.Of(light)] ?? "", (int)light) is not { } pattern) return null;
            patterns.Add(pattern);
        }

        return new PanelReading(patterns.ToImmutable(), at);
    }

    public bool ShowsTheSame(PanelReading other) => Patterns.SequenceEqual(other.Patterns);

    /// <summary>What a person would see at a moment of the demo's clock.</summary>
    public PanelSnapshot Snapshot(TimeSpan now) => new(
        Patterns, [.. Patterns.Select(pattern => pattern.BrightnessAt(pattern.StartsFresh ? now - At : now))], Gesture.None);

    /// <summary><c>power steady, wan steady, vpn slow blink, cloud two blinks</c>.</summary>
    public override string ToString() => string.Join(", ", Patterns.Select((pattern, light) => $"{LightNames.Of((Light)light)} {pattern.Name}"));

    private static LedPattern? Named(string name, int light) => name switch
    {
        "off" => LedPattern.Off,
        "steady" => LedPattern.Steady,
        "slow blink" => LedPattern.SlowBlink,
        "fast blink" => LedPattern.FastBlink,
        "two blinks" => LedPattern.TwoBlinks,
        "wink" => LedPattern.Wink,
        "chase" => LedPattern.Chase(light),
        "alternating pairs" => LedPattern.AlternatingPairs(light < 2),
        _ when name.StartsWith("code ", StringComparison.Ordinal) && int.TryParse(name[5..], CultureInfo.InvariantCulture, out var code) => LedPattern.Code(code),
        _ => null,
    };
}
