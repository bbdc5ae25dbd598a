using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using MQTTnet;
using MQTTnet.Protocol;

namespace EdgeVpn.Fleet.Broker;

/// <summary>Retained messages in one JSON file, written whole and atomically at every change.</summary>
internal sealed class RetainedStore(string path)
{
    // Payloads are JSON in a string: readable only with their quotes as they are.
    private static readonly RetainedJson s_readable = new(new JsonSerializerOptions(RetainedJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private readonly Lock _lock = new();

    /// <exception cref="InvalidDataException">The file is not one of these.</exception>
    public List<MqttApplicationMessage> Load()
    {
        if (!File.Exists(path)) return [];
        try
        {
            var entries = JsonSerializer.Deserialize(File.ReadAllBytes(path), RetainedJson.Default.RetainedEntryArray) ?? [];
            return [.. entries.Select(e => e.ToMessage())];
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new InvalidDataException($"{path} does not hold retained messages: {e.Message}", e);
        }
    }

    public void Save(IEnumerable<MqttApplicationMessage> messages)
    {
        var entries = messages.Select(RetainedEntry.From).OrderBy(e => e.Topic, StringComparer.Ordinal).ToArray();
        var octets = JsonSerializer.SerializeToUtf8Bytes(entries, s_readable.RetainedEntryArray);
        lock (_lock)
        {
            var next = path + ".new";
            using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
            {
                file.Write(octets);
                file.Flush(flushToDisk: true);
            }

            File.Move(next, path, overwrite: true);
        }
    }
}

/// <summary>One retained message; the payload as text where it is text.</summary>
internal sealed record RetainedEntry(string Topic, int Qos, string? Text, string? Base64)
{
    public static RetainedEntry From(MqttApplicationMessage message)
    {
        var payload = message.Payload.ToArray();
        var isText = Utf8.IsValid(payload);
        return new RetainedEntry(message.Topic, (int)message.QualityOfServiceLevel, isText ? Encoding.UTF8.GetString(payload) : null, isText ? null : Convert.ToBase64String(payload));
    }

    public MqttApplicationMessage ToMessage() => new()
    {
        Topic = Topic,
        QualityOfServiceLevel = (MqttQualityOfServiceLevel)Math.Clamp(Qos, 0, 2),
        Retain = true,
        Payload = new ReadOnlySequence<byte>(Text is not null ? Encoding.UTF8.GetBytes(Text) : Convert.FromBase64String(Base64 ?? "")),
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RetainedEntry[]))]
internal sealed partial class RetainedJson : JsonSerializerContext;
