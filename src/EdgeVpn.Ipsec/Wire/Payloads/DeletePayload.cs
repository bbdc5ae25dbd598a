using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Delete payload: SAs that the sender no longer receives on (RFC 7296 §3.11).</summary>
/// <param name="Protocol">IKE: the IKE SA of this message. AH, ESP: those in <paramref name="Spis"/>.</param>
/// <param name="Spis">The sender's inbound SPIs, 4 octets each; empty for IKE.</param>
public sealed record DeletePayload(ProtocolId Protocol, ImmutableArray<byte[]> Spis) : Payload
{
    // |  Protocol ID  |   SPI Size    |          Num of SPIs          |
    // ~               Security Parameter Index(es) (SPI)              ~

    /// <summary>SPIs in one payload: 4 kB of them, far above the Child SAs one IKE SA carries here.</summary>
    public const int MaxSpis = 1024;

    private const int HeaderSize = 4;

    public override PayloadType Type => PayloadType.Delete;

    public override int BodyLength => HeaderSize + Spis.Sum(spi => spi.Length);

    /// <summary>The SPIs as ESP and AH use them; none for IKE and for protocols unknown.</summary>
    public IEnumerable<uint> ChildSaSpis =>
        Protocol is ProtocolId.Ah or ProtocolId.Esp ? Spis.Select(spi => BinaryPrimitives.ReadUInt32BigEndian(spi)) : [];

    /// <summary>Deletes the IKE SA that carries the message.</summary>
    public static DeletePayload IkeSa() => new(ProtocolId.Ike, []);

    /// <summary>Deletes AH or ESP SAs by the SPIs that the sender receives on.</summary>
    public static DeletePayload ChildSas(ProtocolId protocol, params ReadOnlySpan<uint> spis)
    {
        var octets = ImmutableArray.CreateBuilder<byte[]>(spis.Length);
        foreach (var spi in spis)
        {
            octets.Add(new byte[4]);
            BinaryPrimitives.WriteUInt32BigEndian(octets[^1], spi);
        }

        return new DeletePayload(protocol, octets.MoveToImmutable());
    }

    public static WireError TryRead(ReadOnlySpan<byte> body, out DeletePayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var protocol) || !reader.TryReadByte(out var size) || !reader.TryReadUInt16(out var count))
            return WireError.Truncated;
        var isProper = (ProtocolId)protocol switch
        {
            ProtocolId.Ike => size == 0,
            ProtocolId.Ah or ProtocolId.Esp => size == 4,
            _ => true,
        };
        if (!isProper) return WireError.BadSpiSize;
        // SPIs of no octets cannot be told apart: for IKE there is one SA, whatever the count says.
        if (size == 0) count = 0;
        if (reader.Remaining != size * count) return WireError.CountMismatch;
        if (count > MaxSpis) return WireError.TooManySpis;
        var spis = ImmutableArray.CreateBuilder<byte[]>(count);
        while (spis.Count < count && reader.TryTake(size, out var spi)) spis.Add(spi.ToArray());
        value = new DeletePayload((ProtocolId)protocol, spis.MoveToImmutable());
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte((byte)Protocol);
        writer.WriteByte(Spis.IsEmpty ? EmptySpiSize : checked((byte)Spis[0].Length));
        writer.WriteUInt16(checked((ushort)Spis.Length));
        foreach (var spi in Spis) writer.Write(spi);
    }

    public bool Equals(DeletePayload? other)
    {
        if (other is null || Protocol != other.Protocol || Spis.Length != other.Spis.Length) return false;
        for (var index = 0; index < Spis.Length; index++)
        {
            if (!OctetEquality.Same(Spis[index], other.Spis[index])) return false;
        }

        return true;
    }

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Protocol);
        foreach (var spi in Spis) hash.AddBytes(spi);
        return hash.ToHashCode();
    }

    public override string ToString() => $"D({string.Join(' ', Spis.Select(Convert.ToHexStringLower).Prepend($"{Protocol}"))})";

    private byte EmptySpiSize => Protocol is ProtocolId.Ah or ProtocolId.Esp ? (byte)4 : (byte)0;
}
