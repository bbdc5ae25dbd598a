using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace EdgeVpn.Model.Jose;

/// <summary>A public key as JSON: <c>{"kty":"EC","crv":"P-256","x":…,"y":…}</c> (RFC 7517, RFC 7518 §6.2).</summary>
public static class Jwk
{
    public static void Write(Utf8JsonWriter writer, P256Key key)
    {
        writer.WriteStartObject();
        writer.WriteString("kty", "EC");
        writer.WriteString("crv", "P-256");
        writer.WriteString("x", key.X);
        writer.WriteString("y", key.Y);
        writer.WriteEndObject();
    }

    /// <summary>False for everything but exactly these four fields and a point of the curve; a private key (<c>d</c>) is refused with the rest.</summary>
    public static bool TryRead(JsonElement json, [NotNullWhen(true)] out P256Key? key)
    {
        key = null;
        if (json.ValueKind != JsonValueKind.Object || json.GetPropertyCount() != 4) return false;
        return Text(json, "kty") == "EC" && Text(json, "crv") == "P-256" && P256Key.TryCreate(Text(json, "x"), Text(json, "y"), out key);
    }

    private static string? Text(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair: no text
        }
    }
}

/// <summary>A key where JSON is read by records. What is no key is no JSON either.</summary>
public sealed class P256KeyConverter : System.Text.Json.Serialization.JsonConverter<P256Key>
{
    public override P256Key Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return Jwk.TryRead(json.RootElement, out var key) ? key : throw new JsonException("Not a public key on P-256.");
    }

    public override void Write(Utf8JsonWriter writer, P256Key value, JsonSerializerOptions options) => Jwk.Write(writer, value);
}
