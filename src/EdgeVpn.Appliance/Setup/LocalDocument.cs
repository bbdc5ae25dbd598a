using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Setup;

/// <summary>A configuration that was changed on the spot and confirmed there.</summary>
/// <param name="Beneath">SHA-256 of what it was laid over: the file or the operator's document; null: there was none. When that changes, this is over.</param>
/// <param name="Body">UTF-8 JSON of the configuration.</param>
public sealed record LocalDocument(string? Beneath, ReadOnlyMemory<byte> Body)
{
    public string Sha256 => DesiredDocument.Hash(Body.Span);

    /// <exception cref="JsonException">The body is not one JSON value.</exception>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(Body.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("beneath", Beneath);
            writer.WriteString("sha256", Sha256);
            writer.WritePropertyName("body");
            writer.WriteRawValue(Body.Span);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null if these octets are not what <see cref="ToJson"/> wrote, bit for bit of the body.</summary>
    public static LocalDocument? Read(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth + 1 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("beneath", out var beneath) || !root.TryGetProperty("sha256", out var hash)
                || !root.TryGetProperty("body", out var body) || hash.ValueKind != JsonValueKind.String) return null;
            var read = new LocalDocument(beneath.ValueKind == JsonValueKind.String ? beneath.GetString() : null, Encoding.UTF8.GetBytes(body.GetRawText()));
            return read.Sha256 == hash.GetString() ? read : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // not JSON; or a text that is not UTF-8
        }
    }
}
