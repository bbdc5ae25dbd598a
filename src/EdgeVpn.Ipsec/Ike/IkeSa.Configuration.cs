using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Addresses inside the tunnel that one end gives the other: they belong to the IKE SA and its successors (RFC 7296 §2.19).</summary>
internal sealed partial class IkeSa
{
    private AddressLeases? _leases;

    /// <summary>As initiator: what the peer gave us.</summary>
    public AssignedConfiguration? Assigned { get; private set; }

    /// <summary>As responder: what we gave the peer.</summary>
    public ImmutableArray<IpAddress> Leased { get; private set; } = [];

    /// <summary>What a new child protects at this end.</summary>
    public ImmutableArray<TrafficSelector> LocalSelectors => Assigned is null ? Connection.LocalSelectors : Hosts(Assigned.Addresses);

    /// <summary>What a new child protects at the peer's end.</summary>
    public ImmutableArray<TrafficSelector> RemoteSelectors => Leased.IsEmpty ? Connection.RemoteSelectors : Hosts(Leased);

    public void Assign(AssignedConfiguration assigned)
    {
        Assigned = assigned;
        Endpoint.Remember(ConnectionName, assigned);
        Endpoint.Emit(new IkeOutput.ConfigurationAssigned(Id, ConnectionName, assigned));
    }

    public void Lease(AddressLeases leases, ImmutableArray<IpAddress> addresses) => (_leases, Leased) = (leases, addresses);

    private void HandConfigurationTo(IkeSa successor)
    {
        (successor.Assigned, successor._leases, successor.Leased) = (Assigned, _leases, Leased);
        (_leases, Leased) = (null, []);
    }

    private void ReturnLeases()
    {
        foreach (var address in Leased) _leases!.Return(address);
        (_leases, Leased) = (null, []);
    }

    private static ImmutableArray<TrafficSelector> Hosts(ImmutableArray<IpAddress> addresses) =>
        [.. addresses.Select(static address => TrafficSelector.Prefix(address, address.IsIPv6 ? 128 : 32))];
}
