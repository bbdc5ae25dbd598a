using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Auth;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>The IKE SA that a rekey makes: it inherits identity, path, connection and, once chosen, the children (RFC 7296 §2.8, §2.18).</summary>
internal static class IkeSuccessor
{
    /// <summary>As long as the peer retransmits: then its Delete will not come any more.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Makes the new SA and its keys; it can be spoken on at once, but has no children yet.</summary>
    public static IkeSa Make(
        IkeSa old, bool weInitiated, ulong initiatorSpi, ulong responderSpi, IkeSuite suite, Secret shared, byte[] ni, byte[] nr, Secret? further = null)
    {
        var peer = old.Peer ?? throw new InvalidOperationException($"An IKE SA in {old.State} is not rekeyed.");
        var prf = old.Endpoint.Algorithms.Prf(suite.Prf)!;
        var made = new IkeSa(old.Endpoint, weInitiated, initiatorSpi, old.Path, old.Connection)
        {
            ResponderSpi = responderSpi,
            BeganLine = old.BeganLine,
        };
        made.Inherit(old);
        made.SetKeys(suite, prf, IkeKeys.DeriveRekeyed(old.Prf, old.Keys.SkD, prf, suite, shared, ni, nr, initiatorSpi, responderSpi, further));
        made.Become(new IkeState.Established(peer));
        old.Endpoint.Register(made);
        return made;
    }

    /// <summary>The new SA becomes the one in use; the old one only waits for its deletion.</summary>
    public static void TakeOver(IkeSa old, IkeSa made, Instant now)
    {
        old.CollidingRekey = null;
        made.ContenderFor = null;
        made.Establish(made.Peer!, old.Id, now);
        old.HandOverTo(made, now);
        old.Endpoint.Touch(old);
        old.Endpoint.Touch(made);
    }

    /// <summary>A loser of the peer's: the peer deletes it, unless our Delete of the old SA made it forget its request.</summary>
    public static void Discard(IkeSa loser, Instant now)
    {
        Idle(loser);
        loser.ContenderFor = null;
        loser.Timers.Set(IkeTimer.Discard, now + Patience);
        loser.Endpoint.Touch(loser);
    }

    /// <summary>Neither rekeys nor asks whether the peer lives.</summary>
    public static void Idle(IkeSa loser) => loser.Timers.StopAll();
}
