namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>Tells a person that something is still under way.</summary>
internal static class Waiting
{
    private const string ClearLine = "\r\e[K";
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(1);

    /// <summary>The work's result; from the first second on a line says what is waited for, and it is gone at the end.</summary>
    public static async Task<T> ForAsync<T>(Terminal terminal, string what, Task<T> work)
    {
        if (!terminal.Progress) return await work.ConfigureAwait(false);
        using var ticks = new PeriodicTimer(s_tick, terminal.Clock);
        var tick = ticks.WaitForNextTickAsync().AsTask();
        for (var seconds = 1; await Task.WhenAny(work, tick).ConfigureAwait(false) != work; seconds++)
        {
            terminal.Error.Write($"{ClearLine}{what} ({seconds} s)");
            terminal.Error.Flush();
            tick = ticks.WaitForNextTickAsync().AsTask();
        }

        if (work.IsCompleted) terminal.Error.Write(ClearLine);
        return await work.ConfigureAwait(false);
    }
}
