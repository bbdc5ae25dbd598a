using System.Buffers.Binary;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire;

/// <summary>Flags of the IKE header (RFC 7296 §3.1).</summary>
[Flags]
public enum IkeHeaderFlags : byte
{
    None = 0,

    /// <summary>Set by the original initiator of the IKE SA, in requests and in responses.</summary>
    Initiator = 0x08,

    /// <summary>The sender speaks a higher major version too.</summary>
    Version = 0x10,

    /// <summary>Answers the request with the same Message ID.</summary>
    Response = 0x20,
}

/// <summary>The 28 octets in front of every IKE message (RFC 7296 §3.1).</summary>
/// <param name="InitiatorSpi">Chosen by the original initiator; never zero.</param>
/// <param name="ResponderSpi">Zero in the first message and in its cookie repetitions.</param>
/// <param name="NextPayload">Type of the first payload; <see cref="PayloadType.None"/> if there is none.</param>
/// <param name="Version">Major version in the upper, minor in the lower four bits; 0x20 for IKEv2.</param>
/// <param name="Exchange">The exchange this message belongs to.</param>
/// <param name="Flags">Flags; bits without a name are ignored on receipt.</param>
/// <param name="MessageId">Pairs requests and responses, per direction of request.</param>
/// <param name="Length">Octets of the whole message, these 28 included.</param>
public readonly record struct IkeHeader(
    ulong InitiatorSpi,
    ulong ResponderSpi,
    PayloadType NextPayload,
    byte Version,
    ExchangeType Exchange,
    IkeHeaderFlags Flags,
    uint MessageId,
    uint Length)
{
    //                      1                   2                   3
    //  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    // |                       IKE SA Initiator's SPI                  |   0
    // |                       IKE SA Responder's SPI                  |   8
    // |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |  16
    // |                          Message ID                           |  20
    // |                            Length                             |  24

    /// <summary>Octets of the header.</summary>
    public const int Size = 28;

    /// <summary>IKEv2: major version 2, minor version 0.</summary>
    public const byte Version2 = 0x20;

    /// <summary>Where NextPayload stands: patched when the first payload changes.</summary>
    public const int NextPayloadOffset = 16;

    /// <summary>Where Length stands.</summary>
    public const int LengthOffset = 24;

    public int MajorVersion => Version >> 4;

    public int MinorVersion => Version & 0x0F;

    public bool IsResponse => (Flags & IkeHeaderFlags.Response) != 0;

    /// <summary>Whether the sender is the original initiator of the IKE SA, not merely of this exchange.</summary>
    public bool IsFromOriginalInitiator => (Flags & IkeHeaderFlags.Initiator) != 0;

    /// <summary>Reads the header of a whole message, without the non-ESP marker.</summary>
    /// <remarks>
    /// Any major version is read: the answer to a higher one is INVALID_MAJOR_VERSION, and needs the header's fields.
    /// Errors: <see cref="WireError.Truncated"/>, <see cref="WireError.HeaderLengthMismatch"/>, <see cref="WireError.ZeroInitiatorSpi"/>.
    /// </remarks>
    public static WireError TryRead(ReadOnlySpan<byte> datagram, out IkeHeader header)
    {
        header = default;
        if (datagram.Length < Size) return WireError.Truncated;
        var length = BinaryPrimitives.ReadUInt32BigEndian(datagram[LengthOffset..]);
        if (length != (uint)datagram.Length) return WireError.HeaderLengthMismatch;
        var initiatorSpi = BinaryPrimitives.ReadUInt64BigEndian(datagram);
        if (initiatorSpi == 0) return WireError.ZeroInitiatorSpi;
        header = new IkeHeader(
            initiatorSpi,
            BinaryPrimitives.ReadUInt64BigEndian(datagram[8..]),
            (PayloadType)datagram[NextPayloadOffset],
            datagram[17],
            (ExchangeType)datagram[18],
            (IkeHeaderFlags)datagram[19],
            BinaryPrimitives.ReadUInt32BigEndian(datagram[20..]),
            length);
        return WireError.None;
    }

    /// <summary>Writes <see cref="Size"/> octets, every field as it stands.</summary>
    public void Write(Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        writer.WriteUInt64(InitiatorSpi);
        writer.WriteUInt64(ResponderSpi);
        writer.WriteByte((byte)NextPayload);
        writer.WriteByte(Version);
        writer.WriteByte((byte)Exchange);
        writer.WriteByte((byte)Flags);
        writer.WriteUInt32(MessageId);
        writer.WriteUInt32(Length);
    }
}
