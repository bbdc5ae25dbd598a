using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>One payload as a value: immutable, owning its octets, equal by content; safe to keep after the datagram is gone.</summary>
/// <remarks>
/// Arrays handed to a constructor belong to the payload from then on. A static <c>TryRead(body, out value)</c> of each kind is the
/// mirror of <see cref="WriteBody"/>: what it accepts is written back to octets that read as the same value.
/// </remarks>
public abstract record Payload
{
    public abstract PayloadType Type { get; }

    /// <summary>Octets that <see cref="WriteBody"/> writes; the generic header is not counted.</summary>
    public abstract int BodyLength { get; }

    /// <summary>Writes what follows the generic header.</summary>
    public abstract void WriteBody(ref WireWriter writer);
}
