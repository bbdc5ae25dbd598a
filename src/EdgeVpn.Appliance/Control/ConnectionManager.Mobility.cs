using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Control;

/// <summary>Our own address changes under a tunnel.</summary>
public sealed partial class ConnectionManager
{
    /// <summary>The machine's addresses or routes changed: tunnels that can move with them do (RFC 4555); others that we called are called anew from where we are now.</summary>
    public void NetworkChanged(Instant now)
    {
        foreach (var live in _live.Values)
        {
            if (live.Children.Count == 0 || live.LocalAddress is null) continue;
            if ((live.Endpoint.Address.Address ?? (live.Resolved is [var first, ..] ? first : null)) is not { } remote) continue;
            var local = live.Plan.Config.Local.Address ?? _lookup.SourceTowards(remote);
            if (local is null || local.Equals(live.LocalAddress)) continue; // without any address there is nobody to tell it
            _events.Add("ike.moving", live.Plan.Name, $"our address towards {remote} is {local} now");
            live.LocalAddress = local;
            if (!live.Plan.Config.Ike.Mobike)
            {
                // What the old SA would send leaves by a WAN that its addresses do not belong to: nobody waits for a timeout to find that out.
                if (!live.Plan.MayInitiate || _engine.Status().Any(sa => sa.Connection == live.Plan.Name && sa.Path.Local.Address == IpAddress.From(local))) continue;
                _engine.Handle(new IkeInput.Close(live.Plan.Name), now);
                Drain(now);
                Forget(live, now);
                continue;
            }

            _engine.Handle(new IkeInput.LocalAddressChanged(live.Plan.Name, IpAddress.From(local)), now);
        }

        if (_live.Values.Any(static live => live.Plan.Config.Ike.Mobike)) TellEngine(now); // the list of our other addresses
    }
}
