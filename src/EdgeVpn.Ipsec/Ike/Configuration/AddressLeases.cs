using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike.Configuration;

/// <summary>Who has which address of a pool. Whoever comes back gets what it had, unless the pool ran short meanwhile.</summary>
internal sealed class AddressLeases(AddressPool pool)
{
    private readonly Dictionary<IpAddress, Lease> _leases = []; // at most one per address of the pool
    private readonly int[] _next = new int[pool.Prefixes.Length];

    public AddressPool Pool => pool;

    /// <param name="who">An authenticated identity.</param>
    /// <param name="wanted">The address the client asks for, or had before; null: any.</param>
    /// <returns>Null if the pool has none of that family left.</returns>
    public IpAddress? Take(Identification who, bool isIPv6, IpAddress? wanted)
    {
        // Its own while it still holds it: a client that makes the new IKE SA before it breaks the old one.
        if (wanted is { } asked && asked.IsIPv6 == isIPv6 && IsOurs(asked)
            && (!_leases.TryGetValue(asked, out var lease) || lease.Users == 0 || lease.Owner == who)) return Give(asked, who);
        foreach (var (address, known) in _leases)
            if (known.Users == 0 && address.IsIPv6 == isIPv6 && known.Owner == who) return Give(address, who);
        return (Fresh(isIPv6, remembered: false) ?? Fresh(isIPv6, remembered: true)) is { } free ? Give(free, who) : null;
    }

    public void Return(IpAddress address)
    {
        if (_leases.TryGetValue(address, out var lease)) _leases[address] = lease with { Users = Math.Max(0, lease.Users - 1) };
    }

    private IpAddress Give(IpAddress address, Identification who)
    {
        var users = _leases.TryGetValue(address, out var lease) && lease.Owner == who ? lease.Users : 0;
        _leases[address] = new Lease(who, users + 1);
        return address;
    }

    /// <param name="remembered">Whether an address may be taken from one who is away.</param>
    private IpAddress? Fresh(bool isIPv6, bool remembered)
    {
        for (var i = 0; i < pool.Prefixes.Length; i++)
        {
            var (network, length) = pool.Prefixes[i];
            if (network.IsIPv6 != isIPv6) continue;
            var (first, count) = AddressPool.HostsOf(network, length);
            for (var tried = 0; tried < count; tried++)
            {
                var address = first with { Value = first.Value + (uint)((_next[i] + tried) % count) };
                if (_leases.TryGetValue(address, out var lease) && !(remembered && lease.Users == 0)) continue;
                _next[i] = (_next[i] + tried + 1) % count;
                return address;
            }
        }

        return null;
    }

    private bool IsOurs(IpAddress address) => pool.Prefixes.Any(p =>
    {
        if (p.Network.IsIPv6 != address.IsIPv6) return false;
        var (first, count) = AddressPool.HostsOf(p.Network, p.PrefixLength);
        return address.Value >= first.Value && address.Value - first.Value < (uint)count;
    });

    private sealed record Lease(Identification Owner, int Users);
}
