using System.Collections.Immutable;
using System.Text;

namespace EdgeVpn.Linux;

/// <summary>What a port takes off the processor (ethtool(8), <c>-k</c>), by SIOCETHTOOL in the thread's network namespace. Any user may ask.</summary>
public static unsafe class Ethtool
{
    private const nuint SIOCETHTOOL = 0x8946;
    private const int InterfaceNameOctets = 16, InterfaceRequestOctets = 40;
    private const uint ETHTOOL_GFLAGS = 0x25, ETH_FLAG_LRO = 1 << 15;

    // linux/ethtool.h, by ethtool's short names.
    private static readonly ImmutableArray<(string Name, uint Command, uint Mask)> s_features =
    [
        ("rx", 0x14, uint.MaxValue), ("tx", 0x16, uint.MaxValue), ("sg", 0x18, uint.MaxValue), ("tso", 0x1e, uint.MaxValue),
        ("gso", 0x23, uint.MaxValue), ("gro", 0x2b, uint.MaxValue), ("lro", ETHTOOL_GFLAGS, ETH_FLAG_LRO),
    ];

    /// <summary>Offloads that are on, in ethtool's words; empty also where nothing answers: no such interface, or none that has any.</summary>
    /// <param name="interfaceName">As the kernel has it.</param>
    public static ImmutableArray<string> Offloads(string interfaceName)
    {
        var name = Encoding.UTF8.GetBytes(interfaceName);
        if (name.Length is 0 or >= InterfaceNameOctets) return [];
        var fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0); // any socket will do
        if (fd < 0) return [];
        using var socket = new Descriptor(fd);
        return [.. s_features.Where(feature => (Ask(fd, name, feature.Command) & feature.Mask) != 0).Select(static feature => feature.Name)];
    }

    private static uint Ask(int fd, ReadOnlySpan<byte> name, uint command)
    {
        // struct ifreq { char name[16]; struct ethtool_value *data; }, struct ethtool_value { u32 cmd; u32 data; }
        var value = stackalloc uint[] { command, 0 };
        var request = stackalloc byte[InterfaceRequestOctets];
        new Span<byte>(request, InterfaceRequestOctets).Clear();
        name.CopyTo(new Span<byte>(request, InterfaceNameOctets));
        *(uint**)(request + InterfaceNameOctets) = value;
        return Libc.ioctl(fd, SIOCETHTOOL, request) < 0 ? 0 : value[1];
    }
}
