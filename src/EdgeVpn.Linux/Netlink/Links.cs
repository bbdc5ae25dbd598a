using System.Diagnostics.CodeAnalysis;
using System.Net.NetworkInformation;

namespace EdgeVpn.Linux.Netlink;

/// <summary>Lists, makes and changes interfaces.</summary>
public sealed class Links
{
    private readonly NetlinkSocket _socket;

    internal Links(NetlinkSocket socket) => _socket = socket;

    /// <summary>All interfaces, by index.</summary>
    public IReadOnlyList<Link> List()
    {
        var request = new NetlinkRequest(RtMessage.RTM_GETLINK, NetlinkFlags.Dump).Header(default(LinkHeader));
        return [.. _socket.Dump(request).Select(message => Link.Read(message.Body)).OrderBy(link => link.Index)];
    }

    /// <summary>By name; false if there is none.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Link? link)
    {
        var request = new NetlinkRequest(RtMessage.RTM_GETLINK, NetlinkFlags.Ack).Header(default(LinkHeader)).Text(LinkAttribute.IFLA_IFNAME, name);
        var error = _socket.TryExecute(request, name, out var reply);
        if (error is { Errno: not Errno.ENODEV }) throw error;
        link = error is null && reply is { } message ? Link.Read(message.Body) : null;
        return link is not null;
    }

    /// <exception cref="LinuxException">ENODEV: no interface of that name.</exception>
    public Link Get(string name) => TryGet(name, out var link) ? link : throw new LinuxException("RTM_GETLINK", Errno.ENODEV, name);

    public void SetUp(int index, bool isUp = true) =>
        Set(index, isUp ? "up" : "down", request => request, new LinkHeader { Index = index, Flags = isUp ? LinkFlags.Up : LinkFlags.None, Change = LinkFlags.Up });

    /// <param name="index">The interface.</param>
    /// <param name="mtu">Octets.</param>
    public void SetMtu(int index, int mtu) => Set(index, $"mtu {mtu}", request => request.Value(LinkAttribute.IFLA_MTU, mtu));

    /// <summary>Longest super-packet the stack hands to the interface. 60,000 on a TUN keeps a sealed one within one UDP datagram.</summary>
    public void SetGsoMaxSize(int index, int octets) => Set(index, $"gso_max_size {octets}", request => request.Value(LinkAttribute.IFLA_GSO_MAX_SIZE, octets));

    public void SetTransmitQueueLength(int index, int packets) => Set(index, $"txqlen {packets}", request => request.Value(LinkAttribute.IFLA_TXQLEN, packets));

    public void SetMac(int index, PhysicalAddress mac) => Set(index, $"address {mac}", request => request.Octets(LinkAttribute.IFLA_ADDRESS, mac.GetAddressBytes()));

    /// <summary>Gives the interface away to another namespace; addresses and routes are lost.</summary>
    public void Move(int index, NetworkNamespace to) => Set(index, "netns", request => request.Value(LinkAttribute.IFLA_NET_NS_FD, to.Number));

    /// <summary>A dummy interface: takes packets, keeps none.</summary>
    public void CreateDummy(string name) =>
        _socket.Execute(New(name).Nest(LinkAttribute.IFLA_LINKINFO, info => info.Text(LinkAttribute.IFLA_INFO_KIND, "dummy")), $"dummy {name}");

    /// <summary>Two interfaces joined by a cable; the other may stand in another namespace.</summary>
    public void CreateVeth(string name, string peer, NetworkNamespace? peerNamespace = null)
    {
        var request = New(name).Nest(LinkAttribute.IFLA_LINKINFO, info => info
            .Text(LinkAttribute.IFLA_INFO_KIND, "veth")
            .Nest(LinkAttribute.IFLA_INFO_DATA, data => data.Nest(LinkAttribute.VETH_INFO_PEER, other => other
                .Header(default(LinkHeader))
                .Text(LinkAttribute.IFLA_IFNAME, peer)
                .Value(LinkAttribute.IFLA_NET_NS_FD, peerNamespace?.Number))));
        _socket.Execute(request, $"veth {name} {peer}");
    }

    /// <summary>Removes the interface. Threads blocked on a TUN's queue wake with an error.</summary>
    public void Delete(int index) =>
        _socket.Execute(new NetlinkRequest(RtMessage.RTM_DELLINK, NetlinkFlags.Ack).Header(new LinkHeader { Index = index }), $"index {index}");

    private static NetlinkRequest New(string name) =>
        new NetlinkRequest(RtMessage.RTM_NEWLINK, NetlinkFlags.Ack | NetlinkFlags.Create | NetlinkFlags.Exclusive)
            .Header(default(LinkHeader)).Text(LinkAttribute.IFLA_IFNAME, name);

    private void Set(int index, string subject, Func<NetlinkRequest, NetlinkRequest> what, LinkHeader? header = null)
    {
        var request = new NetlinkRequest(RtMessage.RTM_NEWLINK, NetlinkFlags.Ack).Header(header ?? new LinkHeader { Index = index });
        _socket.Execute(what(request), $"index {index} {subject}");
    }
}
