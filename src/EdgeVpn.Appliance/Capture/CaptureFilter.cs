using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Capture;

/// <summary>What a live capture takes: the filter JSON of Azure's own packet capture, so that one filter serves both ends.</summary>
/// <remarks>
/// <c>TracingFlags</c>: 1 ESP, 2 IKE, 8 OpenVPN (nothing here). Filters look at the packets inside the tunnel, as Azure's do; where one is given, sealed packets are left
/// out, for their addresses say nothing. Unless <c>CaptureSingleDirectionTrafficOnly</c>, the way back is taken, too.
/// </remarks>
public sealed record CaptureFilter
{
    private const int Esp = 1;
    private const int Ike = 2;
    private const int MaxDocumentOctets = 64 * 1024;
    private const int MaxFilters = 5; // Azure's own bound
    private const int MaxList = 100;

    /// <summary>Octets kept of each packet; Azure's default is 120.</summary>
    public int PacketOctets { get; init; } = 262;

    /// <summary>Octets of the file, at most.</summary>
    public long FileOctets { get; init; } = LiveCapture.MaxOctets;

    public int TracingFlags { get; init; } = Esp | Ike;

    public ImmutableArray<CaptureRule> Rules { get; init; } = [];

    public bool TakesEsp => (TracingFlags & Esp) != 0;

    public bool TakesIke => (TracingFlags & Ike) != 0;

    /// <summary>Whether a packet inside a tunnel is taken.</summary>
    /// <param name="packet">From its IP header on; may be cut.</param>
    public bool TakesInner(ReadOnlySpan<byte> packet)
    {
        if (!TakesEsp) return false;
        if (Rules.IsEmpty) return true;
        if (!InnerPacket.TryRead(packet, out var seen)) return false;
        foreach (var rule in Rules)
            if (rule.Takes(seen) || (!rule.IsOneWay && rule.Takes(seen.Reversed))) return true;
        return false;
    }

    /// <summary>Whether a sealed packet is taken: protocol 50, or UDP 4500 that is not IKE.</summary>
    public bool TakesSealed(ReadOnlySpan<byte> packet)
    {
        const byte espProtocol = 50, udp = 17;
        const ushort natTraversal = 4500;
        if (!TakesEsp || !Rules.IsEmpty || !InnerPacket.TryRead(packet, out var seen)) return false;
        if (seen.Protocol == espProtocol) return true;
        if (seen.Protocol != udp || (seen.SourcePort != natTraversal && seen.DestinationPort != natTraversal)) return false;
        var payload = seen.HeaderOctets + 8;
        return packet.Length >= payload + 4 && BinaryPrimitives.ReadUInt32BigEndian(packet[payload..]) != 0;
    }

    /// <summary>Reads the JSON; null with the problem if it cannot be used. Unknown fields are refused: a filter that is half understood is a wrong capture.</summary>
    public static CaptureFilter? Read(ReadOnlySpan<byte> json, out string? problem)
    {
        problem = null;
        if (json.Length > MaxDocumentOctets)
        {
            problem = $"The filter has more than {MaxDocumentOctets} octets.";
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return Read(document.RootElement);
        }
        catch (JsonException fault)
        {
            problem = $"The filter is not JSON from line {fault.LineNumber + 1} on.";
        }
        catch (FormatException fault)
        {
            problem = fault.Message;
        }

        return null;
    }

    private static CaptureFilter Read(JsonElement root)
    {
        var filter = new CaptureFilter();
        foreach (var member in Members(root, "The filter"))
        {
            filter = member.Name switch
            {
                "TracingFlags" => filter with { TracingFlags = Number(member, 0, 255) },
                "MaxPacketBufferSize" => filter with { PacketOctets = Number(member, 20, 65_535) },
                "MaxFileSize" => filter with { FileOctets = Math.Min(LiveCapture.MaxOctets, Number(member, 1, 10_000) * 1_000_000L) },
                "Filters" => filter with { Rules = [.. Items(member, MaxFilters).Select(Rule)] },
                _ => throw new FormatException($"The filter has no \"{Cut(member.Name)}\"."),
            };
        }

        return filter;
    }

    private static CaptureRule Rule(JsonElement element)
    {
        var rule = new CaptureRule();
        foreach (var member in Members(element, "Each of Filters"))
        {
            rule = member.Name switch
            {
                "SourceSubnets" => rule with { Sources = Networks(member) },
                "DestinationSubnets" => rule with { Destinations = Networks(member) },
                "SourcePort" => rule with { SourcePorts = Numbers(member, 65_535) },
                "DestinationPort" => rule with { DestinationPorts = Numbers(member, 65_535) },
                "Protocol" => rule with { Protocols = Numbers(member, 255) },
                "TcpFlags" => rule with { TcpFlags = Number(member, 0, 255) },
                "CaptureSingleDirectionTrafficOnly" => rule with { IsOneWay = member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False ? member.Value.GetBoolean() : throw Wrong(member, "true or false") },
                _ => throw new FormatException($"A filter has no \"{Cut(member.Name)}\"."),
            };
        }

        return rule;
    }

