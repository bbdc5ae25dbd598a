using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Rehearsal.Run;

/// <summary>What a rehearsal of a configuration showed.</summary>
/// <param name="Fails">Something will fail in production, now or hours later.</param>
/// <param name="Connections">In the order of the document.</param>
public sealed record RehearsalReport(bool Fails, ImmutableArray<ConnectionRehearsal> Connections);

/// <summary>One tunnel: a connection, or one of its endpoints where each has a tunnel of its own.</summary>
/// <param name="Connection">Its name in <c>status</c>.</param>
/// <param name="Gateway">What the gateway was taken to have: the default set, or a custom policy.</param>
/// <param name="Assumed">Nobody said so: it was concluded from the configuration.</param>
/// <param name="Scenes">What was played.</param>
/// <param name="Failures">What will fail, each once, with the first scene that shows it; empty is good.</param>
/// <param name="NotPlayed">What could not be rehearsed, and why; one sentence each.</param>
public sealed record ConnectionRehearsal(
    string Connection, string Gateway, bool Assumed, ImmutableArray<Scene> Scenes, ImmutableArray<SceneFailure> Failures, ImmutableArray<string> NotPlayed);

/// <summary>One story from its first message on.</summary>
/// <param name="Id">For programs: <c>box-calls</c>.</param>
/// <param name="Title">For people.</param>
/// <param name="Timeline">What happened, as the box saw it.</param>
public sealed record Scene(string Id, string Title, ImmutableArray<SceneEvent> Timeline);

/// <summary>Something that happened.</summary>
/// <param name="After">Virtual time since the tunnel was established; before that, since the scene began, and then <see cref="SceneEvent.Established"/> is false.</param>
/// <param name="Established">Whether a tunnel had come up by then.</param>
/// <param name="Kind">For programs.</param>
/// <param name="By">Who started it: <c>box</c> or <c>azure</c>; null where nobody did.</param>
/// <param name="Text">For people: what was agreed, or what went wrong.</param>
/// <param name="Reason">The reason's name in the catalogue; null where nothing is wrong.</param>
/// <param name="Digits">The reason's digits, as the lights blink them.</param>
/// <param name="Times">More than 1: it was tried again and again, with the same result; <see cref="SceneEvent.After"/> is the first time.</param>
public sealed record SceneEvent(
    TimeSpan After, bool Established, SceneEventKind Kind, string? By, string Text, string? Reason = null, int? Digits = null, int Times = 1);

/// <summary>What kind of thing happened.</summary>
public enum SceneEventKind
{
    [JsonStringEnumMemberName("ike-up")] IkeUp,
    [JsonStringEnumMemberName("ike-replaced")] IkeReplaced,
    [JsonStringEnumMemberName("ike-replacement-refused")] IkeReplacementRefused,
    [JsonStringEnumMemberName("ike-down")] IkeDown,
    [JsonStringEnumMemberName("child-up")] ChildUp,
    [JsonStringEnumMemberName("child-replaced")] ChildReplaced,
    [JsonStringEnumMemberName("child-replacement-refused")] ChildReplacementRefused,
    [JsonStringEnumMemberName("child-refused")] ChildRefused,
    [JsonStringEnumMemberName("child-down")] ChildDown,
    [JsonStringEnumMemberName("call-refused")] CallRefused,
    [JsonStringEnumMemberName("line-cut")] LineCut,
    [JsonStringEnumMemberName("line-back")] LineBack,
}

/// <summary>Something that will fail.</summary>
/// <param name="Scene">The scene's id.</param>
/// <param name="What">The event that shows it.</param>
/// <param name="Sentence">When, what and why, for people.</param>
/// <param name="Mend">What to do; the exact lines where they are known.</param>
public sealed record SceneFailure(string Scene, SceneEvent What, string Sentence, string? Mend);
