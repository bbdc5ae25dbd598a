using System.Net.Sockets;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Network;

/// <summary>The size of a tunnel: the longest inner packet, and the TCP segments that fit into it.</summary>
/// <param name="Mtu">Octets of inner IP packet.</param>
public readonly record struct TunnelSize(int Mtu)
{
    /// <summary>Every IPv4 host takes this much (RFC 791 §3.1); a path that carries less is broken, not small.</summary>
    public const int Least = 576;

    private const int TcpHeader = 20, Ipv4Header = 20, Ipv6Header = 40;

    /// <summary>Octets of TCP payload per segment, TCP options not counted (RFC 6691).</summary>
    public int Mss(AddressFamily family) => Mtu - TcpHeader - (family == AddressFamily.InterNetworkV6 ? Ipv6Header : Ipv4Header);

    /// <summary>For a negotiated suite.</summary>
    /// <param name="suite">Of the ESP SA.</param>
    /// <param name="pathMtu">What the way to the peer carries, outer IP header included: the WAN's MTU until it is known better.</param>
    /// <param name="ipv6Outer">The tunnel runs over IPv6.</param>
    /// <param name="udpEncapsulated">ESP rides in UDP.</param>
    /// <remarks>Below 1280 an interface carries no IPv6 (RFC 8200 §5).</remarks>
    public static TunnelSize For(EspSuite suite, int pathMtu, bool ipv6Outer, bool udpEncapsulated) =>
        new(Math.Max(Least, suite.MaxInnerOctets(pathMtu, ipv6Outer, udpEncapsulated)));

    /// <summary>Before negotiation: what every suite that may be agreed on carries. Suites without a known size are passed over; 1280 if none is left.</summary>
    public static TunnelSize ForAny(IEnumerable<EspSuite> suites, int pathMtu, bool ipv6Outer, bool udpEncapsulated) =>
        new(suites.Where(s => s.IsValid).Select(s => For(s, pathMtu, ipv6Outer, udpEncapsulated).Mtu).DefaultIfEmpty(1280).Min());

    /// <summary>The suites an ESP proposal stands for.</summary>
    public static IEnumerable<EspSuite> SuitesOf(Proposal proposal)
    {
        var integrities = proposal.Transforms.Where(t => t.Type == TransformType.IntegrityAlgorithm).Select(t => (IntegrityAlgorithm)t.Id).DefaultIfEmpty(IntegrityAlgorithm.None).ToList();
        return proposal.Transforms.Where(t => t.Type == TransformType.EncryptionAlgorithm)
            .SelectMany(t => integrities.Select(i => new EspSuite((EncryptionAlgorithm)t.Id, t.KeyLength, i)));
    }
}
