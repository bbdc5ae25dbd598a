using System.Collections.Immutable;

namespace EdgeVpn.Board;

/// <content>Every rhythm a light can show. They differ enough to be told apart on a board with one light.</content>
public sealed partial class LedPattern
{
    /// <summary>Lights in a chase, and so the number of its slots.</summary>
    public const int ChaseSlots = 4;

    /// <summary>The largest code that two digits say.</summary>
    public const int MaxCode = 99;

    public static LedPattern Off { get; } = new("off", Start.Shared, Dark(1000));

    public static LedPattern Steady { get; } = new("steady", Start.Shared, Lit(1000));

    /// <summary>1 Hz.</summary>
    public static LedPattern SlowBlink { get; } = new("slow blink", Start.Shared, Lit(500), Dark(500));

    /// <summary>5 Hz.</summary>
    public static LedPattern FastBlink { get; } = new("fast blink", Start.Shared, Lit(100), Dark(100));

    /// <summary>Two blinks and a pause, every 1.6 s.</summary>
    public static LedPattern TwoBlinks { get; } = new("two blinks", Start.Shared, Lit(200), Dark(200), Lit(200), Dark(1000));

    /// <summary>A wink every 3 s: what "off" becomes where there is one light only and darkness must mean "no power".</summary>
    public static LedPattern Wink { get; } = new("wink", Start.Shared, Lit(60), Dark(2940));

    private static readonly ImmutableArray<LedPattern> s_chase = [.. Enumerable.Range(0, ChaseSlots).Select(MakeChase)];
    private static readonly ImmutableArray<LedPattern> s_codes = [.. Enumerable.Range(0, MaxCode + 1).Select(MakeCode)];

    private static readonly LedPattern s_firstPair = new("alternating pairs", Start.Ensemble, Lit(250), Dark(250));
    private static readonly LedPattern s_secondPair = new("alternating pairs", Start.Ensemble, Dark(250), Lit(250));

    /// <summary>One light after another, 0.2 s each.</summary>
    /// <param name="slot">0 to 3: whose turn this light has.</param>
    public static LedPattern Chase(int slot) => s_chase[slot];

    /// <summary>Two lights against the other two, 0.25 s each way.</summary>
    public static LedPattern AlternatingPairs(bool firstPair) => firstPair ? s_firstPair : s_secondPair;

    /// <summary>A two-digit code: after a dark second the tens, a pause, the units, a long pause. A zero is ten blinks, as on old telephones.</summary>
    /// <param name="code">0 to 99.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than two digits.</exception>
    public static LedPattern Code(int code)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(code);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(code, MaxCode);
        return s_codes[code];
    }

    private static LedPattern MakeChase(int slot)
    {
        const int Turn = 200;
        var steps = new List<LedStep>();
        if (slot > 0) steps.Add(Dark(slot * Turn));
        steps.Add(Lit(Turn));
        if (slot < ChaseSlots - 1) steps.Add(Dark((ChaseSlots - 1 - slot) * Turn));
        return new("chase", Start.Ensemble, [.. steps]);
    }

    private static LedPattern MakeCode(int code)
    {
        var steps = new List<LedStep> { Dark(1000) };
        AddDigit(steps, code / 10);
        steps.Add(Dark(1250));
        AddDigit(steps, code % 10);
        steps.Add(Dark(1500));
        return new($"code {code:00}", Start.Fresh, [.. steps]);
    }

    private static void AddDigit(List<LedStep> steps, int digit)
    {
        var blinks = digit == 0 ? 10 : digit;
        for (var i = 0; i < blinks; i++)
        {
            if (i > 0) steps.Add(Dark(250));
            steps.Add(Lit(250));
        }
    }

    private static LedStep Lit(int milliseconds) => new(1, TimeSpan.FromMilliseconds(milliseconds));

    private static LedStep Dark(int milliseconds) => new(0, TimeSpan.FromMilliseconds(milliseconds));
}
