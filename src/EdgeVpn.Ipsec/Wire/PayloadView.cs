using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>One payload of a chain: the generic header and the body behind it (RFC 7296 §3.2).</summary>
/// <remarks>Made by <see cref="PayloadReader"/>, which checked the length: no accessor can fail. A view; the octets stay the datagram's.</remarks>
public readonly ref struct PayloadView
{
    // | Next Payload  |C|  RESERVED   |         Payload Length        |

    /// <summary>Octets of the generic header; the Payload Length counts them.</summary>
    public const int HeaderSize = 4;

    internal const byte CriticalBit = 0x80;

    private readonly ReadOnlySpan<byte> _octets;

    internal PayloadView(PayloadType type, ReadOnlySpan<byte> octets, int offset)
    {
        Type = type;
        _octets = octets;
        Offset = offset;
    }

    /// <summary>What this payload is; it was named by the header before it.</summary>
    public PayloadType Type { get; }

    /// <summary>What the payload after this one is. In SK and in the first SKF: the first payload inside.</summary>
    public PayloadType Next => (PayloadType)_octets[0];

    /// <summary>The sender wants the message refused if this type is not understood (RFC 7296 §2.5). Without meaning for types that are.</summary>
    public bool IsCritical => (_octets[1] & CriticalBit) != 0;

    public ReadOnlySpan<byte> Body => _octets[HeaderSize..];

    /// <summary>Where the generic header stands within the octets that are read.</summary>
    public int Offset { get; }
}
