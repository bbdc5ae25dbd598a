using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>What was lost on the way here while one child SA took the place of another, told by the sequence numbers of ESP.</summary>
/// <remarks>
/// The peer numbers what it sends without gaps (RFC 4303 §3.3.3), so a number below the highest that verified, and not taken itself, is a packet that did not arrive:
/// <code>
///     lost over a rekey =   numbers missing on the old SA that are newer than the installation of its successor
///                         + numbers missing on the new SA, from 1 to the highest, when the old one no longer receives
/// </code>
/// Exact for what it says, and it says no more: what the peer sent last on the old SA, with nothing after it, leaves no gap; what was lost for another reason
/// in those seconds counts too; the way to the peer is the peer's to measure. A packet that only overtook another is not lost: the new SA is looked
/// at a few times, and the least of what is missing then counts. Without a replay window a duplicate may hide a loss. IKE thread only.
/// </remarks>
internal sealed class RekeyLoss
{
    /// <summary>Looks at the new SA: some two seconds, far above what reorders packets.</summary>
    private const int Looks = 4;

    private readonly IEspInbound _after;
    private readonly Numbers _start;
    private IEspInbound? _before;
    private ulong _old;
    private ulong _least = ulong.MaxValue;
    private int _left;

    /// <param name="before">Replaced.</param>
    /// <param name="after">Just installed.</param>
    public RekeyLoss(IEspInbound before, IEspInbound after) => (_before, _after, _start) = (before, after, Numbers.Of(before));

    /// <summary>Packets; null until it is known.</summary>
    public ulong? Packets { get; private set; }

    /// <summary>The old SA no longer receives.</summary>
    public void End()
    {
        if (_before is not { } before) return;
        _old = Numbers.Of(before).MissingSince(_start);
        _left = Looks;
        _before = null; // else each SA would keep all those before it
    }

    /// <summary>Once per poll.</summary>
    public void Look()
    {
        if (_left == 0) return;
        _least = Math.Min(_least, Numbers.Of(_after).MissingSince(default));
        if (--_left == 0) Packets = _old + _least;
    }

    /// <param name="Highest">The highest number that verified.</param>
    /// <param name="Taken">Numbers that verified, whatever became of the packets in them.</param>
    private readonly record struct Numbers(ulong Highest, ulong Taken)
    {
        // In this order: what comes in between is taken and not yet missed.
        public static Numbers Of(IEspInbound sa)
        {
            var highest = sa.LastSequence;
            var usage = sa.Usage;
            return new Numbers(highest, usage.Packets + usage.Refused(EspRefusal.BadPadding) + usage.Refused(EspRefusal.Dummy) + usage.Refused(EspRefusal.NotTunnelMode)
                + usage.Refused(EspRefusal.BadInnerPacket) + usage.Refused(EspRefusal.OutsideSelectors));
        }

        public ulong MissingSince(Numbers start)
        {
            var (numbers, taken) = (Highest - start.Highest, Taken - start.Taken);
            return numbers > taken ? numbers - taken : 0;
        }
    }
}
