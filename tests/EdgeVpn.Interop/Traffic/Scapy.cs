using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Traffic;

/// <summary>One packet that scapy was given: what it made of it, or why it would not.</summary>
public sealed record ScapyPacket(byte[]? Octets, string? Error);

/// <summary>An inner packet for scapy to seal; the IV's length is the cipher's.</summary>
public sealed record ScapyPlain(byte[] Inner, uint Sequence, byte[] Iv);

/// <summary>A second implementation of ESP, run as a process of its own.</summary>
public static class Scapy
{
    // Debian's own interpreter, which has Debian's python3-scapy.
    private const string Python = "/usr/bin/python3";

    /// <summary>Opens ESP packets, each from its SPI on (after the UDP header, if there was one).</summary>
    /// <param name="esnHigh">Upper half of the sequence numbers with ESN; null without.</param>
    /// <returns>As many as were given: the inner IP packet, or the error (a wrong ICV among them).</returns>
    public static Task<IReadOnlyList<ScapyPacket>> OpenAsync(EspKeys keys, IEnumerable<byte[]> packets, bool udp = false, uint? esnHigh = null)
    {
        var request = Request(keys, udp, esnHigh);
        request["open"] = new JsonArray([.. packets.Select(packet => JsonValue.Create(Convert.ToHexString(packet)))]);
        return RunAsync(request);
    }

    /// <summary>Seals inner IP packets; gives ESP from the SPI on.</summary>
    public static Task<IReadOnlyList<ScapyPacket>> SealAsync(EspKeys keys, IEnumerable<ScapyPlain> packets, bool udp = false, uint? esnHigh = null)
    {
        var request = Request(keys, udp, esnHigh);
        request["seal"] = new JsonArray([.. packets.Select(packet => new JsonObject
        {
            ["inner"] = Convert.ToHexString(packet.Inner),
            ["sequence"] = packet.Sequence,
            ["iv"] = Convert.ToHexString(packet.Iv),
        })]);
        return RunAsync(request);
    }

    private static JsonObject Request(EspKeys keys, bool udp, uint? esnHigh) => new()
    {
        ["sa"] = new JsonObject
        {
            ["spi"] = keys.Spi,
            ["encryption"] = AlgorithmNames.Of(keys.Encryption).Scapy,
            ["encryptionKey"] = Convert.ToHexString([.. keys.EncryptionKey]),
            ["integrity"] = AlgorithmNames.Of(keys.Integrity).Scapy,
            ["integrityKey"] = Convert.ToHexString([.. keys.IntegrityKey]),
            ["source"] = keys.Source,
            ["destination"] = keys.Destination,
            ["udp"] = udp,
            ["esn"] = esnHigh,
        },
    };

    private static async Task<IReadOnlyList<ScapyPacket>> RunAsync(JsonObject request)
    {
        var run = (await Tool.RunAsync([Python, "-c", Script()], request.ToJsonString())).Checked();
        using var json = JsonDocument.Parse(run.Output);
        return
        [
            .. json.RootElement.GetProperty("packets").EnumerateArray().Select(packet => packet.TryGetProperty("octets", out var octets)
                ? new ScapyPacket(Convert.FromHexString(octets.GetString()!), null)
                : new ScapyPacket(null, packet.GetProperty("error").GetString())),
        ];
    }

    private static string Script()
    {
        using var stream = typeof(Scapy).Assembly.GetManifestResourceStream("esp_by_scapy.py")
            ?? throw new InvalidOperationException("esp_by_scapy.py is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
