namespace EdgeVpn.Linux.Netlink;

/// <summary>What to be told of.</summary>
[Flags]
public enum NetlinkTopics
{
    None = 0,
    Links = 1,
    Addresses = 2,
    Routes = 4,
    Rules = 8,
}

/// <summary>Something changed in the network configuration.</summary>
public abstract record NetlinkEvent
{
    public sealed record LinkChanged(Link Link, bool IsRemoved) : NetlinkEvent;

    public sealed record AddressChanged(InterfaceAddress Address, bool IsRemoved) : NetlinkEvent;

    public sealed record RouteChanged(Route Route, bool IsRemoved) : NetlinkEvent;

    public sealed record RuleChanged(Rule Rule, bool IsRemoved) : NetlinkEvent;

    /// <summary>The kernel dropped notifications: list everything again.</summary>
    public sealed record Lost : NetlinkEvent;
}

/// <summary>Hears of changes from the moment it is opened. Open it before the first listing, so that nothing falls between.</summary>
public sealed class NetlinkMonitor : IDisposable
{
    // rtnetlink_groups
    private const int RTNLGRP_LINK = 1, RTNLGRP_IPV4_IFADDR = 5, RTNLGRP_IPV4_ROUTE = 7, RTNLGRP_IPV4_RULE = 8, RTNLGRP_IPV6_IFADDR = 9,
        RTNLGRP_IPV6_ROUTE = 11, RTNLGRP_IPV6_RULE = 19;

    private readonly NetlinkSocket _socket = new(receivesEvents: true);

    private NetlinkMonitor(NetlinkTopics topics)
    {
        _socket.Bind();
        Join(topics, NetlinkTopics.Links, RTNLGRP_LINK);
        Join(topics, NetlinkTopics.Addresses, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR);
        Join(topics, NetlinkTopics.Routes, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE);
        Join(topics, NetlinkTopics.Rules, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE);
    }

    /// <summary>Readable when there is something to take; for a <see cref="Poller"/>.</summary>
    public Descriptor Handle => _socket.Handle;

    public static NetlinkMonitor Open(NetlinkTopics topics) => new(topics);

    /// <summary>Takes what is pending, oldest first, without waiting.</summary>
    public IReadOnlyList<NetlinkEvent> Take()
    {
        var messages = new List<NetlinkMessage>();
        var isComplete = _socket.TakeEvents(messages);
        var events = new List<NetlinkEvent>(messages.Count + 1);
        foreach (var (type, body) in messages)
        {
            NetlinkEvent? happened = type switch
            {
                RtMessage.RTM_NEWLINK or RtMessage.RTM_DELLINK => new NetlinkEvent.LinkChanged(Link.Read(body), type == RtMessage.RTM_DELLINK),
                RtMessage.RTM_NEWADDR or RtMessage.RTM_DELADDR => new NetlinkEvent.AddressChanged(Addresses.Read(body), type == RtMessage.RTM_DELADDR),
                RtMessage.RTM_NEWROUTE or RtMessage.RTM_DELROUTE => new NetlinkEvent.RouteChanged(Routes.Read(body), type == RtMessage.RTM_DELROUTE),
                RtMessage.RTM_NEWRULE or RtMessage.RTM_DELRULE => new NetlinkEvent.RuleChanged(Rules.Read(body), type == RtMessage.RTM_DELRULE),
                _ => null,
            };
            if (happened is not null) events.Add(happened);
        }

        if (!isComplete) events.Add(new NetlinkEvent.Lost());
        return events;
    }

    public void Dispose() => _socket.Dispose();

    private void Join(NetlinkTopics topics, NetlinkTopics topic, params ReadOnlySpan<int> groups)
    {
        if ((topics & topic) == 0) return;
        foreach (var group in groups) _socket.Join(group);
    }
}
