using System.Buffers.Binary;
using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>One algorithm offered in a proposal (RFC 7296 §3.3.2).</summary>
/// <param name="Type">What the algorithm is for; a type without a name spoils its whole proposal (§3.3.6).</param>
/// <param name="Id">Number within the registry of <paramref name="Type"/>.</param>
/// <param name="KeyLength">Bits; 0: the attribute is absent.</param>
public readonly record struct Transform(TransformType Type, ushort Id, ushort KeyLength = 0)
{
    // | Last Substruc |   RESERVED    |        Transform Length       |
    // |Transform Type |   RESERVED    |          Transform ID         |
    // ~                      Transform Attributes                     ~

    /// <summary>Octets before the attributes.</summary>
    public const int HeaderSize = 8;

    /// <summary>Attributes of one transform. One is defined; the rest is room for what may come.</summary>
    public const int MaxAttributes = 16;

    private const byte More = 3;
    private const byte Last = 0;

    /// <summary>
    /// What the peer attached besides one KEY_LENGTH: unknown types, and KEY_LENGTH that is repeated, zero or not in TV form.
    /// Kept for logs and written back; default when there is none.
    /// </summary>
    public ImmutableArray<TransformAttribute> UnknownAttributes { get; init; }

    /// <summary>The transform must not be chosen; others of its proposal may be (RFC 7296 §3.3.6).</summary>
    public bool HasUnknownAttribute => !UnknownAttributes.IsDefaultOrEmpty;

    internal int Length
    {
        get
        {
            var length = HeaderSize + (KeyLength == 0 ? 0 : 4);
            if (!HasUnknownAttribute) return length;
            foreach (var attribute in UnknownAttributes) length += attribute.Length;
            return length;
        }
    }

    public static Transform Encryption(EncryptionAlgorithm algorithm, ushort keyLength = 0) =>
        new(TransformType.EncryptionAlgorithm, (ushort)algorithm, keyLength);

    public static Transform Prf(PrfAlgorithm algorithm) => new(TransformType.PseudorandomFunction, (ushort)algorithm);

    public static Transform Integrity(IntegrityAlgorithm algorithm) => new(TransformType.IntegrityAlgorithm, (ushort)algorithm);

    public static Transform KeyExchange(KeyExchangeMethod method) => new(TransformType.KeyExchangeMethod, (ushort)method);

    /// <summary>The <paramref name="round"/>-th additional key exchange, 1 to 7 (RFC 9370 §2.2.1).</summary>
    public static Transform AdditionalKeyExchange(int round, KeyExchangeMethod method)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(round, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(round, 7);
        return new(TransformType.AdditionalKeyExchange1 + (byte)(round - 1), (ushort)method);
    }

    public static Transform Esn(EsnTransform esn) => new(TransformType.ExtendedSequenceNumbers, (ushort)esn);

    public bool Equals(Transform other) =>
        Type == other.Type && Id == other.Id && KeyLength == other.KeyLength &&
        OctetEquality.Same(UnknownAttributes, other.UnknownAttributes);

    public override int GetHashCode() => HashCode.Combine(Type, Id, KeyLength, OctetEquality.Hash(UnknownAttributes));

    public override string ToString()
    {
        var name = Type switch
        {
            TransformType.EncryptionAlgorithm => $"{(EncryptionAlgorithm)Id}",
            TransformType.PseudorandomFunction => $"Prf{(PrfAlgorithm)Id}",
            TransformType.IntegrityAlgorithm => $"{(IntegrityAlgorithm)Id}",
            TransformType.KeyExchangeMethod => $"{(KeyExchangeMethod)Id}",
            TransformType.ExtendedSequenceNumbers => Id switch { 0 => "NoEsn", 1 => "Esn", _ => $"Esn{Id}" },
            >= TransformType.AdditionalKeyExchange1 and <= TransformType.AdditionalKeyExchange7 => $"{Type}={(KeyExchangeMethod)Id}",
            _ => $"Type{(byte)Type}={Id}",
        };
        return name + (KeyLength == 0 ? "" : $"-{KeyLength}") + (HasUnknownAttribute ? "?" : "");
    }

    /// <summary>Reads one substructure from the front of <paramref name="reader"/>, which holds this proposal's transforms.</summary>
    internal static WireError TryRead(ref WireReader reader, bool isLast, out Transform transform)
    {
        transform = default;
        if (!reader.TryReadByte(out var marker) || !reader.TrySkip(1) || !reader.TryReadUInt16(out var length)) return WireError.Truncated;
        if (marker != (isLast ? Last : More)) return WireError.BadSubstructureMarker;
        if (length < HeaderSize) return WireError.BadLength;
        if (!reader.TryTake(length - 4, out var rest)) return WireError.Truncated;

        var attributes = new WireReader(rest[4..]);
        ushort keyLength = 0;
        ImmutableArray<TransformAttribute>.Builder? unknown = null;
        for (var count = 0; !attributes.IsAtEnd; count++)
        {
            if (count == MaxAttributes) return WireError.TooManyAttributes;
            var error = TransformAttribute.TryRead(ref attributes, out var attribute);
            if (error != WireError.None) return error;
            if (keyLength == 0 && attribute!.IsShort && attribute.Type == TransformAttributeType.KeyLength
                && BinaryPrimitives.ReadUInt16BigEndian(attribute.Value) is > 0 and var bits)
                keyLength = bits;
            else
                (unknown ??= ImmutableArray.CreateBuilder<TransformAttribute>()).Add(attribute!);
        }

        transform = new Transform((TransformType)rest[0], BinaryPrimitives.ReadUInt16BigEndian(rest[2..]), keyLength)
        {
            UnknownAttributes = unknown?.ToImmutable() ?? default,
        };
        return WireError.None;
    }

    internal void Write(ref WireWriter writer, bool isLast)
    {
        var start = writer.Position;
        writer.WriteByte(isLast ? Last : More);
        writer.WriteReserved(1);
        var length = writer.ReserveLength(start);
        writer.WriteByte((byte)Type);
        writer.WriteReserved(1);
        writer.WriteUInt16(Id);
        if (KeyLength != 0)
            new TransformAttribute(TransformAttributeType.KeyLength, true, [(byte)(KeyLength >> 8), (byte)KeyLength]).Write(ref writer);
        if (HasUnknownAttribute)
        {
            foreach (var attribute in UnknownAttributes) attribute.Write(ref writer);
        }

        writer.CloseLength(length);
    }
}
