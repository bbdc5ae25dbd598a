namespace EdgeVpn.Ipsec.Esp;

/// <summary>Lets one thread at a time use an SA's keys, and nobody once the SA is retired.</summary>
/// <remarks>
/// A worker may hold an SA for a moment after IKE removed it; keys erased under a running cipher would send packets under a zero key. The gate
/// costs two interlocked operations per run of packets. Where each SA has one worker, as it should, nobody ever waits.
/// </remarks>
internal struct EspGate
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Retired = 2;

    private int _state;

    /// <summary>Takes the gate; false if the SA is retired.</summary>
    internal bool TryEnter()
    {
        var seen = Interlocked.CompareExchange(ref _state, Busy, Idle);
        return seen == Idle || (seen == Busy && Wait());
    }

    internal void Leave() => Volatile.Write(ref _state, Idle);

    /// <summary>Waits for the one inside, then shuts for ever. True for the first caller, who erases the keys.</summary>
    internal bool Retire()
    {
        if (!TryEnter())
            return false;
        Volatile.Write(ref _state, Retired);
        return true;
    }

    private bool Wait()
    {
        var spin = default(SpinWait);
        while (true)
        {
            spin.SpinOnce();
            var seen = Interlocked.CompareExchange(ref _state, Busy, Idle);
            if (seen != Busy)
                return seen == Idle;
        }
    }
}
