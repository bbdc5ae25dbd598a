using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Peers;

/// <summary>A strongSwan that can be run here, and how it carries ESP in user space.</summary>
/// <param name="Root">The root it lives in; null for the machine's own.</param>
/// <param name="RawEsp">It speaks protocol 50 when there is no NAT; otherwise it always encapsulates in UDP.</param>
public sealed record StrongSwanRelease(string Version, string? Root, bool RawEsp) : IPeer
{
    public string Product => "strongSwan";

    public bool CarriesTraffic => true;

    public static StrongSwanRelease Debian12 { get; } = new("5.9.8", null, RawEsp: false);

    public static StrongSwanRelease Debian13 { get; } = new("6.0.1", LabFolders.Cached("trixie"), RawEsp: true);

    public string CharonFile => "/usr/lib/ipsec/charon";

    public bool IsThere => File.Exists((Root ?? "") + CharonFile);

    public IVpnEnd End(Lab lab, TunnelEnd configuration) => new StrongSwan(lab, this, configuration);
}
