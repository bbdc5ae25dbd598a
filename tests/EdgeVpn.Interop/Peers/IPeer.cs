using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Peers;

/// <summary>A product in a version that stands on the other end.</summary>
public interface IPeer
{
    /// <summary>As its makers write it.</summary>
    string Product { get; }

    string Version { get; }

    /// <summary>ESP goes through it. Otherwise its SAs go nowhere, and only what was agreed can be compared.</summary>
    bool CarriesTraffic { get; }

    IVpnEnd End(Lab lab, TunnelEnd configuration);
}
