namespace EdgeVpn.Linux.Netlink;

/// <summary>rtnetlink message types (linux/rtnetlink.h).</summary>
internal enum RtMessage : ushort
{
    RTM_NEWLINK = 16, RTM_DELLINK = 17, RTM_GETLINK = 18, RTM_SETLINK = 19,
    RTM_NEWADDR = 20, RTM_DELADDR = 21, RTM_GETADDR = 22,
    RTM_NEWROUTE = 24, RTM_DELROUTE = 25, RTM_GETROUTE = 26,
    RTM_GETNEIGH = 30,
    RTM_NEWRULE = 32, RTM_DELRULE = 33, RTM_GETRULE = 34,
}

/// <summary>NLM_F_*; Replace and Exclusive mean other things in a dump (ROOT, MATCH) and in an acknowledgement (CAPPED, ACK_TLVS).</summary>
[Flags]
internal enum NetlinkFlags : ushort
{
    None = 0,
    Request = 0x001,
    Ack = 0x004,
    DumpInterrupted = 0x010,
    Replace = 0x100,
    Exclusive = 0x200,
    Dump = 0x300,
    Create = 0x400,
    Append = 0x800,
}
