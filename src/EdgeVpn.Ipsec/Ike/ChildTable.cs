using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>The child SAs of one IKE SA: made, found, replaced and removed, each step told to the shell.</summary>
internal sealed class ChildTable(IkeSa sa)
{
    /// <summary>A replaced pair still receives for this long: packets that were on the wire when the peer switched.</summary>
    private static readonly TimeSpan ReplacedLinger = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetransmissionsOver = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LeastPostponement = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConfirmationWait = TimeSpan.FromSeconds(2);
    private readonly List<ChildSa> _children = [];

    public IReadOnlyList<ChildSa> All => _children;

    public IEnumerable<ChildSa> Live => _children.Where(static child => child.State is ChildState.Live or ChildState.Rekeying);

    public Instant NextDeadline => _children.Aggregate(Instant.Never, static (next, child) => Instant.Min(next, child.NextDeadline));

    public static Instant RekeyTime(IkeSa sa, TimeSpan lifetime, Instant now) =>
        now + sa.Endpoint.Entropy.JitterDown(lifetime * sa.Connection.RekeyPoint, sa.Connection.RekeyJitter);

    /// <summary>Finds the pair that the peer names by its own inbound SPI.</summary>
    public ChildSa? FindByPeerSpi(byte[] spi) => spi.Length != 4
        ? null
        : _children.Find(child => child.OutboundSpi == BinaryPrimitives.ReadUInt32BigEndian(spi));

    /// <summary>Whether another pair takes this one's traffic over as it goes, or did a moment ago.</summary>
    public bool IsLeft(ChildSa child, Instant now) => child.IsUsed
        ? Successor(child) is not null || sa.Endpoint.PairElsewhere(sa, child) is not null
        : sa.IsDraining(now);

    /// <summary>When traffic last moved to a pair of this IKE SA because the peer was heard on it, or we made it.</summary>
    public Instant? MovedAt { get; private set; }

    public bool HasReplacement(ChildSa child) => _children.Exists(other => other.Replaces == child);

    /// <summary>Whether some of this traffic is sent on a pair of this IKE SA, or of another with the same peer.</summary>
    public bool IsCarried(ChildAgreement agreement) =>
        HasUsed(agreement.LocalSelectors, agreement.RemoteSelectors) || IsCarriedElsewhere(agreement);

    /// <summary>Whether some of this traffic is sent on a pair of this IKE SA.</summary>
    public bool HasUsed(ImmutableArray<TrafficSelector> local, ImmutableArray<TrafficSelector> remote) =>
        _children.Exists(child => child.IsUsed && Overlaps(child, local, remote));

    /// <summary>A pair for some of the same traffic; the one that is sent on, if any is.</summary>
    public ChildSa? LikeOf(ChildSa other) => Live.Where(child => Overlaps(child, other)).MaxBy(static child => child.IsUsed);

    public ChildSa? Find(ChildSaId id) => _children.Find(child => child.Id == id);

