using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What was sent on a pair before traffic moved to another has time to arrive before the peer may forget the pair.</summary>
/// <remarks>
/// A peer gives a pair up with our Delete, or with our answer to its own; ESP packets wait in queues of their own there and on the way, and
/// are then nobody's. A Delete that moves nothing is not held up.
/// </remarks>
internal sealed partial class IkeSa
{
    /// <summary>Longer than packets wait in the queue of a peer under load, shorter than any peer's first retransmission.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromMilliseconds(200);

    private (Path Path, ImmutableArray<byte[]> Datagrams)? _heldAnswer;

    /// <summary>Whether a Delete, or the answer to one, waits until it may go.</summary>
    public bool IsHeldUp => _heldAnswer is not null || Timers.IsRunning(IkeTimer.Renewed);

    /// <summary>Whether with this request of the peer's our traffic leaves a pair for another, or did a moment ago.</summary>
    private bool Drains(PayloadList request, Instant now) => request.All<DeletePayload>().Any(delete => delete.Protocol switch
    {
        ProtocolId.Ike => Children.All.Any(child => Children.IsLeft(child, now)),
        ProtocolId.Esp => delete.Spis.Any(spi => Children.FindByPeerSpi(spi) is { } child && Children.IsLeft(child, now)),
        _ => false,
    });

    private void Hold(Path path, ImmutableArray<byte[]> answer, Instant now)
    {
        _heldAnswer = (path, answer);
        Timers.Set(IkeTimer.Drain, now + DrainTime);
    }

    private void SendHeld()
    {
        if (_heldAnswer is not { } held) return;
        _heldAnswer = null;
        Timers.Stop(IkeTimer.Drain);
        Transmit(held.Path, held.Datagrams);
    }

    /// <summary>Whether traffic moved so lately that some of it may be under way on the pair that it left.</summary>
    private static bool IsDraining(Instant? movedAt, Instant now) => now < movedAt + DrainTime;

    /// <summary>Whether traffic moved so lately, to a pair of this SA or of another with the same peer.</summary>
    public bool IsDraining(Instant now) => IsDraining(Children.MovedAt, now) || Endpoint.Siblings(this).Any(other => IsDraining(other.Children.MovedAt, now));

    /// <summary>Whether our Delete of what traffic has left may go; if not, it is asked again when it may.</summary>
    public bool HasDrained(Instant now)
    {
        if (!IsDraining(now)) return true;
        Timers.SetEarlier(IkeTimer.Retry, now + DrainTime);
        Endpoint.Touch(this); // it may not be the SA that the caller is about
        return false;
    }
}
