using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace EdgeVpn.Model.Configuration;

/// <summary>Addresses and prefixes as people write them, without the surprises of inet_aton (<c>10.1</c>, <c>010.0.0.1</c>).</summary>
public static class Addresses
{
    /// <summary>Reads a dotted quad or an IPv6 address without zone; nothing else.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        if (!IPAddress.TryParse(text, out address)) return false;
        var plain = address.AddressFamily == AddressFamily.InterNetwork
            ? address.ToString() == text
            : !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal);
        if (!plain) address = null;
        return plain;
    }

    /// <summary>Reads <c>address/prefix length</c> and forgets the host bits: <c>10.10.0.1/24</c> is 10.10.0.0/24.</summary>
    public static bool TryParseLoosely(string text, out IPNetwork network)
    {
        network = default;
        if (!InterfaceAddress.TryParse(text, out var written)) return false;
        network = written.Network;
        return true;
    }

    /// <summary>The network of <paramref name="prefixLength"/> bits that <paramref name="address"/> lies in.</summary>
    public static IPNetwork Truncate(this IPAddress address, int prefixLength)
    {
        var octets = address.GetAddressBytes();
        for (var i = 0; i < octets.Length; i++)
        {
            var kept = Math.Clamp(prefixLength - (i * 8), 0, 8);
            octets[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPNetwork(new IPAddress(octets), prefixLength);
    }

    /// <summary>True if every address of <paramref name="inner"/> is one of <paramref name="outer"/>; a network covers itself.</summary>
    public static bool Covers(this IPNetwork outer, IPNetwork inner) =>
        outer.BaseAddress.AddressFamily == inner.BaseAddress.AddressFamily
        && outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    /// <summary>True if the two share an address: of two prefixes, one covers the other or they are apart.</summary>
    public static bool Overlaps(this IPNetwork a, IPNetwork b) => a.Covers(b) || b.Covers(a);

    /// <summary>True for IPv4.</summary>
    public static bool IsIpv4(this IPNetwork network) => network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>True for the first address of an IPv4 network of more than two, or its last: neither can be a host's.</summary>
    public static bool IsNetworkOrBroadcast(this InterfaceAddress address)
    {
        if (address.Address.AddressFamily != AddressFamily.InterNetwork || address.PrefixLength > 30) return false;
        var host = BinaryPrimitives.ReadUInt32BigEndian(address.Address.GetAddressBytes());
        var mask = uint.MaxValue >> address.PrefixLength;
        return (host & mask) == 0 || (host & mask) == mask;
    }
}