    /// <summary>Makes the keys, records the pair and has the shell install it.</summary>
    /// <param name="weInitiated">Whose exchange it was: decides which keys are whose (§2.17).</param>
    /// <param name="further">The secrets of IKE_FOLLOWUP_KE.</param>
    /// <param name="firstChild">Made in IKE_AUTH: whoever speaks on the IKE SA has it. As responder, while another SA with the peer carries its traffic, it is sent on from then on.</param>
    public ChildSa Install(
        ChildAgreement agreement, Secret? shared, byte[] ni, byte[] nr, bool weInitiated, ChildSa? replaces, bool use, Instant now,
        bool firstChild = false, Secret? further = null)
    {
        var connection = sa.Connection;
        var keys = ChildKeys.Derive(sa.Prf, sa.Keys.SkD, shared, ni, nr, agreement.Suite, further);
        var outboundKeys = weInitiated
            ? (keys.InitiatorEncryption, keys.InitiatorIntegrity)
            : (keys.ResponderEncryption, keys.ResponderIntegrity);
        var inboundKeys = weInitiated
            ? (keys.ResponderEncryption, keys.ResponderIntegrity)
            : (keys.InitiatorEncryption, keys.InitiatorIntegrity);
        var awaitsPeer = firstChild && IsCarriedElsewhere(agreement);
        use &= !awaitsPeer;
        var child = new ChildSa(
            sa.Endpoint.NextChildSaId(), agreement.InboundSpi, agreement.OutboundSpi, agreement.Suite, agreement.KeyExchange)
        {
            AdditionalKeyExchanges = agreement.AdditionalKeyExchanges,
            LocalSelectors = agreement.LocalSelectors,
            RemoteSelectors = agreement.RemoteSelectors,
            Replaces = replaces,
            IsUsed = use,
            IsConfirmed = weInitiated || firstChild,
            AwaitsPeer = awaitsPeer,
            ConfirmedFrom = now + RetransmissionsOver,
            RekeyAt = RekeyTime(sa, connection.ChildLifetime, now),
            ExpireAt = now + connection.ChildLifetime,
        };
        if (use && StopUsingOthers(child)) MovedAt = now;
        _children.Add(child);
        sa.Endpoint.Own(sa, child.Id);
        sa.Endpoint.Emit(new IkeOutput.InstallChildSa(
            child.Id,
            sa.Id,
            connection.Name,
            new EspSaParameters(
                child.InboundSpi, child.Suite, inboundKeys.Item1, inboundKeys.Item2, agreement.ExtendedSequenceNumbers, connection.ReplayWindow),
            new EspSaParameters(
                child.OutboundSpi, child.Suite, outboundKeys.Item1, outboundKeys.Item2, agreement.ExtendedSequenceNumbers, 0),
            child.LocalSelectors,
            child.RemoteSelectors,
            sa.Path,
            sa.UdpEncapsulated,
            replaces?.Id,
            use));
        Reschedule();
        return child;
    }

    /// <summary>Sends on this pair from now on.</summary>
    public void Use(ChildSa child)
    {
        if (child.IsUsed || !child.IsAlive) return;
        StopUsingOthers(child);
        child.IsUsed = true;
        sa.Endpoint.Emit(new IkeOutput.UseChildSa(child.Id));
    }

    /// <summary>The peer speaks on this IKE SA: it has the first child, and traffic moves to it.</summary>
    public void UseAwaiting(Instant now)
    {
        foreach (var child in Live.Where(static child => child.AwaitsPeer && !child.IsUsed).ToList())
        {
            Use(child);
            MovedAt = now;
        }
    }

    /// <summary>Removes a pair; if it was in use, its replacement takes over before that.</summary>
    public void Remove(ChildSa child, CloseReason reason) => Remove(child, reason, withAll: false);

    private void Remove(ChildSa child, CloseReason reason, bool withAll)
    {
        if (!child.IsAlive) return;
        var wasReplaced = reason.Cause is CloseCause.Rekeyed or CloseCause.Redundant || child.State == ChildState.Replaced;
        child.State = ChildState.Removed;
        _children.Remove(child);
        var successor = withAll ? null : Successor(child);
        var elsewhere = successor is null ? sa.Endpoint.PairElsewhere(sa, child) : null;
        if (child.IsUsed && successor is not null) Use(successor);
        else if (child.IsUsed && elsewhere is { } other) other.Sa.Children.Use(other.Child);
        child.IsUsed = false;
        foreach (var other in _children) other.Forget(child);
        sa.Endpoint.Disown(child.Id);
        sa.Endpoint.ReleaseEspSpi(child.InboundSpi);
        sa.Endpoint.Emit(new IkeOutput.RemoveChildSa(child.Id, sa.Connection.Name, reason, wasReplaced || elsewhere is not null ? ReplacedLinger : TimeSpan.Zero));
        Reschedule();
    }

    public void RemoveAll(CloseReason reason)
    {
        while (_children is [.., var last]) Remove(last, reason, withAll: true);
    }

