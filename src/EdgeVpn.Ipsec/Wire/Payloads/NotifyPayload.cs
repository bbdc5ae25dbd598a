using System.Buffers.Binary;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Notify payload: an error or a status, perhaps about one SA (RFC 7296 §3.10).</summary>
/// <param name="Protocol">Of the SA that <paramref name="Spi"/> names; without meaning if that is empty.</param>
/// <param name="Spi">Empty, or the SPI the sender of this notification receives on (REKEY_SA) or was sent (CHILD_SA_NOT_FOUND).</param>
/// <param name="NotifyType">Types that we do not know are kept: whether they are ignored depends on the message they are in.</param>
/// <param name="Data">As the type says; not checked here.</param>
public sealed record NotifyPayload(ProtocolId Protocol, byte[] Spi, NotifyType NotifyType, byte[] Data) : Payload
{
    // |  Protocol ID  |   SPI Size    |      Notify Message Type      |
    // ~                Security Parameter Index (SPI)                 ~
    // ~                       Notification Data                       ~

    private const int HeaderSize = 4;

    /// <summary>A notification about the message or the IKE SA.</summary>
    public NotifyPayload(NotifyType notifyType, byte[] data)
        : this(ProtocolId.None, [], notifyType, data)
    {
    }

    /// <summary>A notification whose type says it all.</summary>
    public NotifyPayload(NotifyType notifyType)
        : this(notifyType, [])
    {
    }

    public override PayloadType Type => PayloadType.Notify;

    public override int BodyLength => HeaderSize + Spi.Length + Data.Length;

    public bool IsError => NotifyType.IsError();

    /// <summary>The SPI of the AH or ESP SA this is about; null if it is about none.</summary>
    public uint? ChildSaSpi =>
        Protocol is ProtocolId.Ah or ProtocolId.Esp && Spi.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(Spi) : null;

    /// <summary>A notification about one AH or ESP SA.</summary>
    public static NotifyPayload AboutChildSa(ProtocolId protocol, uint spi, NotifyType notifyType)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, spi);
        return new NotifyPayload(protocol, octets, notifyType, []);
    }

    public static WireError TryRead(ReadOnlySpan<byte> body, out NotifyPayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var protocol) || !reader.TryReadByte(out var spiSize) || !reader.TryReadUInt16(out var type)
            || !reader.TryTake(spiSize, out var spi)) return WireError.Truncated;
        value = new NotifyPayload((ProtocolId)protocol, spi.ToArray(), (NotifyType)type, reader.TakeRest().ToArray());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)Protocol);
        writer.WriteByte(checked((byte)Spi.Length));
        writer.WriteUInt16((ushort)NotifyType);
        writer.Write(Spi);
        writer.Write(Data);
    }

    public bool Equals(NotifyPayload? other) =>
        other is not null && Protocol == other.Protocol && NotifyType == other.NotifyType && OctetEquality.Same(Spi, other.Spi) &&
        OctetEquality.Same(Data, other.Data);

    public override int GetHashCode() => HashCode.Combine(Protocol, NotifyType, OctetEquality.Hash(Spi), OctetEquality.Hash(Data));

    public override string ToString() => Spi.Length == 0 ? $"N({NotifyType})" : $"N({NotifyType}, {Protocol} {Convert.ToHexStringLower(Spi)})";
}
