using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Wire.Payloads;

/// <summary>Traffic Selector payload, TSi or TSr (RFC 7296 §3.13).</summary>
/// <param name="IsInitiator">TSi: what the initiator of the exchange sends from and receives at.</param>
/// <param name="Selectors">IPv4 and IPv6 ranges in order; each starts before it ends. Empty only if the peer sent nothing we read.</param>
public sealed record TsPayload(bool IsInitiator, ImmutableArray<TrafficSelector> Selectors) : Payload
{
    // | Number of TSs |                 RESERVED                      |
    // |   TS Type     |IP Protocol ID |       Selector Length         |
    // |           Start Port          |           End Port            |
    // ~                Starting Address, Ending Address               ~

    /// <summary>What the octet Number of TSs can count.</summary>
    public const int MaxSelectors = byte.MaxValue;

    private const int HeaderSize = 4;
    private const int SelectorHeaderSize = 4;
    private const int PortsLength = 4;

    /// <summary>Selectors of other types, in order; written back behind the known ones. Default when there is none.</summary>
    public ImmutableArray<UnknownSelector> Skipped { get; init; }

    /// <summary>How many selectors were passed over because of their type.</summary>
    public int SkippedCount => Skipped.IsDefault ? 0 : Skipped.Length;

    public override PayloadType Type => IsInitiator ? PayloadType.TrafficSelectorInitiator : PayloadType.TrafficSelectorResponder;

    public override int BodyLength =>
        HeaderSize + Selectors.Sum(SelectorLength) + (Skipped.IsDefault ? 0 : Skipped.Sum(skipped => SelectorHeaderSize + skipped.Octets.Length));

    public static WireError TryRead(bool isInitiator, ReadOnlySpan<byte> body, out TsPayload? value)
    {
        value = null;
        var reader = new WireReader(body);
        if (!reader.TryReadByte(out var count) || !reader.TrySkip(3)) return WireError.Truncated;
        if (reader.Remaining < count * SelectorHeaderSize) return WireError.CountMismatch;
        var selectors = ImmutableArray.CreateBuilder<TrafficSelector>(count);
        ImmutableArray<UnknownSelector>.Builder? skipped = null;
        for (var index = 0; index < count; index++)
        {
            if (!reader.TryReadByte(out var type) || !reader.TryReadByte(out var protocol) || !reader.TryReadUInt16(out var length))
                return WireError.Truncated;
            if (length < SelectorHeaderSize) return WireError.BadLength;
            if (!reader.TryTake(length - SelectorHeaderSize, out var octets)) return WireError.Truncated;
            var selectorType = (TrafficSelectorType)type;
            if (selectorType is TrafficSelectorType.IPv4AddressRange or TrafficSelectorType.IPv6AddressRange)
            {
                var error = TryReadRange(selectorType, protocol, octets, out var selector);
                if (error != WireError.None) return error;
                selectors.Add(selector);
            }
            else
            {
                (skipped ??= ImmutableArray.CreateBuilder<UnknownSelector>()).Add(new(selectorType, protocol, octets.ToArray()));
            }
        }

        if (!reader.IsAtEnd) return WireError.CountMismatch;
        value = new TsPayload(isInitiator, selectors.ToImmutable()) { Skipped = skipped?.ToImmutable() ?? default };
        return WireError.None;
    }

    public override void WriteBody(ref WireWriter writer)
    {
        writer.WriteByte(checked((byte)(Selectors.Length + SkippedCount)));
        writer.WriteReserved(3);
        foreach (var selector in Selectors)
        {
            writer.WriteByte((byte)(selector.IsIPv6 ? TrafficSelectorType.IPv6AddressRange : TrafficSelectorType.IPv4AddressRange));
            writer.WriteByte(selector.IpProtocol);
            writer.WriteUInt16((ushort)SelectorLength(selector));
            writer.WriteUInt16(selector.StartPort);
            writer.WriteUInt16(selector.EndPort);
            writer.Write(selector.Start);
            writer.Write(selector.End);
        }

        if (Skipped.IsDefault) return;
        foreach (var skipped in Skipped)
        {
            writer.WriteByte((byte)skipped.SelectorType);
            writer.WriteByte(skipped.IpProtocol);
            writer.WriteUInt16(checked((ushort)(SelectorHeaderSize + skipped.Octets.Length)));
            writer.Write(skipped.Octets);
        }
    }

    public bool Equals(TsPayload? other) =>
        other is not null && IsInitiator == other.IsInitiator && OctetEquality.Same(Selectors, other.Selectors) &&
        OctetEquality.Same(Skipped, other.Skipped);

    public override int GetHashCode() => HashCode.Combine(IsInitiator, OctetEquality.Hash(Selectors), OctetEquality.Hash(Skipped));

    public override string ToString() =>
        $"{(IsInitiator ? "TSi" : "TSr")}({string.Join(' ', Selectors)}" + (SkippedCount == 0 ? ")" : $" and {SkippedCount} of unknown type)");

    private static int SelectorLength(TrafficSelector selector) => SelectorHeaderSize + PortsLength + (2 * selector.Start.OctetCount);

    private static WireError TryReadRange(TrafficSelectorType type, byte protocol, ReadOnlySpan<byte> octets, out TrafficSelector selector)
    {
        selector = default;
        var addressLength = type == TrafficSelectorType.IPv4AddressRange ? 4 : 16;
        if (octets.Length != PortsLength + (2 * addressLength)) return WireError.BadLength;
        var reader = new WireReader(octets);
        reader.TryReadUInt16(out var startPort);
        reader.TryReadUInt16(out var endPort);
        reader.TryTake(addressLength, out var start);
        reader.TryTake(addressLength, out var end);
        selector = new TrafficSelector(protocol, startPort, endPort, IpAddress.FromOctets(start), IpAddress.FromOctets(end));
        if (selector.Start.Value > selector.End.Value) return WireError.BadSelectorRange;
        // 65535–0 is OPAQUE (RFC 7296 §3.13.1); any other falling range selects nothing.
        if (startPort > endPort && (startPort != ushort.MaxValue || endPort != 0)) return WireError.BadSelectorRange;
        return WireError.None;
    }
}
