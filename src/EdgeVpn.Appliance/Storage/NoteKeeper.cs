using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Storage;

/// <summary>Something in memory of which the newest state should survive a power cut, if the flash can bear it.</summary>
/// <param name="File">Its name in the state folder.</param>
/// <param name="Interval">How old what is on disk may become.</param>
/// <param name="Haste">Whether there is something to write at all, and whether it should not wait for the interval.</param>
/// <param name="Take">The octets; from here on it counts as written.</param>
public sealed record KeptNote(string File, TimeSpan Interval, Func<Haste> Haste, Func<byte[]> Take);

/// <summary>Whether a note should be written.</summary>
public enum Haste
{
    /// <summary>Nothing changed.</summary>
    None,

    /// <summary>When its interval is over.</summary>
    Usual,

    /// <summary>Soon: a person will look for it.</summary>
    Soon,
}

/// <summary>Writes notes down, each in its interval and all of them within one <see cref="FlashBudget"/>.</summary>
/// <remarks>A budget that is used up, or a disk that is full, makes what is on disk older; the box goes on.</remarks>
/// <param name="folder">Where.</param>
/// <param name="budget">The box's account.</param>
/// <param name="time">Monotonic.</param>
/// <param name="notes">What.</param>
/// <param name="gather">Called before each look, every five seconds.</param>
public sealed class NoteKeeper(string folder, FlashBudget budget, TimeProvider time, IReadOnlyList<KeptNote> notes, Action? gather = null)
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    /// <summary>An urgent note waits this long: what belongs to it comes within seconds.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(15);

    private readonly bool[] _owed = new bool[notes.Count]; // taken, and not written: it is due although nothing changed since
    private readonly long[] _written = [.. notes.Select(_ => time.GetTimestamp())];

    /// <summary>Writes that the budget or the disk refused.</summary>
    public long Refused { get; private set; }

    /// <summary>Runs until <paramref name="stop"/>, and writes everything once more then.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var ticks = new PeriodicTimer(s_look, time);
        try
        {
            while (await ticks.WaitForNextTickAsync(stop).ConfigureAwait(false)) Look();
        }
        catch (OperationCanceledException)
        {
            // The daemon stops: what was gathered is written below.
        }

        gather?.Invoke();
        for (var i = 0; i < notes.Count; i++)
            if (HasteOf(i) != Haste.None) Write(i);
    }

    /// <summary>Writes what is due.</summary>
    public void Look()
    {
        gather?.Invoke();
        for (var i = 0; i < notes.Count; i++)
        {
            var age = time.GetElapsedTime(_written[i]);
            var isDue = HasteOf(i) switch
            {
                Haste.Usual => age >= notes[i].Interval,
                Haste.Soon => age >= s_soon,
                _ => false,
            };
            if (isDue) Write(i);
        }
    }

    private Haste HasteOf(int index) => notes[index].Haste() is var haste && haste == Haste.None && _owed[index] ? Haste.Usual : haste;

    private void Write(int index)
    {
        (_written[index], _owed[index]) = (time.GetTimestamp(), true);
        var octets = notes[index].Take();
        if (!budget.TrySpend(octets.Length))
        {
            Refused++;
            return;
        }

        try
        {
            AtomicFile.Write(Path.Combine(folder, notes[index].File), octets);
            _owed[index] = false;
        }
        catch (Exception fault) when (fault is LinuxException or IOException or UnauthorizedAccessException)
        {
            Refused++; // the state folder's own notices tell of the disk
        }
    }
}
