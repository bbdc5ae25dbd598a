namespace EdgeVpn.Rehearsal.Run;

/// <summary>What of a story is a failure. A refusal counts once; what follows from it is told with it.</summary>
internal static class SceneFailures
{
    public static IEnumerable<(SceneEvent What, string Sentence, string? Mend)> OfLife(Story story, Func<SceneEventKind, string?> advice)
    {
        var seen = new HashSet<(SceneEventKind, string?)>();
        var hasRefusal = false;
        foreach (var what in story.Timeline)
        {
            if (What(what) is not { } words) continue;
            var isRefusal = what.Kind is not (SceneEventKind.IkeDown or SceneEventKind.ChildDown);
            if (hasRefusal && (!isRefusal || what.Kind is SceneEventKind.ChildRefused)) continue; // what follows is told with the refusal
            hasRefusal |= isRefusal;
            if (!seen.Add((what.Kind, what.By))) continue;
            yield return (what, $"{When(what)}: {words}: {what.Text}{Then(story, what)}", advice(what.Kind));
        }

        if (story.EstablishedAt is null && !hasRefusal)
        {
            var nothing = new SceneEvent(TimeSpan.Zero, false, SceneEventKind.CallRefused, null, "nothing came up");
            yield return (nothing, "no tunnel comes up", advice(SceneEventKind.CallRefused));
        }
    }

    /// <param name="cutAt">After establishing.</param>
    public static IEnumerable<(SceneEvent What, string Sentence, string? Mend)> OfSilence(Story story, TimeSpan cutAt)
    {
        if (story.IsUp) yield break;
        var last = story.Timeline[^1];
        yield return (last, $"{When(last)}: the tunnel is not back after Azure fell silent at {Rehearser.Words(cutAt)}", null);
    }

    private static string? What(SceneEvent what) => what.Kind switch
    {
        SceneEventKind.CallRefused => what.By == Story.Azure ? "Azure's call is refused" : "the box's call is refused",
        SceneEventKind.ChildRefused => $"the child SA that {Name(what.By)} asks for is refused",
        SceneEventKind.ChildReplacementRefused => $"first child rekey, started by {Name(what.By)}, refused",
        SceneEventKind.IkeReplacementRefused => $"IKE rekey, started by {Name(what.By)}, refused",
        SceneEventKind.IkeDown => "the IKE SA is lost",
        SceneEventKind.ChildDown => "the tunnel breaks",
        _ => null,
    };

    /// <summary>The first break that follows.</summary>
    private static string Then(Story story, SceneEvent refused)
    {
        if (refused.Kind is not (SceneEventKind.ChildReplacementRefused or SceneEventKind.IkeReplacementRefused)) return "";
        var down = story.Timeline.SkipWhile(e => e != refused).FirstOrDefault(static e => e.Kind is SceneEventKind.ChildDown or SceneEventKind.IkeDown);
        return down is null ? "" : $"; the tunnel breaks {Rehearser.Words(down.After)} after establishing";
    }

    private static string When(SceneEvent what) => what.Established ? $"{Rehearser.Words(what.After)} after establishing" : "at once";

    private static string Name(string? by) => by == Story.Azure ? "Azure" : "the box";
}
