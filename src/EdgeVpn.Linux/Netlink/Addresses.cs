using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Netlink;

/// <summary>An address of an interface.</summary>
public sealed record InterfaceAddress
{
    public required int InterfaceIndex { get; init; }

    public required IPAddress Address { get; init; }

    public required byte PrefixLength { get; init; }

    /// <summary>The other end of a point-to-point interface, or null.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>0 global, 253 link, 254 host.</summary>
    public byte Scope { get; init; }

    /// <summary>IFA_F_*: 0x80 permanent, 0x40 tentative, 0x08 duplicate found, 0x02 without duplicate detection.</summary>
    public uint Flags { get; init; }

    /// <summary>Who made it, as with routes; 0 where nobody said (or the kernel is older than 5.18).</summary>
    public byte Protocol { get; init; }

    /// <summary>IPv6 duplicate address detection has not ended: cannot be bound yet.</summary>
    public bool IsTentative => (Flags & 0x40) != 0;

    /// <summary>Came from DHCP or router advertisements and will run out.</summary>
    public bool IsDynamic => (Flags & 0x80) == 0;
}

/// <summary>Lists, adds and removes addresses.</summary>
public sealed class Addresses
{
    private const ushort IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_BROADCAST = 4, IFA_FLAGS = 8, IFA_PROTO = 11;
    private const uint IFA_F_NODAD = 0x02;
    private const int HeaderOctets = 8;

    private readonly NetlinkSocket _socket;

    internal Addresses(NetlinkSocket socket) => _socket = socket;

    /// <summary>All addresses, or those of one interface.</summary>
    public IReadOnlyList<InterfaceAddress> List(int interfaceIndex = 0)
    {
        var request = new NetlinkRequest(RtMessage.RTM_GETADDR, NetlinkFlags.Dump).Header(new AddressHeader { Index = interfaceIndex });
        return [.. _socket.Dump(request).Select(message => Read(message.Body)).Where(a => interfaceIndex == 0 || a.InterfaceIndex == interfaceIndex)];
    }

    /// <summary>Adds an address, or changes what is different about it. IPv6 addresses come without duplicate detection: usable at once.</summary>
    /// <param name="interfaceIndex">Where.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefixLength">The network around it.</param>
    /// <param name="peer">The other end of a point-to-point interface; then the prefix is the peer's.</param>
    /// <param name="protocol">Who makes it, so that it can be told from others'; 0: nobody in particular.</param>
    public void Add(int interfaceIndex, IPAddress address, int prefixLength, IPAddress? peer = null, byte protocol = 0)
    {
        var request = Build(RtMessage.RTM_NEWADDR, NetlinkFlags.Ack | NetlinkFlags.Create | NetlinkFlags.Replace, interfaceIndex, address, prefixLength, peer);
        if (address.AddressFamily == AddressFamily.InterNetworkV6) request.Value(IFA_FLAGS, IFA_F_NODAD);
        else if (peer is null && prefixLength < 31) request.Address(IFA_BROADCAST, Broadcast(address, prefixLength));
        if (protocol != 0) request.Octets(IFA_PROTO, [protocol]);
        _socket.Execute(request, $"{address}/{prefixLength} index {interfaceIndex}");
    }

    /// <exception cref="LinuxException">EADDRNOTAVAIL: it is not there.</exception>
    public void Delete(int interfaceIndex, IPAddress address, int prefixLength) =>
        _socket.Execute(Build(RtMessage.RTM_DELADDR, NetlinkFlags.Ack, interfaceIndex, address, prefixLength, null), $"{address}/{prefixLength} index {interfaceIndex}");

    internal static InterfaceAddress Read(ReadOnlySpan<byte> body)
    {
        IPAddress? address = null, local = null;
        uint flags = body[2];
        byte protocol = 0;
        var attributes = new AttributeReader(body[HeaderOctets..]);
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case IFA_ADDRESS: address = attributes.Address; break;
                case IFA_LOCAL: local = attributes.Address; break;
                case IFA_FLAGS: flags = (uint)attributes.Number; break;
                case IFA_PROTO: protocol = (byte)attributes.Number; break;
                default: break;
            }
        }

        // IFA_ADDRESS is the other end where IFA_LOCAL differs (linux/if_addr.h).
        var own = local ?? address ?? IPAddress.None;
        return new InterfaceAddress
        {
            InterfaceIndex = MemoryMarshal.Read<int>(body[4..]),
            Address = own,
            PrefixLength = body[1],
            Scope = body[3],
            Flags = flags,
            Protocol = protocol,
            Peer = address is not null && !address.Equals(own) ? address : null,
        };
    }

    private static NetlinkRequest Build(RtMessage type, NetlinkFlags flags, int index, IPAddress address, int prefixLength, IPAddress? peer) =>
        new NetlinkRequest(type, flags)
            .Header(new AddressHeader { Family = Family.Of(address), PrefixLength = (byte)prefixLength, Index = index })
            .Address(IFA_LOCAL, address)
            .Address(IFA_ADDRESS, peer ?? address);

    private static IPAddress Broadcast(IPAddress address, int prefixLength)
    {
        var octets = address.GetAddressBytes();
        for (var bit = prefixLength; bit < 32; bit++) octets[bit / 8] |= (byte)(0x80 >> (bit % 8));
        return new IPAddress(octets);
    }

    /// <summary>struct ifaddrmsg.</summary>
    private struct AddressHeader
    {
        public byte Family { get; init; }
        public byte PrefixLength { get; init; }
        public byte Flags { get; init; }
        public byte Scope { get; init; }
        public int Index { get; init; }
    }
}

/// <summary>AF_INET or AF_INET6 as the octet that message headers carry.</summary>
internal static class Family
{
    public static byte Of(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? (byte)Libc.AF_INET6 : (byte)Libc.AF_INET;

    public static byte Of(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => Libc.AF_INET,
        AddressFamily.InterNetworkV6 => Libc.AF_INET6,
        _ => throw new ArgumentException("IPv4 or IPv6.", nameof(family)),
    };
}
