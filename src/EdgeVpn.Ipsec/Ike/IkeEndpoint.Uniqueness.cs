using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What becomes of a peer's other SAs when it calls again (RFC 7296 §2.4). Only ever asked about a peer that proved who it is.</summary>
public sealed partial class IkeEndpoint
{
    /// <summary>Other SAs of the same connection with the same peer.</summary>
    internal IEnumerable<IkeSa> Siblings(IkeSa sa) =>
        sa.Peer is { } peer ? With(peer.Identity, sa.ConnectionName).Where(other => other != sa) : [];

    /// <summary>Whether this peer is kept out because it is connected from another address; that SA is asked whether its peer still lives.</summary>
    internal bool IsKeptOut(IkeSa sa, IkeConnection connection, Identification peer, Instant now)
    {
        if (connection.Uniqueness != Uniqueness.Keep) return false;
        var others = With(peer, connection.Name).Where(other => other.Path.Remote.Address != sa.Path.Remote.Address).ToList();
        foreach (var other in others)
        {
            other.AskWhetherPeerLives(now);
            Touch(other);
        }

        return others.Count > 0;
    }

    /// <summary>
    /// The peer said INITIAL_CONTACT: whatever else we have with it is gone on its side (§2.4), save what was established meanwhile
    /// because both ends initiated at once.
    /// </summary>
    internal void Supersede(IkeSa sa, Identification peer, Instant now)
    {
        if (sa.Connection.Uniqueness == Uniqueness.Never) return;
        foreach (var other in With(peer, sa.ConnectionName).ToList())
        {
            if (other == sa || other.EstablishedAt > sa.BegunAt) continue;
            other.Closed(new CloseReason(CloseCause.Superseded), now);
            Touch(other);
        }
    }

    /// <summary>The peer was heard on an SA that it called for: its older ones give way.</summary>
    internal void Enforce(IkeSa sa, Instant now)
    {
        if (sa.Connection.Uniqueness == Uniqueness.Never) return;
        foreach (var other in Siblings(sa).ToList())
        {
            if (other.EstablishedAt > sa.EstablishedAt || other.IsContender || AreSimultaneous(sa, other)) continue;
            other.SupersedeBy(sa, now);
            Touch(other);
        }
    }

    /// <summary>The SAs of a connection that stand with this peer.</summary>
    private IEnumerable<IkeSa> With(Identification peer, string connection) =>
        SasOf(connection).Where(sa => sa.State is IkeState.Established established && established.Peer.Identity == peer);

    /// <summary>Whether an SA that we called for now would be taken, here or at the peer, for one of two made because both ends called at once.</summary>
    internal static bool MayCross(IkeSa called, Instant now) => !called.IsSuccessor && now - called.EstablishedAt <= SimultaneousWithin;

    /// <summary>Whether both ends called at once, which <see cref="ResolveDuplicates"/> decides.</summary>
    private static bool AreSimultaneous(IkeSa newer, IkeSa other) =>
        newer.WeInitiated != other.WeInitiated && !newer.IsSuccessor && !other.IsSuccessor && newer.EstablishedAt - other.EstablishedAt <= SimultaneousWithin;

    /// <summary>A pair of another SA with the same peer that carries this traffic, or could.</summary>
    /// <remarks>
    /// The newest that the peer surely has. Where it called twice and was heard on neither, the older: it has that one first, and still receives on it for a while should
    /// it have both.
    /// </remarks>
    internal (IkeSa Sa, ChildSa Child)? PairElsewhere(IkeSa sa, ChildSa child) => Siblings(sa)
        .Where(static other => other.IsInForce)
        .OrderByDescending(static other => other.IsKnownToPeer)
        .ThenByDescending(static other => other.IsKnownToPeer ? other.EstablishedAt : Instant.Zero)
        .ThenBy(static other => other.EstablishedAt)
        .Select(other => (other, Like: other.Children.LikeOf(child)))
        .Where(static found => found.Like is not null)
        .Select(static found => ((IkeSa, ChildSa)?)(found.other, found.Like!))
        .FirstOrDefault();
}
