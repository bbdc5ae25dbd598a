using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Usage;

/// <summary>What a provider asks for: a file that a person fills in from the provider's price page, for prices change and differ by region.</summary>
/// <remarks>
/// <code>
/// { "currency": "EUR",
///   "gatewayHour": { "VpnGw1AZ": 0.36 },
///   "tunnelHour": 0.015, "tunnelsIncluded": 10,
///   "egressPerGigabyte": { "internetEgress": 0.08, "betweenRegions": 0.02, "sameRegion": 0 } }
/// </code>
/// </remarks>
public sealed record PriceSheet
{
    public required string Currency { get; init; }

    /// <summary>Price of a gateway's hour by SKU.</summary>
    public required ImmutableDictionary<string, decimal> GatewayHour { get; init; }

    /// <summary>Price of a tunnel's hour beyond <see cref="TunnelsIncluded"/>.</summary>
    public decimal TunnelHour { get; init; }

    public int TunnelsIncluded { get; init; }

    /// <summary>Price of 10^9 octets that leave the cloud, by class; a class that is not named costs nothing.</summary>
    public ImmutableDictionary<TrafficClass, decimal> EgressPerGigabyte { get; init; } = ImmutableDictionary<TrafficClass, decimal>.Empty;

    private const int MaxOctets = 64 * 1024;

    /// <summary>Null with the problem if the octets are no price sheet.</summary>
    public static PriceSheet? Read(ReadOnlySpan<byte> octets, out string? problem)
    {
        problem = null;
        if (octets.Length > MaxOctets)
        {
            problem = $"A price sheet has at most {MaxOctets} octets.";
            return null;
        }

        try
        {
            var sheet = JsonSerializer.Deserialize(octets, PriceJson.Default.PriceSheet);
            if (sheet is null) problem = "The price sheet is empty.";
            else if (sheet.GatewayHour.Values.Concat(sheet.EgressPerGigabyte?.Values ?? []).Append(sheet.TunnelHour).Any(p => p is < 0 or > 1_000_000)) problem = "A price is negative, or beyond a million.";
            else return sheet with { EgressPerGigabyte = sheet.EgressPerGigabyte ?? ImmutableDictionary<TrafficClass, decimal>.Empty };
        }
        catch (JsonException fault)
        {
            problem = fault.Path is null or "$" ? "The price sheet is not JSON with \"currency\" and \"gatewayHour\"." : $"The price sheet cannot be read at {fault.Path}.";
        }

        return null;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PriceSheet))]
internal sealed partial class PriceJson : JsonSerializerContext;

/// <summary>The configuration's words, also as keys.</summary>
public sealed class TrafficClassConverter() : JsonStringEnumConverter<TrafficClass>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
