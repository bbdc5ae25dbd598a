using EdgeVpn.Ipsec.Ike.Configuration;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Addresses inside tunnels that outlive their IKE SA: what we had, and who had what of ours.</summary>
public sealed partial class IkeEndpoint
{
    private readonly Dictionary<string, AssignedConfiguration> _assigned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AddressLeases> _leases = new(StringComparer.Ordinal);

    /// <summary>What the peer of a connection last gave us: it is asked for the same again.</summary>
    internal AssignedConfiguration? LastAssigned(string connection) => _assigned.GetValueOrDefault(connection);

    internal void Remember(string connection, AssignedConfiguration assigned) => _assigned[connection] = assigned;

    /// <summary>The leases of a connection's pool; others than before once the pool is another.</summary>
    internal AddressLeases LeasesOf(IkeConnection connection, AddressPool pool)
    {
        if (_leases.TryGetValue(connection.Name, out var leases) && leases.Pool == pool) return leases;
        return _leases[connection.Name] = new AddressLeases(pool);
    }

    private void ForgetConfigurations()
    {
        foreach (var gone in _assigned.Keys.Where(name => !_connections.ContainsKey(name)).ToList()) _assigned.Remove(gone);
        foreach (var gone in _leases.Keys.Where(name => !_connections.ContainsKey(name)).ToList()) _leases.Remove(gone);
    }
}
