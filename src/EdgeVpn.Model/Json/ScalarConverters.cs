using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Model.Json;

/// <summary>A duration as <c>[d.]hh:mm:ss</c>: whole seconds, not negative.</summary>
internal sealed partial class DurationConverter : TextConverter<TimeSpan>
{
    private const string Pattern = @"^([0-9]{1,5}\.)?([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$";

    public override string Placeholder => "\"01:00:00\"";

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = Pattern };

    protected override bool TryParse(string text, out TimeSpan value, out Refusal refusal)
    {
        refusal = default;
        value = default;
        if (Written().IsMatch(text)) return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value);
        refusal = new Refusal($"{Quote(text)} is not a duration such as \"07:30:00\" or \"1.00:00:00\"", Guess(text));
        return false;
    }

    protected override string Format(TimeSpan value) => value.ToString("c", CultureInfo.InvariantCulture);

    // Azure and strongSwan write seconds, or a number with a unit.
    private static string? Guess(string text)
    {
        var match = NumberWithUnit().Match(text);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out var number)) return null;
        var seconds = number * match.Groups[2].Value switch { "m" => 60, "h" => 3600, "d" => 86_400, _ => 1 };
        return seconds <= 99_999L * 86_400 ? $"did you mean \"{TimeSpan.FromSeconds(seconds):c}\"?" : null;
    }

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant)]
    private static partial Regex Written();

    [GeneratedRegex("^([0-9]{1,9}) ?([smhd]?)$", RegexOptions.CultureInvariant)]
    private static partial Regex NumberWithUnit();
}

/// <summary>A broker as a URI of host and port. What was written is not quoted: it may hold a password.</summary>
internal sealed class BrokerAddressConverter : TextConverter<BrokerAddress>
{
    public override string Placeholder => "\"mqtts://placeholder.invalid\"";

    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^mqtts?://[^/?#@]+/?$" };

    protected override bool TryParse(string text, out BrokerAddress value, out Refusal refusal)
    {
        refusal = default;
        if (BrokerAddress.TryParse(text, out var read))
        {
            value = read;
            return true;
        }

        value = new BrokerAddress("", 0, true);
        refusal = new Refusal("is not a broker such as \"mqtts://broker.example:8883\"", Guess(text));
        return false;
    }

    private static string? Guess(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)) return null;
        return uri.UserInfo.Length > 0 ? "leave out user name and password: the box shows its certificate"
            : uri.Scheme is "mqtt" or "mqtts" ? "leave out everything behind host and port"
            : DidYouMean.Sentence(uri.Scheme, ["mqtts", "mqtt"]);
    }
}

/// <summary>A secret: read as text, written as <see cref="SecretText.Hidden"/> unless made to reveal.</summary>
internal sealed class SecretTextConverter(bool reveals) : TextConverter<SecretText>
{
    public SecretTextConverter()
        : this(reveals: false)
    {
    }

    public override string Placeholder => "\"\"";

    public override JsonObject Schema() => new() { ["type"] = "string" };

    protected override bool TryParse(string text, out SecretText value, out Refusal refusal)
    {
        value = new SecretText(text);
        refusal = new Refusal($"is \"{SecretText.Hidden}\", the mark of a redacted document", "put the secret itself here");
        return text != SecretText.Hidden;
    }

    protected override string Format(SecretText value) => reveals ? value.Reveal() : SecretText.Hidden;
}

/// <summary>A number of octets, or the word <c>auto</c>.</summary>
internal sealed class AutoOrOctetsConverter : JsonConverter<AutoOrOctets>, IScalarConverter
{
    public string Placeholder => "\"auto\"";

    public JsonObject Schema() =>
        new() { ["anyOf"] = new JsonArray(new JsonObject { ["const"] = "auto" }, new JsonObject { ["type"] = "integer", ["minimum"] = 1 }) };

    public Refusal? Refuse(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String when element.ValueEquals("auto"u8) => null,
        JsonValueKind.Number when element.TryGetInt32(out var octets) && octets > 0 => null,
        JsonValueKind.String when int.TryParse(element.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var octets) =>
            new Refusal("should be a number of octets or \"auto\"", $"write {octets} without quotation marks"),
        _ => new Refusal("should be a number of octets or \"auto\""),
    };

    public override AutoOrOctets Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String when reader.ValueTextEquals("auto"u8) => AutoOrOctets.Auto,
        JsonTokenType.Number when reader.TryGetInt32(out var octets) && octets > 0 => new AutoOrOctets(octets),
        _ => throw new JsonException(), // the serialiser adds the path
    };

    public override void Write(Utf8JsonWriter writer, AutoOrOctets value, JsonSerializerOptions options)
    {
        if (value.Octets is { } octets) writer.WriteNumberValue(octets);
        else writer.WriteStringValue("auto"u8);
    }
}
