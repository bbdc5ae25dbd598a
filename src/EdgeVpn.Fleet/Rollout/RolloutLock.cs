using EdgeVpn.Fleet.Keys;

namespace EdgeVpn.Fleet.Rollout;

/// <summary>One runner per fleet, whatever process it is in: <c>state/rollout.lock</c> is held open as long as it runs (flock).</summary>
internal static class RolloutLock
{
    private const int Tries = 10;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    /// <exception cref="FleetFolderException">Somebody else runs it.</exception>
    public static async Task<IDisposable> TakeAsync(FleetFolder fleet, CancellationToken cancel)
    {
        // Whoever only looks holds it for a moment.
        for (var i = 0; i < Tries; i++)
        {
            if (TryTake(fleet) is { } taken) return taken;
            await Task.Delay(Rest, cancel).ConfigureAwait(false);
        }

        throw new FleetFolderException("another edgefleet runs this fleet's rollout: pause it, or stop it there.");
    }

    public static bool IsTaken(FleetFolder fleet)
    {
        using var taken = TryTake(fleet);
        return taken is null;
    }

    private static FileStream? TryTake(FleetFolder fleet)
    {
        try
        {
            return new FileStream(fleet.StateFile("rollout.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