    private static JsonElement.ObjectEnumerator Members(JsonElement element, string what) =>
        element.ValueKind == JsonValueKind.Object ? element.EnumerateObject() : throw new FormatException($"{what} should be an object.");

    private static JsonElement.ArrayEnumerator Items(JsonProperty member, int most) =>
        member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() <= most ? member.Value.EnumerateArray() : throw Wrong(member, $"a list of at most {most}");

    private static int Number(JsonProperty member, int least, int most) => Number(member, member.Value, least, most);

    private static int Number(JsonProperty member, JsonElement element, int least, int most) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var number) && number >= least && number <= most ? number : throw Wrong(member, $"a number from {least} to {most}");

    private static ImmutableArray<int> Numbers(JsonProperty member, int most) => [.. Items(member, MaxList).Select(item => Number(member, item, 0, most))];

    private static ImmutableArray<IPNetwork> Networks(JsonProperty member) =>
    [
        .. Items(member, MaxList).Select(item => item.ValueKind == JsonValueKind.String && Addresses.TryParseLoosely(item.GetString()!, out var network) ? network : throw Wrong(member, "networks such as 10.20.0.0/16")),
    ];

    private static FormatException Wrong(JsonProperty member, string expected) => new($"{member.Name} should be {expected}.");

    private static string Cut(string name) => name.Length <= 40 ? name : name[..37] + "...";
}

/// <summary>One of <c>Filters</c>: every list that is given must name the packet; an empty list names all.</summary>
public sealed record CaptureRule
{
    public ImmutableArray<IPNetwork> Sources { get; init; } = [];

    public ImmutableArray<IPNetwork> Destinations { get; init; } = [];

    public ImmutableArray<int> SourcePorts { get; init; } = [];

    public ImmutableArray<int> DestinationPorts { get; init; } = [];

    public ImmutableArray<int> Protocols { get; init; } = [];

    /// <summary>Bits of the TCP header that must all be set; null: any.</summary>
    public int? TcpFlags { get; init; }

    public bool IsOneWay { get; init; }

    internal bool Takes(in InnerPacket packet)
    {
        var (from, to) = (packet.Source, packet.Destination);
        return (Sources.IsEmpty || Sources.Any(network => network.Contains(from)))
            && (Destinations.IsEmpty || Destinations.Any(network => network.Contains(to)))
            && (SourcePorts.IsEmpty || SourcePorts.Contains(packet.SourcePort))
            && (DestinationPorts.IsEmpty || DestinationPorts.Contains(packet.DestinationPort))
            && (Protocols.IsEmpty || Protocols.Contains(packet.Protocol))
            && (TcpFlags is not { } flags || (packet.TcpFlags & flags) == flags);
    }
}

/// <summary>The few fields of a packet that filters look at. IPv6 extension headers are not walked: such a packet has no ports.</summary>
internal readonly record struct InnerPacket(IPAddress Source, IPAddress Destination, byte Protocol, int HeaderOctets, int SourcePort, int DestinationPort, int TcpFlags)
{
    private const byte Tcp = 6, Udp = 17;

    public InnerPacket Reversed => this with { Source = Destination, Destination = Source, SourcePort = DestinationPort, DestinationPort = SourcePort };

    /// <summary>False if it is not IP, or cut within its header.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out InnerPacket read)
    {
        read = default;
        if (packet.Length < 20) return false;
        var isIPv6 = packet[0] >> 4 == 6;
        if (!isIPv6 && packet[0] >> 4 != 4) return false;
        var header = isIPv6 ? 40 : (packet[0] & 0x0f) * 4;
        if (header < 20 || packet.Length < header) return false;
        var protocol = isIPv6 ? packet[6] : packet[9];
        var source = isIPv6 ? packet.Slice(8, 16) : packet.Slice(12, 4);
        var destination = isIPv6 ? packet.Slice(24, 16) : packet.Slice(16, 4);
        var isFirst = isIPv6 || (BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & 0x1fff) == 0; // later fragments have no ports
        var hasPorts = isFirst && protocol is Tcp or Udp && packet.Length >= header + 4;
        read = new InnerPacket(
            new IPAddress(source), new IPAddress(destination), protocol, header,
            hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(packet[header..]) : -1, hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(packet[(header + 2)..]) : -1,
            isFirst && protocol == Tcp && packet.Length > header + 13 ? packet[header + 13] : 0);
        return true;
    }
}
