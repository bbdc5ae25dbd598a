using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Control;

/// <summary>Keeps the mapping of a NAT that stands before us: one octet every 20 seconds (RFC 3948 §4).</summary>
/// <remarks>Also while other traffic flows: an octet costs nothing, and nobody has to watch every packet for it.</remarks>
/// <param name="send">Sends one keepalive.</param>
public sealed class NatKeepalives(Action<Path> send)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    private readonly Dictionary<Path, Instant> _due = [];

    /// <param name="sas">Every IKE SA there is.</param>
    /// <param name="now">Called about twice a second.</param>
    public void Tick(IEnumerable<IkeSaStatus> sas, Instant now)
    {
        var paths = sas.Where(static sa => sa.State == "Established" && sa.Nat.HasFlag(NatSituation.Local)).Select(static sa => sa.Path).ToHashSet();
        foreach (var gone in _due.Keys.Except(paths).ToList()) _due.Remove(gone);
        foreach (var path in paths)
        {
            var isKnown = _due.TryGetValue(path, out var due); // a new one was opened by its handshake, just now
            if (isKnown && due > now) continue;
            if (isKnown) send(path);
            _due[path] = now + Interval;
        }
    }
}
