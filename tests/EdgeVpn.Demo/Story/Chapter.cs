namespace EdgeVpn.Demo.Story;

/// <summary>One chapter of the story.</summary>
/// <param name="Title">What a newcomer is shown.</param>
/// <param name="PlayAsync">Plays it, and gives the figure for the summary; throws where it went wrong.</param>
/// <param name="IsEssential">Nothing can follow without it.</param>
public sealed record Chapter(string Title, Func<CancellationToken, Task<string>> PlayAsync, bool IsEssential = false);

public enum ChapterState { Waiting, Playing, Passed, Failed, Skipped }

/// <summary>How a chapter stands.</summary>
/// <param name="Figure">What was measured, or what went wrong.</param>
public sealed record ChapterResult(string Title, ChapterState State, string Figure, TimeSpan Took);
