using System.Buffers;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Storage;

/// <summary>The document a box starts from: proven by tunnels and broker, with its secrets.</summary>
/// <param name="Reference">Which; its hash is that of <paramref name="Body"/>.</param>
/// <param name="Body">UTF-8 JSON of the configuration, octet for octet as it was signed.</param>
public sealed record ConfirmedDocument(DocumentReference Reference, ReadOnlyMemory<byte> Body)
{
    /// <summary>As it stands on the disk: readable JSON, the body unchanged inside.</summary>
    /// <exception cref="JsonException">The body is not one JSON value.</exception>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(Body.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteNumber("epoch", Reference.Epoch);
            writer.WriteNumber("revision", Reference.Revision);
            writer.WriteString("sha256", Reference.Sha256);
            writer.WritePropertyName("body");
            writer.WriteRawValue(Body.Span);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null if these are not octets that <see cref="ToJson"/> wrote, or the body is not the one that was confirmed: one flipped bit is enough.</summary>
    public static ConfirmedDocument? Read(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth + 1 });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("body", out var body) || !root.TryGetProperty("sha256", out var hash)) return null;
            if (!Number(root, "epoch", out var epoch) || !Number(root, "revision", out var revision) || hash.ValueKind != JsonValueKind.String) return null;
            var octets = Encoding.UTF8.GetBytes(body.GetRawText());
            var reference = new DocumentReference(epoch, revision, hash.GetString()!);
            return DesiredDocument.Hash(octets) == reference.Sha256 ? new ConfirmedDocument(reference, octets) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null; // not JSON; or a text that is not UTF-8
        }
    }

    private static bool Number(JsonElement root, string name, out long value)
    {
        value = 0;
        return root.TryGetProperty(name, out var element) && element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value) && DocumentVersion.IsNumber(value);
    }
}
