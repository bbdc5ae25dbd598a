using System.Runtime.InteropServices;

namespace EdgeVpn.Linux;

/// <summary>VIRTIO_NET_HDR_F_*.</summary>
[Flags]
public enum VirtioNetFlags : byte
{
    None = 0,

    /// <summary>The checksum field holds the folded pseudo-header sum; whoever sends the packet on must finish it.</summary>
    NeedsChecksum = 1,
}

/// <summary>VIRTIO_NET_HDR_GSO_*, without the ECN bit.</summary>
public enum VirtioNetGso : byte
{
    None = 0,
    TcpV4 = 1,
    TcpV6 = 4,

    /// <summary>Equal UDP datagrams of either IP version (USO).</summary>
    UdpL4 = 5,
}

/// <summary>struct virtio_net_hdr: 10 octets before every packet of a TUN with IFF_VNET_HDR, in host byte order.</summary>
/// <param name="Flags">Whether a checksum has to be finished.</param>
/// <param name="GsoTypeOctet">Type in the lower bits; 0x80 says that CWR may be set.</param>
/// <param name="HeaderOctets">IP and transport header together; only a hint.</param>
/// <param name="GsoSize">Payload octets of each segment.</param>
/// <param name="ChecksumStart">Where the transport header starts.</param>
/// <param name="ChecksumOffset">Where its checksum stands, from there: 16 TCP, 6 UDP.</param>
[StructLayout(LayoutKind.Sequential, Pack = 2)]
public readonly record struct VirtioNetHeader(
    VirtioNetFlags Flags, byte GsoTypeOctet, ushort HeaderOctets, ushort GsoSize, ushort ChecksumStart, ushort ChecksumOffset)
{
    public const int Size = 10;

    public VirtioNetGso Gso => (VirtioNetGso)(GsoTypeOctet & 0x7f);

    public bool NeedsChecksum => (Flags & VirtioNetFlags.NeedsChecksum) != 0;

    /// <summary>From the start of what a TUN read brought. Shorter than <see cref="Size"/>: throws.</summary>
    public static VirtioNetHeader Read(ReadOnlySpan<byte> source) => MemoryMarshal.Read<VirtioNetHeader>(source);

    public void Write(Span<byte> destination) => MemoryMarshal.Write(destination, in this);
}
