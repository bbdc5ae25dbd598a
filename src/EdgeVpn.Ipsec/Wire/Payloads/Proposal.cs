using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>One proposal of an SA payload (RFC 7296 §3.3.1).</summary>
/// <param name="Number">1 for the first, one more for each next; an answer repeats the number it chose.</param>
/// <param name="Protocol">What the SA will protect with.</param>
/// <param name="Spi">Of the sender: none for the first IKE SA, 8 octets when an IKE SA is rekeyed, 4 for AH and ESP.</param>
/// <param name="Transforms">In order of preference within each type.</param>
public sealed record Proposal(byte Number, ProtocolId Protocol, byte[] Spi, ImmutableArray<Transform> Transforms)
{
    // | Last Substruc |   RESERVED    |         Proposal Length       |
    // | Proposal Num  |  Protocol ID  |    SPI Size   |Num  Transforms|
    // ~                        SPI (variable)                         ~
    // ~                        <Transforms>                           ~

    /// <summary>Octets before the SPI.</summary>
    public const int HeaderSize = 8;

    /// <summary>What the octet Num Transforms can count.</summary>
    public const int MaxTransforms = byte.MaxValue;

    private const byte More = 2;
    private const byte Last = 0;

    /// <summary>The SPI as ESP and AH use it; null for another protocol.</summary>
    public uint? ChildSaSpi => Spi.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(Spi) : null;

    /// <summary>The SPI of a new IKE SA; null where there is none.</summary>
    public ulong? IkeSaSpi => Spi.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(Spi) : null;

    /// <summary>A type we cannot negotiate: the whole proposal is refused (RFC 7296 §3.3.6).</summary>
    public bool HasUnknownTransformType
    {
        get
        {
            foreach (var transform in Transforms)
            {
                if (transform.Type is < TransformType.EncryptionAlgorithm or > TransformType.AdditionalKeyExchange7) return true;
            }

            return false;
        }
    }

    internal int Length
    {
        get
        {
            var length = HeaderSize + Spi.Length;
            foreach (var transform in Transforms) length += transform.Length;
            return length;
        }
    }

    /// <summary>The transforms of one type, in the order they stand in.</summary>
    public ImmutableArray<Transform> Of(TransformType type) =>
        Transforms.IsDefaultOrEmpty ? [] : [.. Transforms.Where(transform => transform.Type == type)];

    public bool Equals(Proposal? other) =>
        other is not null && Number == other.Number && Protocol == other.Protocol && OctetEquality.Same(Spi, other.Spi) &&
        OctetEquality.Same(Transforms, other.Transforms);

    public override int GetHashCode() => HashCode.Combine(Number, Protocol, OctetEquality.Hash(Spi), OctetEquality.Hash(Transforms));

    public override string ToString() =>
        $"{Protocol}:{string.Join('/', Transforms)}" + (Spi.Length == 0 ? "" : $" spi {Convert.ToHexStringLower(Spi)}");

    /// <summary>Reads one substructure from the front of <paramref name="reader"/>, which holds the rest of the SA payload.</summary>
    internal static WireError TryRead(ref WireReader reader, out Proposal? proposal)
    {
        proposal = null;
        if (!reader.TryReadByte(out var marker) || !reader.TrySkip(1) || !reader.TryReadUInt16(out var length)) return WireError.Truncated;
        if (length < HeaderSize) return WireError.BadLength;
        if (!reader.TryTake(length - 4, out var rest)) return WireError.Truncated;
        if (marker != (reader.IsAtEnd ? Last : More)) return WireError.BadSubstructureMarker;

        var number = rest[0];
        var protocol = (ProtocolId)rest[1];
        int spiSize = rest[2], count = rest[3];
        if (!HasSpiSize(protocol, spiSize)) return WireError.BadSpiSize;
        if (count == 0) return WireError.EmptyProposal;
        var body = new WireReader(rest[4..]);
        if (!body.TryTake(spiSize, out var spi)) return WireError.Truncated;
        if (body.Remaining < count * Transform.HeaderSize) return WireError.CountMismatch;

        var transforms = ImmutableArray.CreateBuilder<Transform>(count);
        for (var index = 0; index < count; index++)
        {
            var error = Transform.TryRead(ref body, index == count - 1, out var transform);
            if (error != WireError.None) return error;
            transforms.Add(transform);
        }

        if (!body.IsAtEnd) return WireError.CountMismatch;
        proposal = new Proposal(number, protocol, spi.ToArray(), transforms.MoveToImmutable());
        return WireError.None;
    }

    internal void Write(ref WireWriter writer, bool isLast)
    {
        var start = writer.Position;
        writer.WriteByte(isLast ? Last : More);
        writer.WriteReserved(1);
        var length = writer.ReserveLength(start);
        writer.WriteByte(Number);
        writer.WriteByte((byte)Protocol);
        writer.WriteByte(checked((byte)Spi.Length));
        writer.WriteByte(checked((byte)Transforms.Length));
        writer.Write(Spi);
        for (var index = 0; index < Transforms.Length; index++) Transforms[index].Write(ref writer, index == Transforms.Length - 1);
        writer.CloseLength(length);
    }

    // A protocol we do not know may have any size: negotiation passes over its proposals.
    private static bool HasSpiSize(ProtocolId protocol, int size) => protocol switch
    {
        ProtocolId.Ike => size is 0 or 8,
        ProtocolId.Ah or ProtocolId.Esp => size == 4,
        _ => true,
    };
}
