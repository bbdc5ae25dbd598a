namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>One traffic selector: a protocol, a port range and an address range (RFC 7296 §3.13.1).</summary>
/// <param name="IpProtocol">IANA protocol number; 0 is any.</param>
/// <param name="StartPort">First port. For ICMP: type × 256 + code. OPAQUE is 65535–0.</param>
/// <param name="EndPort">Last port.</param>
/// <param name="Start">First address.</param>
/// <param name="End">Last address, of the same family.</param>
public readonly record struct TrafficSelector(byte IpProtocol, ushort StartPort, ushort EndPort, IpAddress Start, IpAddress End)
{
    /// <summary>0.0.0.0–255.255.255.255, every protocol and port.</summary>
    public static readonly TrafficSelector AnyIPv4 =
        new(0, 0, ushort.MaxValue, new IpAddress(0, false), new IpAddress(uint.MaxValue, false));

    /// <summary>::–ffff:…:ffff, every protocol and port.</summary>
    public static readonly TrafficSelector AnyIPv6 =
        new(0, 0, ushort.MaxValue, new IpAddress(0, true), new IpAddress(UInt128.MaxValue, true));

    public bool IsIPv6 => Start.IsIPv6;

    /// <summary>Every address of a prefix, every protocol and port.</summary>
    public static TrafficSelector Prefix(IpAddress network, int prefixLength)
    {
        var width = network.IsIPv6 ? 128 : 32;
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, width);
        var hosts = prefixLength == width ? UInt128.Zero : (UInt128.One << (width - prefixLength)) - 1;
        if (prefixLength == 0 && width == 128) hosts = UInt128.MaxValue;
        var start = network.Value & ~hosts;
        return new(0, 0, ushort.MaxValue, new IpAddress(start, network.IsIPv6), new IpAddress(start | hosts, network.IsIPv6));
    }

    public override string ToString() =>
        $"{Start}-{End}" + (IpProtocol == 0 && StartPort == 0 && EndPort == ushort.MaxValue ? "" : $"[{IpProtocol}/{StartPort}-{EndPort}]");
}
