using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Usage;

/// <summary>What a box's tunnels carried, by calendar month (UTC): its own file, and what <c>edgevpn usage --json</c> prints.</summary>
/// <param name="Since">When it began to count.</param>
/// <param name="Months">The oldest first; at most <see cref="MaxMonths"/>.</param>
public sealed record UsageDocument(DateTimeOffset Since, ImmutableArray<UsageMonth> Months)
{
    /// <summary>Name of the file in the state folder.</summary>
    public const string FileName = "usage.json";

    public const int MaxMonths = 24;

    /// <summary>Largest file that is read: a gateway of a thousand branches for two years.</summary>
    public const int MaxFileOctets = 8 << 20;

    /// <summary>Readable JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, UsageJson.Default.UsageDocument);

    /// <summary>Null if the octets are no such document.</summary>
    public static UsageDocument? Read(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxFileOctets) return null;
        try
        {
            var read = JsonSerializer.Deserialize(octets, UsageJson.Default.UsageDocument);
            return read is null || read.Months.IsDefault || read.Months.Any(m => m?.Name is null || m.Tunnels.IsDefault || !m.Tunnels.All(IsPlausible)) ? null : read;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A tunnel of ten gigabits carries some 3 PB in a month.
    private static bool IsPlausible(TunnelUsage tunnel) =>
        tunnel?.Tunnel is not null && tunnel.Seconds is >= 0 and < 1e9 && tunnel.OctetsIn is >= 0 and < 100_000_000_000_000_000 && tunnel.OctetsOut is >= 0 and < 100_000_000_000_000_000
        && tunnel.PeakOctets >= 0 && tunnel.PeakPackets >= 0;
}

/// <summary>One calendar month.</summary>
/// <param name="Name"><c>2026-11</c>; <see cref="UnknownName"/> while the clock was not set.</param>
/// <param name="Tunnels">In the order in which they were first up.</param>
public sealed record UsageMonth(string Name, ImmutableArray<TunnelUsage> Tunnels)
{
    public const string UnknownName = "unknown";
}

/// <summary>One tunnel in one month.</summary>
/// <param name="Connection">The connection's name.</param>
/// <param name="Tunnel">The same, with <c>.1</c>, <c>.2</c> where it has several tunnels.</param>
/// <param name="Class">Where its traffic was going.</param>
/// <param name="Seconds">Time in which packets could pass.</param>
/// <param name="OctetsIn">Octets of inner packets from the peer: the cloud's egress.</param>
/// <param name="OctetsOut">Octets of inner packets to the peer.</param>
public sealed record TunnelUsage(string Connection, string Tunnel, TrafficClass Class, double Seconds, long OctetsIn, long OctetsOut)
{
    /// <summary>Octets a second of the busiest minute, in its busier direction; 0 in a file of before this was counted.</summary>
    public long PeakOctets { get; init; }

    /// <summary>Packets a second, likewise.</summary>
    public long PeakPackets { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UsageDocument))]
internal sealed partial class UsageJson : JsonSerializerContext;
