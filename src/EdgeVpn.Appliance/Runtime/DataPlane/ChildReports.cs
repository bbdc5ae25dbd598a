using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>What the engine was told of one child SA.</summary>
internal sealed class ChildReports
{
    private ulong _heardOctets;
    private LifetimeState _lifetime;

    /// <summary>Adds what is new of <paramref name="child"/>.</summary>
    /// <returns>True if it ran out just now: it must not carry anything any more.</returns>
    public bool Collect(Child child, ICollection<IkeInput> inputs)
    {
        // Everything that verified, dummies and packets outside the selectors included: the peer lives.
        var heard = child.Inbound.Usage.CipherOctets;
        if (heard != _heardOctets)
        {
            _heardOctets = heard;
            inputs.Add(new IkeInput.PeerHeard(child.Id));

            // Said again as long as it is so: the engine may have had a reason not to follow at once.
            if (child.Path is { IsUdp: true } path && child.Inbound.Source is { } source && source.Remote != path.Remote)
                inputs.Add(new IkeInput.PeerMoved(child.Id, SocketAddresses.ToPath(source.Local, source.Remote)));
        }

        var lifetime = Worse(
            child.Inbound.Limits.And(child.Limits).Remaining(child.Inbound.Usage).State,
            child.Outbound.Limits.And(child.Limits).Remaining(child.Outbound.Usage).State);
        if (lifetime <= _lifetime) return false;
        _lifetime = lifetime;
        inputs.Add(lifetime == LifetimeState.Expired ? new IkeInput.ChildSaExhausted(child.Id) : new IkeInput.ChildSaNearsLimit(child.Id));
        return lifetime == LifetimeState.Expired;
    }

    private static LifetimeState Worse(LifetimeState a, LifetimeState b) => a > b ? a : b;
}
