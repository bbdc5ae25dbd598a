using System.Buffers.Binary;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>Walks a chain of payloads in place, checking every generic header before it hands out the payload (RFC 7296 §3.2).</summary>
/// <remarks>
/// An SK or SKF payload ends the chain: it is the last one, and its Next names the first payload inside.
/// The chain must fill the octets. Never throws, never allocates.
/// </remarks>
public ref struct PayloadReader
{
    /// <summary>
    /// Payloads in one chain. An IKE_AUTH with a chain of certificates, every notification in the registry's common use and a list of
    /// MOBIKE addresses stays below 40; what is longer only costs its reader.
    /// </summary>
    public const int MaxPayloads = 64;

    private readonly ReadOnlySpan<byte> _octets;
    private PayloadType _next;
    private int _position;
    private int _count;

    /// <summary>Starts before the first payload.</summary>
    /// <param name="first">Its type, as the IKE header or the SK payload names it.</param>
    /// <param name="octets">The chain, from its first generic header to its end.</param>
    public PayloadReader(PayloadType first, ReadOnlySpan<byte> octets)
    {
        _octets = octets;
        _next = first;
    }

    /// <summary>The payload that the last successful <see cref="MoveNext"/> stands on; without one, its accessors throw.</summary>
    public PayloadView Current { get; private set; }

    /// <summary>Why <see cref="MoveNext"/> returned false; <see cref="WireError.None"/> at a proper end.</summary>
    public WireError Error { get; private set; }

    public bool MoveNext()
    {
        if (Error != WireError.None) return false;
        var rest = _octets[_position..];
        if (_next == PayloadType.None) return rest.IsEmpty ? false : Fail(WireError.TrailingOctets);
        if (rest.Length < PayloadView.HeaderSize) return Fail(WireError.Truncated);
        int length = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        if (length < PayloadView.HeaderSize) return Fail(WireError.BadLength);
        if (length > rest.Length) return Fail(WireError.Truncated);
        if (_count == MaxPayloads) return Fail(WireError.TooManyPayloads);

        _count++;
        Current = new PayloadView(_next, rest[..length], _position);
        _position += length;
        _next = _next.EndsChain() ? PayloadType.None : Current.Next;
        return true;
    }

    private bool Fail(WireError error)
    {
        Error = error;
        return false;
    }
}
