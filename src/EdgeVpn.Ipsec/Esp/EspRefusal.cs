namespace EdgeVpn.Ipsec.Esp;

/// <summary>Why a packet was not sealed, or not delivered. Each has its own counter in <see cref="SaUsage"/>.</summary>
public enum EspRefusal : byte
{
    /// <summary>Not refused.</summary>
    None = 0,

    /// <summary>The SA was removed between the look-up and the call.</summary>
    Retired,

    /// <summary>Outbound: neither IPv4 nor IPv6, or empty.</summary>
    NotIp,

    /// <summary>Outbound: the destination is too short for the sealed packet.</summary>
    NoRoom,

    /// <summary>Outbound: every sequence number is used up (RFC 4303 §3.3.3).</summary>
    SequenceExhausted,

    /// <summary>Either way: the key has done as much as its algorithm allows (<see cref="LifetimeLimits.Of"/>).</summary>
    KeyExhausted,

    /// <summary>Inbound: shorter than the shortest packet of the suite.</summary>
    TooShort,

    /// <summary>Inbound: the body is no multiple of the suite's block.</summary>
    Misaligned,

    /// <summary>Inbound: not this SA's SPI.</summary>
    OtherSpi,

    /// <summary>Inbound: sequence number 0, or left of the replay window.</summary>
    TooOld,

    /// <summary>Inbound: a sequence number already seen.</summary>
    Replayed,

    /// <summary>Inbound: the ICV is wrong: forged, damaged, or another key.</summary>
    IcvMismatch,

    /// <summary>Inbound: the padding is longer than the body or does not count 1, 2, 3 …</summary>
    BadPadding,

    /// <summary>Inbound: a dummy packet, next header 59: dropped as meant (RFC 4303 §2.6).</summary>
    Dummy,

    /// <summary>Inbound: the next header is no IP version (not tunnel mode).</summary>
    NotTunnelMode,

    /// <summary>Inbound: the inner IP header does not hold together, or is not the version that the next header says.</summary>
    BadInnerPacket,

    /// <summary>Inbound: the inner packet is outside the SA's traffic selectors (RFC 4301 §5.2 step 4).</summary>
    OutsideSelectors,
}
