using System.Collections.Immutable;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>Why a packet was lost outside of any SA. The names that status shows are in <see cref="Drops.Names"/>.</summary>
internal enum Drop
{
    /// <summary>A datagram on port 4500 that is neither IKE, ESP nor a keepalive.</summary>
    RxInvalid,

    /// <summary>Longer than a receive slot.</summary>
    RxTruncated,

    /// <summary>ESP for an SPI that is not installed.</summary>
    RxUnknownSpi,

    /// <summary>The path reported congestion to a flow that cannot hear of it (RFC 6040 §4.2).</summary>
    RxCongestion,

    /// <summary>The tunnel's interface is closed.</summary>
    RxNoTunnel,

    /// <summary>The opened packet's headers contradict its length.</summary>
    RxMalformed,

    /// <summary>The TUN refused a write: the interface is down, or out of memory. A joined run counts once.</summary>
    RxTunRefused,

    /// <summary>More than the connection may bring in (<c>rateLimit.inMbps</c>).</summary>
    RxRateLimit,

    /// <summary>Unopened: the socket overflows, and this peer sends more than its share.</summary>
    RxFairShare,

    /// <summary>Receiving failed, mostly an ICMP error about something that was sent.</summary>
    RxErrors,

    /// <summary>The kernel had no room in the socket's buffer.</summary>
    RxKernelOverflow,

    /// <summary>IKE on port 4500: the queue to the IKE thread is full.</summary>
    IkeQueueFull,

    /// <summary>IKE on port 4500: longer than the taker's buffer.</summary>
    IkeTooLong,

    /// <summary>IKE or a keepalive could not be sent.</summary>
    IkeSendRefused,

    /// <summary>No child SA in use carries it: it must not leave.</summary>
    TxNoSa,

    /// <summary>What the TUN handed over cannot be an IP packet.</summary>
    TxMalformed,

    /// <summary>Does not fit the path and must not be fragmented; its sender was told where ICMP allows.</summary>
    TxTooBig,

    /// <summary>More than the connection may send (<c>rateLimit.outMbps</c>).</summary>
    TxRateLimit,

    /// <summary>The TUN's queue overflows, and this peer's packets are more than its share.</summary>
    TxFairShare,

    /// <summary>The SA refused to seal it: exhausted. Its own counters say why.</summary>
    TxSaRefused,

    /// <summary>The kernel refused to send: no route, no buffer, interface down. A run counts once.</summary>
    TxSendRefused,

    /// <summary>The kernel refused to send: longer than the path MTU. A run counts once.</summary>
    TxPathMtu,

    /// <summary>No socket of the peer's address family, or none for raw ESP.</summary>
    TxNoSocket,

    /// <summary>Events: the TUN went away while in use.</summary>
    TunGone,

    /// <summary>Events: a device refused UDP segmentation; runs go out as single datagrams from then on.</summary>
    GsoGivenUp,

    /// <summary>Events: a TUN refused a kind of super-packet that it had agreed to; such packets are written one by one from then on.</summary>
    JoiningGivenUp,
}

/// <summary>One worker's counters: it alone writes, anyone reads.</summary>
internal sealed class Drops
{
    private readonly long[] _counts = new long[Names.Length];

    public static ImmutableArray<string> Names { get; } =
    [
        "rx.invalid", "rx.truncated", "rx.unknownSpi", "rx.congestion", "rx.noTunnel", "rx.malformed", "rx.tunRefused", "rx.rateLimit", "rx.fairShare", "rx.errors", "rx.kernelOverflow",
        "ike.queueFull", "ike.tooLong", "ike.sendRefused",
        "tx.noSa", "tx.malformed", "tx.tooBig", "tx.rateLimit", "tx.fairShare", "tx.saRefused", "tx.sendRefused", "tx.pathMtu", "tx.noSocket",
        "tun.gone", "udp.gsoGivenUp", "tun.joiningGivenUp",
    ];

    public long this[Drop cause] => Volatile.Read(ref _counts[(int)cause]);

    public void Count(Drop cause, long packets = 1) => Volatile.Write(ref _counts[(int)cause], _counts[(int)cause] + packets);

    public void Set(Drop cause, long packets) => Volatile.Write(ref _counts[(int)cause], packets);

    public void AddTo(Span<long> sums)
    {
        for (var i = 0; i < sums.Length; i++) sums[i] += Volatile.Read(ref _counts[i]);
    }
}
