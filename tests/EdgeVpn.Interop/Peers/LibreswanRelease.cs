using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Peers;

/// <summary>A libreswan that can be run here. Its ESP is the kernel's, and the lab's kernel need not have any.</summary>
/// <param name="Root">The root it lives in.</param>
public sealed record LibreswanRelease(string Version, string Root) : IPeer
{
    /// <summary>Answers pluto in the kernel's place and writes down every SA; within <see cref="Root"/>.</summary>
    public const string KernelFile = "/usr/lib/edgevpn/libreswan_xfrm.so";

    public const string PlutoFile = "/usr/libexec/ipsec/pluto", WhackFile = "/usr/libexec/ipsec/whack";

    public static LibreswanRelease Debian12 { get; } = new("4.10", LabFolders.Cached("libreswan"));

    public string Product => "libreswan";

    public bool CarriesTraffic => false;

    public bool IsThere => File.Exists(Root + PlutoFile) && File.Exists(Root + KernelFile);

    public IVpnEnd End(Lab lab, TunnelEnd configuration) => new Libreswan(lab, this, configuration);
}
