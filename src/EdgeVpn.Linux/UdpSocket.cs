namespace EdgeVpn.Linux;

/// <summary>A UDP socket with segmentation offload both ways: one call moves a run of datagrams.</summary>
public sealed class UdpSocket : DatagramSocket
{
    private UdpSocket(DatagramSocketOptions options)
        : base(options, Libc.SOCK_DGRAM, 0, "udp")
    {
        var fd = Handle.Number;
        // A kernel without UDP_SEGMENT (before 4.18) does not know the option; whether the devices can, the first send shows.
        IsSegmenting = options.Gso && Libc.GetOption(fd, Libc.SOL_UDP, Libc.UDP_SEGMENT) is not null;
        IsJoining = options.Gro && Libc.TrySetOption(fd, Libc.SOL_UDP, Libc.UDP_GRO, 1);
    }

    /// <summary>Whether received runs come joined (UDP_GRO, kernel ≥ 5.0).</summary>
    public bool IsJoining { get; }

    /// <exception cref="LinuxException">The address is taken or not ours, or an option needs more privilege.</exception>
    public static UdpSocket Open(DatagramSocketOptions options) => new(options);
}
