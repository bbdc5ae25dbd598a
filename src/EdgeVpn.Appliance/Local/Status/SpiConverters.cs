using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVpn.Appliance.Local;

/// <summary>An IKE SPI as 16 hex digits: many JSON readers round integers beyond 2^53.</summary>
public sealed class IkeSpiConverter : JsonConverter<ulong>
{
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && ulong.TryParse(reader.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var spi)
            ? spi : throw new JsonException("An SPI is 16 hex digits.");

    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("x16", CultureInfo.InvariantCulture));
}

/// <summary>An ESP SPI as 8 hex digits, as every other tool prints it.</summary>
public sealed class EspSpiConverter : JsonConverter<uint>
{
    public override uint Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && uint.TryParse(reader.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var spi)
            ? spi : throw new JsonException("An SPI is 8 hex digits.");

    public override void Write(Utf8JsonWriter writer, uint value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("x8", CultureInfo.InvariantCulture));
}
