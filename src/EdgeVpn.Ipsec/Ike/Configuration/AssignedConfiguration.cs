using System.Collections.Immutable;
using System.Net;
using System.Text;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Configuration;

/// <summary>What a gateway gave a client (RFC 7296 §3.15.1, RFC 8598 §3). Every part is bounded and can be believed to be what it says it is, not to be wise.</summary>
/// <param name="Addresses">The client's own inside the tunnel: at most one per family.</param>
/// <param name="DnsServers">Reached through the tunnel.</param>
/// <param name="Domains">Names, without the last dot, that the servers are to be asked for; empty: all of them.</param>
/// <param name="Subnets">What the gateway says it protects.</param>
public sealed record AssignedConfiguration(
    ImmutableArray<IpAddress> Addresses,
    ImmutableArray<IpAddress> DnsServers,
    ImmutableArray<string> Domains,
    ImmutableArray<(IpAddress Network, int PrefixLength)> Subnets)
{
    private const int MaxServers = 8;
    private const int MaxDomains = 64;
    private const int MaxSubnets = 64;
    private const int MaxDomainLength = 253; // RFC 1035 §2.3.4, as text

    public bool Equals(AssignedConfiguration? other) => other is not null
        && Addresses.AsSpan().SequenceEqual(other.Addresses.AsSpan()) && DnsServers.AsSpan().SequenceEqual(other.DnsServers.AsSpan())
        && Domains.AsSpan().SequenceEqual(other.Domains.AsSpan()) && Subnets.AsSpan().SequenceEqual(other.Subnets.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Addresses.Length, Addresses.FirstOrDefault(), DnsServers.Length, Domains.Length, Subnets.Length);

    public override string ToString() =>
        string.Join(", ", Addresses) + (DnsServers.IsEmpty ? "" : $"; DNS {string.Join(", ", DnsServers)}") + (Domains.IsEmpty ? "" : $" for {string.Join(", ", Domains)}");

    /// <summary>Reads a CFG_REPLY. What was not asked for, is malformed, or is more than anyone needs is left out.</summary>
    /// <returns>Null if it holds no usable address of a family that was asked for.</returns>
    internal static AssignedConfiguration? Read(CpPayload reply, ConfigurationRequest asked)
    {
        if (reply.ConfigurationType != ConfigurationType.Reply) return null;
        var addresses = ImmutableArray.CreateBuilder<IpAddress>();
        var servers = ImmutableArray.CreateBuilder<IpAddress>();
        var domains = ImmutableArray.CreateBuilder<string>();
        var subnets = ImmutableArray.CreateBuilder<(IpAddress, int)>();
        foreach (var attribute in reply.Attributes)
        {
            var value = attribute.Value;
            switch ((ConfigurationAttributeType)attribute.Type)
            {
                case ConfigurationAttributeType.InternalIp4Address when asked.IPv4 && value.Length == 4:
                case ConfigurationAttributeType.InternalIp6Address when asked.IPv6 && value.Length is 16 or 17: // the prefix length follows (§3.15.1)
                    var address = IpAddress.FromOctets(value.AsSpan(0, value.Length == 17 ? 16 : value.Length));
                    if (IsHost(address) && !addresses.Any(a => a.IsIPv6 == address.IsIPv6)) addresses.Add(address);
                    break;
                case ConfigurationAttributeType.InternalIp4Dns when value.Length == 4:
                case ConfigurationAttributeType.InternalIp6Dns when value.Length == 16:
                    var server = IpAddress.FromOctets(value);
                    if (servers.Count < MaxServers && IsHost(server)) servers.Add(server);
                    break;
                case ConfigurationAttributeType.InternalIp4Subnet when value.Length == 8:
                    if (subnets.Count < MaxSubnets && LengthOf(value.AsSpan(4)) is { } length) subnets.Add((IpAddress.FromOctets(value.AsSpan(0, 4)), length));
                    break;
                case ConfigurationAttributeType.InternalIp6Subnet when value.Length == 17 && value[16] <= 128:
                    if (subnets.Count < MaxSubnets) subnets.Add((IpAddress.FromOctets(value.AsSpan(0, 16)), value[16]));
                    break;
                case ConfigurationAttributeType.InternalDnsDomain:
                    if (domains.Count < MaxDomains && DomainOf(value) is { } domain && !domains.Contains(domain)) domains.Add(domain);
                    break;
                default:
                    break; // unknown ones are ignored (§3.15.1)
            }
        }

        return addresses.Count == 0 ? null : new AssignedConfiguration(addresses.ToImmutable(), servers.ToImmutable(), domains.ToImmutable(), subnets.ToImmutable());
    }

    /// <summary>An address that one machine can have: not none, loopback, link-local or multicast.</summary>
    private static bool IsHost(IpAddress address)
    {
        var ip = address.ToIPAddress();
        if (address.IsIPv6) return !(ip.IsIPv6Multicast || ip.IsIPv6LinkLocal || IPAddress.IsLoopback(ip) || address.Value == UInt128.Zero);
        var first = (byte)(address.Value >> 24);
        return first is not (0 or 127 or >= 224) && (uint)address.Value >> 16 != 0xA9FE;
    }

    private static int? LengthOf(ReadOnlySpan<byte> mask)
    {
        var bits = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(mask);
        var length = System.Numerics.BitOperations.LeadingZeroCount(~bits);
        return length == 32 || bits << length == 0 ? length : null;
    }

    /// <summary>A name of letters, digits, hyphens and dots (RFC 8598 §3.1 asks for presentation format): nothing that a resolver's configuration could misread.</summary>
    private static string? DomainOf(byte[] value)
    {
        if (value.Length is 0 or > MaxDomainLength + 1) return null;
        var text = Encoding.ASCII.GetString(value).TrimEnd('.').ToLowerInvariant();
        var labels = text.Split('.');
        return Array.TrueForAll(labels, static label =>
            label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
            ? text : null;
    }
}
