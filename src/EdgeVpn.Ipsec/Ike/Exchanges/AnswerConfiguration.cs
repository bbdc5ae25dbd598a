using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using static EdgeVpn.Ipsec.Wire.Registry.ConfigurationAttributeType;

namespace EdgeVpn.Ipsec.Ike.Exchanges;

/// <summary>CFG_REQUEST of IKE_AUTH as responder: an address out of the connection's pool (RFC 7296 §2.19).</summary>
internal static class AnswerConfiguration
{
    /// <summary>Leases what is asked for. Nothing at all if the connection has no pool: the request is then as good as unread.</summary>
    public static (CpPayload? Reply, AnswerChild.Refusal? Error) To(IkeSa sa, Identification who, PayloadList request)
    {
        if (sa.Connection.AddressPool is not { } pool) return (null, null);
        if (request.Find<CpPayload>() is not { ConfigurationType: ConfigurationType.Request } asked)
            return (null, Refused(NotifyType.FailedCpRequired, $"{who} asks for no address, and has none of its own here"));

        var leases = sa.Endpoint.LeasesOf(sa.Connection, pool);
        var addresses = ImmutableArray.CreateBuilder<IpAddress>();
        foreach (var attribute in asked.Attributes)
        {
            var isIPv6 = attribute.Type == (ushort)InternalIp6Address;
            if ((!isIPv6 && attribute.Type != (ushort)InternalIp4Address) || addresses.Any(a => a.IsIPv6 == isIPv6)) continue;
            if (leases.Take(who, isIPv6, Wanted(attribute.Value, isIPv6)) is { } address) addresses.Add(address);
        }

        if (addresses.Count == 0) return (null, Refused(NotifyType.InternalAddressFailure, $"no address is left for {who}"));
        sa.Lease(leases, addresses.ToImmutable());
        return (new CpPayload(ConfigurationType.Reply, [.. Attributes(pool, addresses, asked)]), null);
    }

    private static IEnumerable<ConfigurationAttribute> Attributes(AddressPool pool, IReadOnlyList<IpAddress> addresses, CpPayload asked)
    {
        foreach (var address in addresses)
            yield return address.IsIPv6 ? new(InternalIp6Address, [.. address.ToOctets(), 128]) : new(InternalIp4Address, address.ToOctets());
        foreach (var server in pool.DnsServers.Where(s => addresses.Any(a => a.IsIPv6 == s.IsIPv6)))
            yield return new(server.IsIPv6 ? InternalIp6Dns : InternalIp4Dns, server.ToOctets());

        // Only who knows of split DNS is told of it (RFC 8598 §3.1).
        if (!asked.Attributes.Any(static a => a.Type == (ushort)InternalDnsDomain)) yield break;
        foreach (var domain in pool.Domains) yield return new(InternalDnsDomain, System.Text.Encoding.ASCII.GetBytes(domain));
    }

    private static IpAddress? Wanted(byte[] value, bool isIPv6) => (value.Length, isIPv6) switch
    {
        (4, false) => IpAddress.FromOctets(value),
        (16 or 17, true) => IpAddress.FromOctets(value.AsSpan(0, 16)),
        _ => null,
    };

    private static AnswerChild.Refusal Refused(NotifyType type, string detail) => new(ErrorNotify.Of(type), new CloseReason(CloseCause.ChildRefused, type, detail));
}
