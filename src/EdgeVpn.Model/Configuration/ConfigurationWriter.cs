using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVpn.Model.Json;

namespace EdgeVpn.Model.Configuration;

/// <summary>Configurations as indented JSON, with every default filled in.</summary>
public static class ConfigurationWriter
{
    private static readonly ConfigurationJson s_hiding = new(Options(reveals: false));
    private static readonly ConfigurationJson s_revealing = new(Options(reveals: true));

    /// <summary>For eyes: every secret is written as <see cref="SecretText.Hidden"/>. What it prints is refused when read back.</summary>
    public static string WriteRedacted(BoxConfig config) => JsonSerializer.Serialize(config, s_hiding.BoxConfig);

    /// <summary>For the box's own storage (mode 0600): UTF-8 JSON with the secrets.</summary>
    public static byte[] WriteForStorage(BoxConfig config) => JsonSerializer.SerializeToUtf8Bytes(config, s_revealing.BoxConfig);

    /// <summary>The configuration as elements to compare, secrets included.</summary>
    internal static JsonElement ToElement(BoxConfig config) => JsonSerializer.SerializeToElement(config, s_revealing.BoxConfig);

    /// <summary>Indentation and escaping of what people read.</summary>
    internal static JsonSerializerOptions ForEyes => s_hiding.Options;

    private static JsonSerializerOptions Options(bool reveals)
    {
        var options = new JsonSerializerOptions(ConfigurationJson.Default.Options)
        {
            WriteIndented = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a file, not a web page
            TypeInfoResolver = null,
        };
        for (var i = 0; i < options.Converters.Count; i++)
            if (options.Converters[i] is SecretTextConverter) options.Converters[i] = new SecretTextConverter(reveals);
        return options;
    }
}
