using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Control;

/// <summary>Whether a WAN leads anywhere, from one answer or silence after the other. Quick to leave, slow to return.</summary>
/// <param name="Silent">Silences since the last answer.</param>
/// <param name="Answered">Answers since the last silence.</param>
/// <param name="Leads">What that comes to; a WAN leads somewhere until it was silent.</param>
public readonly record struct WanReach(int Silent, int Answered, bool Leads)
{
    /// <summary>One lost echo is weather; three in a row are a way that leads nowhere.</summary>
    public const int SilenceAfter = 3;

    /// <summary>A line that comes and goes is not returned to: this many answers in a row, no sooner.</summary>
    public const int ReturnAfter = 10;

    public static readonly WanReach Unasked = new(0, 0, true);

    public WanReach After(bool answered) => answered
        ? new WanReach(0, Answered + 1, Leads || Answered + 1 >= ReturnAfter)
        : new WanReach(Silent + 1, 0, Leads && Silent + 1 < SilenceAfter);

    /// <summary>The WAN to leave by although routes would choose another; null: routes decide.</summary>
    /// <param name="wans">In the order of preference: whether each has a way out at all, and leads anywhere.</param>
    public static string? Choose(ImmutableArray<(string Name, bool HasWay, bool Leads)> wans)
    {
        var usable = wans.Where(static wan => wan.HasWay).ToList();
        var best = usable.FirstOrDefault(static wan => wan.Leads).Name;
        return best is null || best == usable[0].Name ? null : best; // where none leads anywhere, the first is as good as any
    }
}
