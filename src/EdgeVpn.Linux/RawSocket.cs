namespace EdgeVpn.Linux;

/// <summary>A raw IP socket of one protocol, such as 50. Needs CAP_NET_RAW.</summary>
/// <remarks>The kernel writes the IP header on sending, and <see cref="ReceivedDatagram.Octets"/> starts after it on receiving, for both versions.</remarks>
public sealed class RawSocket : DatagramSocket
{
    private RawSocket(DatagramSocketOptions options, byte protocol)
        : base(options, Libc.SOCK_RAW, protocol, $"raw protocol {protocol}") => Protocol = protocol;

    /// <summary>IP protocol number.</summary>
    public byte Protocol { get; }

    public static RawSocket Open(DatagramSocketOptions options, byte protocol) => new(options, protocol);
}
