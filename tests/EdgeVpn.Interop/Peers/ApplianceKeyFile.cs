using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.Interop.Peers;

/// <summary>Reads what our daemon writes with <c>--export-keys</c>: one JSON object per line and SA.</summary>
public static class ApplianceKeyFile
{
    public static (ImmutableArray<IkeKeys> Ike, ImmutableArray<EspKeys> Esp) Read(string file)
    {
        var ike = ImmutableArray.CreateBuilder<IkeKeys>();
        var esp = ImmutableArray.CreateBuilder<EspKeys>();
        foreach (var line in File.ReadLines(file))
        {
            using var json = JsonDocument.Parse(line);
            var keys = json.RootElement;
            if (Text(keys, "kind") == "ike") ike.Add(Ike(keys));
            else esp.Add(Esp(keys));
        }

        return (ike.ToImmutable(), esp.ToImmutable());
    }

    private static IkeKeys Ike(JsonElement keys) => new(
        Text(keys, "initiatorSpi"), Text(keys, "responderSpi"), Encryption(keys), Integrity(keys),
        Octets(keys, "skEi"), Octets(keys, "skEr"), Octets(keys, "skAi"), Octets(keys, "skAr"));

    private static EspKeys Esp(JsonElement keys) => new(
        uint.Parse(Text(keys, "spi"), NumberStyles.HexNumber, CultureInfo.InvariantCulture), Text(keys, "source"), Text(keys, "destination"),
        Encryption(keys), Integrity(keys), Octets(keys, "encryptionKey"), Octets(keys, "integrityKey"));

    private static string Encryption(JsonElement keys) => Text(keys, "encryption") switch
    {
        "AesCbc" => $"aes{keys.GetProperty("keyLength").GetInt32()}",
        "AesGcm16" => $"aes{keys.GetProperty("keyLength").GetInt32()}gcm16",
        var other => throw new FormatException($"an encryption that no second reader is told of here: {other}"),
    };

    private static string Integrity(JsonElement keys) => Text(keys, "integrity") switch
    {
        "None" => "",
        "HmacSha1_96" => "sha1",
        "HmacSha256_128" => "sha256",
        "HmacSha384_192" => "sha384",
        "HmacSha512_256" => "sha512",
        var other => throw new FormatException($"an integrity algorithm that no second reader is told of here: {other}"),
    };

    private static string Text(JsonElement keys, string name) => keys.GetProperty(name).GetString() ?? "";

    private static ImmutableArray<byte> Octets(JsonElement keys, string name) => [.. Convert.FromHexString(Text(keys, name))];
}
