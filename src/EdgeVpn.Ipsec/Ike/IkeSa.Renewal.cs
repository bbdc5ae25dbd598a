using System.Buffers.Binary;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Authentication anew, make before break (RFC 7296 §2.8.3): another IKE SA with children of its own beside this one, then this one's deletion.</summary>
internal sealed partial class IkeSa
{
    /// <summary>A peer that asks for less does not get it: a set-up costs both ends.</summary>
    private static readonly TimeSpan LeastAuthenticationLifetime = TimeSpan.FromSeconds(30);

    /// <summary>The end that was called acts at this part of the lifetime: a caller that heeds what it was told did so before.</summary>
    private const double CalledEndActsAt = 0.95;

    private readonly List<ChildSa> _copied = [];
    private Instant _authenticatedAt;
    private TimeSpan _peersAuthenticationLifetime;

    /// <summary>The SA that this one is to take the place of; null once it has.</summary>
    public IkeSa? Renews { get; set; }

    /// <summary>How long one proof of identity counts, by the stricter of both ends (RFC 4478); zero: as long as the line lives.</summary>
    private TimeSpan AuthenticationLifetime =>
        _peersAuthenticationLifetime == TimeSpan.Zero || (Connection.AuthenticationLifetime is { Ticks: > 0 } own && own < _peersAuthenticationLifetime)
            ? Connection.AuthenticationLifetime
            : _peersAuthenticationLifetime;

    /// <summary>
    /// Whether we may make the new SA: the caller always; the end that was called where it could have called itself, because the configuration
    /// names the peer's address, and no NAT stands before it. Who makes the new SA is its caller from then on.
    /// </summary>
    public bool MayRenew => BeganLine || (_connection is { MayInitiate: true, AddressPool: null } connection
        && !Nat.HasFlag(NatSituation.Remote) && connection.RemoteAddresses.Contains(Path.Remote.Address));

    /// <summary>What the caller is told of ours (RFC 4478 §3): it should authenticate anew in time.</summary>
    public static IEnumerable<Payload> AuthenticationLifetimeOf(IkeConnection connection)
    {
        if (connection.AuthenticationLifetime <= TimeSpan.Zero) yield break;
        yield return new NotifyPayload(ProtocolId.None, [], NotifyType.AuthLifetime, Octets.Of((uint)connection.AuthenticationLifetime.TotalSeconds));
    }

    /// <summary>The peer says how long our proof counts: in its answer to IKE_AUTH, or any time later.</summary>
    public void HeedAuthenticationLifetime(PayloadList message)
    {
        if (!BeganLine || message.Notify(NotifyType.AuthLifetime) is not { Data.Length: 4 } notify) return;
        var lifetime = TimeSpan.FromSeconds(BinaryPrimitives.ReadUInt32BigEndian(notify.Data));
        _peersAuthenticationLifetime = lifetime > LeastAuthenticationLifetime ? lifetime : LeastAuthenticationLifetime;
        if (IsEstablished) ScheduleReauthentication();
    }

    /// <summary>Makes the SA that is to take this one's place, unless that is under way.</summary>
    public void Reauthenticate(Instant now)
    {
        if (!IsInForce || !MayRenew || Endpoint.IsBeingRenewed(this)) return;
        if (!BeganLine && (IkeEndpoint.MayCross(this, now) || Endpoint.Siblings(this).Any(other => other.EstablishedAt > EstablishedAt))) return; // the caller did: this one is about to go
        Endpoint.Begin(Connection, Path, renews: this, now);
    }

    /// <summary>A child came up: once everything that the old SA carries has its like here, that one goes.</summary>
    public void CarryOn(Instant now)
    {
        if (Renews?.EndOfLine is not { } old) return;
        foreach (var child in old.Children.Live.Where(c => !Children.HasUsed(c.LocalSelectors, c.RemoteSelectors) && !_copied.Contains(c)).ToList())
        {
            _copied.Add(child);
            Enqueue(new ChildCreate(child), now);
        }

        if (!Wants<ChildCreate>()) Timers.Set(IkeTimer.Renewed, now + DrainTime);
    }

    private void CloseRenewed(Instant now)
    {
        Timers.Stop(IkeTimer.Renewed);
        if (Renews?.EndOfLine is not { } old) return;
        Renews = null;
        Follow(old);
        old.StartClose(new CloseReason(CloseCause.Reauthenticated), now);
        Endpoint.Touch(old);
    }

    /// <summary>The new SA came to nothing: the old one goes on, and it is tried again while its authentication counts.</summary>
    private void GiveUpRenewal(CloseReason reason, Instant now)
    {
        var old = Renews?.EndOfLine;
        Renews = null;
        if (old is not { IsInForce: true }) return;
        if (reason.Cause is not (CloseCause.LocalRequest or CloseCause.ConnectionRemoved or CloseCause.Redundant))
            Endpoint.Emit(new IkeOutput.IkeRekeyFailed(old.Id, old.ConnectionName, reason));
        if (old.AuthenticationLifetime is { Ticks: > 0 } lifetime)
            old.Timers.Set(IkeTimer.Reauthenticate, now + Endpoint.Entropy.JitterDown(lifetime * 0.05, 0.5));
        Endpoint.Touch(old);
    }

    private void InheritAuthentication(IkeSa old) =>
        (_authenticatedAt, _peersAuthenticationLifetime) = (old._authenticatedAt, old._peersAuthenticationLifetime);

    private void ScheduleReauthentication()
    {
        if (AuthenticationLifetime is not { Ticks: > 0 } lifetime) return;
        Timers.Set(IkeTimer.Reauthenticate, BeganLine ? ChildTable.RekeyTime(this, lifetime, _authenticatedAt) : _authenticatedAt + (lifetime * CalledEndActsAt));
        Timers.SetEarlier(IkeTimer.ExpireIke, _authenticatedAt + lifetime);
    }
}
