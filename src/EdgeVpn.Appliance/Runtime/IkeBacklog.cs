namespace EdgeVpn.Appliance.Runtime;

/// <summary>Takes IKE messages that came to port 4500, a bounded number at a time: a flood there must not keep timers and requests waiting.</summary>
internal static class IkeBacklog
{
    /// <summary>A quarter of what the queue holds; some milliseconds of work, even if every one has to be answered with a cookie.</summary>
    public const int MaxPerTurn = 64;

    /// <returns>True if more may be waiting: come back without sleeping.</returns>
    public static bool Take(IDataPlane dataPlane, byte[] buffer, DatagramReceiver receive)
    {
        for (var taken = 0; taken < MaxPerTurn; taken++)
        {
            if (!dataPlane.TryTakeIke(buffer, out var length, out var path)) return false;
            receive(buffer.AsSpan(0, length), path);
        }

        return true;
    }
}