    /// <summary>The successor of a rekeyed IKE SA takes all of them over (§2.8).</summary>
    public void MoveTo(IkeSa successor)
    {
        foreach (var child in _children) sa.Endpoint.Own(successor, child.Id);
        successor.Children._children.AddRange(_children);
        _children.Clear();
        Reschedule();
        successor.Children.Reschedule();
    }

    public void Reschedule() => sa.Timers.Set(IkeTimer.Children, NextDeadline);

    /// <summary>Acts on what is due: rekeys, and deletes what outlived its lifetime.</summary>
    public void Advance(Instant now)
    {
        foreach (var child in _children.ToArray())
        {
            if (child.ExpireAt <= now)
            {
                Exhausted(child, now);
            }
            else if (child.State == ChildState.Live && child.RekeyAt <= now)
            {
                StartRekey(child, now);
            }
        }

        Reschedule();
    }

    public void StartRekey(ChildSa child, Instant now)
    {
        // A peer that has not seen our answer yet would say CHILD_SA_NOT_FOUND.
        var isConfirmed = child.IsConfirmed || now >= child.ConfirmedFrom;
        child.RekeyAt = isConfirmed ? Instant.Never : now + ConfirmationWait;
        if (child.State == ChildState.Live && isConfirmed) sa.Enqueue(new ChildRekey(child), now);
        Reschedule();
    }

    /// <summary>The peer's next request came: with a window of 1 it has every answer of ours.</summary>
    public void Confirm()
    {
        foreach (var child in _children) child.IsConfirmed = true;
    }

    /// <summary>A pair reached its hard limit and carries nothing any more: tell the peer, and make another if none is left.</summary>
    public void Exhausted(ChildSa child, Instant now)
    {
        if (!child.IsAlive) return;
        sa.Enqueue(new ExpiredChildDelete(child.InboundSpi), now);
        Remove(child, new CloseReason(CloseCause.LifetimeExpired));
        if (!Live.Any() && !sa.Wants<ChildCreate>()) sa.Enqueue(new ChildCreate(), now);
    }

    /// <summary>A rekey failed for now: try again after a part of what is left of the lifetime.</summary>
    public void PostponeRekey(ChildSa child, Instant now)
    {
        if (child.State == ChildState.Rekeying) child.State = ChildState.Live;
        var left = child.ExpireAt - now;
        var wait = sa.Endpoint.Entropy.JitterDown(left * 0.3, 0.5);
        child.RekeyAt = now + (wait > LeastPostponement ? wait : LeastPostponement);
        Reschedule();
    }

    private ChildSa? Successor(ChildSa removed) =>
        _children.Find(child => child.Replaces == removed && child.State is (ChildState.Live or ChildState.Rekeying))
        ?? _children.FindLast(child => child.State is (ChildState.Live or ChildState.Rekeying) && Overlaps(child, removed));

    private bool StopUsingOthers(ChildSa child)
    {
        var stopped = StopUsingLikes(child);
        foreach (var sibling in sa.Endpoint.Siblings(sa)) stopped |= sibling.Children.StopUsingLikes(child);
        return stopped;
    }

    private bool IsCarriedElsewhere(ChildAgreement agreement) =>
        sa.Endpoint.Siblings(sa).Any(other => other.Children.HasUsed(agreement.LocalSelectors, agreement.RemoteSelectors));

    private bool StopUsingLikes(ChildSa child)
    {
        var stopped = false;
        foreach (var other in _children)
        {
            if (other == child || !other.IsUsed || !Overlaps(other, child)) continue;
            other.IsUsed = false;
            stopped = true;
        }

        return stopped;
    }

    private static bool Overlaps(ChildSa a, ChildSa b) => Overlaps(a, b.LocalSelectors, b.RemoteSelectors);

    private static bool Overlaps(ChildSa child, ImmutableArray<TrafficSelector> local, ImmutableArray<TrafficSelector> remote) =>
        !TrafficSelectorNarrowing.Narrow(child.RemoteSelectors, remote).IsEmpty
        && !TrafficSelectorNarrowing.Narrow(child.LocalSelectors, local).IsEmpty;
}
