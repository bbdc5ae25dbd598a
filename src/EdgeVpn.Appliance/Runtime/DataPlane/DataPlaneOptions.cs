using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>What the data plane is told once.</summary>
public sealed record DataPlaneOptions
{
    /// <summary>UDP port of IKE and ESP behind NATs, ours.</summary>
    public ushort Port { get; init; } = EdgeVpn.Ipsec.Path.NatTraversalPort;

    /// <summary>SO_MARK of every socket, so that rules keep their packets out of the tunnels; zero: none.</summary>
    public uint Mark { get; init; }

    public bool IPv4 { get; init; } = true;

    /// <summary>Left out in silence where the kernel has no IPv6.</summary>
    public bool IPv6 { get; init; } = true;

    /// <summary>Queues, and so transmitting threads, of each TUN. One thread fills a gigabit, and more gain little:
    /// queues wait for each other at an SA's numbering, and the kernel steers a flow to the queue its answers were written to, which is the first.</summary>
    public int TunQueues { get; init; } = 1;

    /// <summary>The kernel's buffers of each socket. A super-packet is up to 64 KiB, so a few megabytes are some dozens of them.</summary>
    public int SocketBufferOctets { get; init; } = 4 << 20;

    /// <summary>Whether DSCP of inner packets shows outside (RFC 2983); else outer packets have none.</summary>
    public bool CopyDscp { get; init; } = true;

    /// <summary>Whether segmentation and receive offloads are asked for; off only to measure without, or around a broken driver.</summary>
    public bool Offloads { get; init; } = true;

    /// <summary>The limits in packets and octets that a connection's configuration sets, by its name; those of the algorithms hold besides.</summary>
    public Func<string, LifetimeLimits> ChildLimits { get; init; } = _ => LifetimeLimits.Unlimited;
}
