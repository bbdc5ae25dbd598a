using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Storage;

/// <summary>What the whole box may write to flash by itself: outbox, flight recorder and meter draw on one account.</summary>
/// <remarks>
/// 16 MB a day is 58 GB in ten years: a small part of what a cheap 8 GB card bears. What a person or an operator asked for (a document, an enrolment) is
/// written whatever is left. Any thread.
/// </remarks>
public sealed class FlashBudget(TimeProvider time, long octetsPerDay = FlashBudget.StandardOctetsPerDay)
{
    public const long StandardOctetsPerDay = 16 << 20;

    private const int BlockOctets = 4_096;
    private readonly Lock _lock = new();
    private readonly long _origin = time.GetTimestamp();
    private long _spent;
    private long _putOff;
    private readonly WriteBudget _budget = new(octetsPerDay, new Instant(0));

    /// <summary>What a file of this length costs the disk: its blocks, and about four more for inode, journal and folder.</summary>
    public static long CostOf(long length) => ((length / BlockOctets) + 4) * BlockOctets;

    /// <summary>Takes the cost of a file if it is there.</summary>
    public bool TrySpend(long length)
    {
        lock (_lock)
        {
            var isThere = _budget.TrySpend(CostOf(length), Now);
            if (isThere) _spent += CostOf(length);
            else _putOff++;
            return isThere;
        }
    }

    /// <summary>What was drawn on the account, and what is left on it.</summary>
    public FlashStatus Status()
    {
        lock (_lock) return new FlashStatus(octetsPerDay, (long)_budget.Left(Now), _spent, _putOff);
    }

    private Instant Now => new(time.GetElapsedTime(_origin).Ticks);
}
