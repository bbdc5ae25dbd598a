using System.Diagnostics;

namespace EdgeVpn.Interop.Processes;

/// <summary>Waits for a condition with a deadline. Nothing in the lab waits for time alone.</summary>
public static class Until
{
    private static readonly TimeSpan FirstPoll = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LastPoll = TimeSpan.FromMilliseconds(100);

    /// <summary>Polls <paramref name="probe"/> until it gives a value.</summary>
    /// <param name="describe">What was last seen, for the message when the deadline passes.</param>
    /// <exception cref="TimeoutException">Not within <paramref name="within"/>; names <paramref name="what"/> and what was last seen.</exception>
    public static async Task<T> SomethingAsync<T>(string what, TimeSpan within, Func<Task<T?>> probe, Func<string>? describe = null)
        where T : class
    {
        var start = Stopwatch.GetTimestamp();
        for (var pause = FirstPoll; ; pause = pause * 1.5 < LastPoll ? pause * 1.5 : LastPoll)
        {
            if (await probe() is { } found) return found;
            if (Stopwatch.GetElapsedTime(start) > within)
                throw new TimeoutException($"not within {within.TotalSeconds:0.#} s: {what}{(describe is null ? "" : $"; last seen: {describe()}")}");
            await Task.Delay(pause);
        }
    }

    /// <summary>Polls <paramref name="condition"/> until it holds.</summary>
    /// <exception cref="TimeoutException">It did not hold within <paramref name="within"/>.</exception>
    public static Task TrueAsync(string what, TimeSpan within, Func<Task<bool>> condition, Func<string>? describe = null) =>
        SomethingAsync(what, within, async () => await condition() ? "" : null, describe);

    /// <inheritdoc cref="TrueAsync(string, TimeSpan, Func{Task{bool}}, Func{string}?)"/>
    public static Task TrueAsync(string what, TimeSpan within, Func<bool> condition, Func<string>? describe = null) =>
        TrueAsync(what, within, () => Task.FromResult(condition()), describe);
}
