using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using static EdgeVpn.Ipsec.Wire.Registry.ConfigurationAttributeType;

namespace EdgeVpn.Ipsec.Ike.Configuration;

/// <summary>As initiator: what the gateway is asked for in IKE_AUTH (RFC 7296 §2.19): addresses inside the tunnel, name servers, and the domains these are for (RFC 8598).</summary>
/// <param name="IPv4">An IPv4 address.</param>
/// <param name="IPv6">An IPv6 address.</param>
public sealed record ConfigurationRequest(bool IPv4, bool IPv6)
{
    /// <param name="before">What was assigned last time: the same addresses are asked for.</param>
    internal CpPayload Payload(AssignedConfiguration? before)
    {
        var attributes = ImmutableArray.CreateBuilder<ConfigurationAttribute>();
        if (IPv4)
        {
            attributes.Add(new(InternalIp4Address, Before(isIPv6: false) is { } known ? known.ToOctets() : []));
            attributes.Add(new(InternalIp4Dns, []));
            attributes.Add(new(InternalIp4Subnet, []));
        }

        if (IPv6)
        {
            attributes.Add(new(InternalIp6Address, Before(isIPv6: true) is { } known ? [.. known.ToOctets(), 128] : []));
            attributes.Add(new(InternalIp6Dns, []));
            attributes.Add(new(InternalIp6Subnet, []));
        }

        attributes.Add(new(InternalDnsDomain, []));
        return new CpPayload(ConfigurationType.Request, attributes.ToImmutable());

        IpAddress? Before(bool isIPv6) => before?.Addresses.Where(a => a.IsIPv6 == isIPv6).Select(static a => (IpAddress?)a).FirstOrDefault();
    }
}
