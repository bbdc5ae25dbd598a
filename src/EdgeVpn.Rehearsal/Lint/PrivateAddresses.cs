using System.Net;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>Addresses that the internet does not route.</summary>
internal static class PrivateAddresses
{
    private static readonly IPNetwork[] s_private =
        [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("100.64.0.0/10")];

    private static readonly IPNetwork s_linkLocal = IPNetwork.Parse("169.254.0.0/16");

    /// <summary>RFC 1918 and RFC 6598.</summary>
    public static bool Contains(IPAddress address) => s_private.Any(network => network.Contains(address));

    /// <summary>Automatic private addressing, RFC 3927: what Azure calls APIPA.</summary>
    public static bool IsApipa(IPAddress? address) => address is not null && s_linkLocal.Contains(address);
}
