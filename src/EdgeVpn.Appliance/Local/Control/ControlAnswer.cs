using System.Text.Json.Serialization.Metadata;
using System.Text.Json.Serialization;
using System.Text.Json;
using EdgeVpn.Model.Usage;

namespace EdgeVpn.Appliance.Local;

/// <summary>What came of a request: a result or an error, never both.</summary>
public sealed record ControlAnswer
{
    private ControlAnswer(JsonElement? result, ControlError? error)
    {
        Result = result;
        Error = error;
    }

    public JsonElement? Result { get; }

    public ControlError? Error { get; }

    public static ControlAnswer Of(BoxStatus status) => Of(status, LocalJson.Lines.BoxStatus);

    public static ControlAnswer Of(Capture.FlightLog log) => Of(log, LocalJson.Lines.FlightLog);

    public static ControlAnswer Of(UsageDocument usage) => Of(usage, LocalJson.Lines.UsageDocument);

    public static ControlAnswer Of(Capture.LentKeys keys) => Of(keys, LocalJson.Lines.LentKeys);

    public static ControlAnswer Of(WhyAnswer answer) => Of(answer, LocalJson.Lines.WhyAnswer);

    public static ControlAnswer Of(LightsStatus lights) => Of(lights, LocalJson.Lines.LightsStatus);

    public static ControlAnswer Of(ConfigurationAnswer answer) => Of(answer, LocalJson.Lines.ConfigurationAnswer);

    public static ControlAnswer Of(BundleAnswer bundle) => Of(bundle, LocalJson.Lines.BundleAnswer);

    /// <param name="text">One line for a person: "hub is up".</param>
    public static ControlAnswer Done(string text) => Of(new DoneAnswer(text), LocalJson.Lines.DoneAnswer);

    /// <param name="result">A result made elsewhere.</param>
    public static ControlAnswer Of(JsonElement result) => new(result, null);

    /// <param name="code">A word of <see cref="ControlErrorCode"/>.</param>
    /// <param name="message">What is wrong, in a sentence.</param>
    /// <param name="reason">The catalogue's reason, where the line or the peer is to blame.</param>
    public static ControlAnswer Failed(string code, string message, ReasonStatus? reason = null) => Failed(new(code, message, reason));

    public static ControlAnswer Failed(ControlError error) => new(null, error);

    private static ControlAnswer Of<T>(T result, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToElement(result, type), null);
}

/// <summary>Why a request came to nothing.</summary>
/// <param name="Code">A word of <see cref="ControlErrorCode"/>.</param>
/// <param name="Message">A sentence for a person.</param>
/// <param name="Reason">The catalogue's reason, where there is one.</param>
public sealed record ControlError(
    string Code, string Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ReasonStatus? Reason = null);

/// <summary>The codes of errors. The first three are the asker's fault.</summary>
public static class ControlErrorCode
{
    /// <summary>The line is no request, or an argument is missing or makes no sense.</summary>
    public const string BadRequest = "bad-request";

    public const string UnknownCommand = "unknown-command";

    public const string UnknownConnection = "unknown-connection";

    /// <summary>The asker is neither root nor the daemon's own user.</summary>
    public const string Forbidden = "forbidden";

    /// <summary>Too many clients at once.</summary>
    public const string Busy = "busy";

    /// <summary>Understood, tried, and came to nothing.</summary>
    public const string Failed = "failed";

    /// <summary>The stream of events is over: the daemon stops, or the client was too slow.</summary>
    public const string Ended = "ended";

    /// <summary>The daemon itself is at fault.</summary>
    public const string Internal = "internal";
}

/// <summary>Done, in one line.</summary>
public sealed record DoneAnswer(string Text);

/// <summary>State and events for whoever helps.</summary>
/// <param name="Archive">A gzipped tar.</param>
public sealed record BundleAnswer(byte[] Archive);

/// <summary>The configuration in force.</summary>
/// <param name="InForce">Where it came from.</param>
/// <param name="Document">The document, with every default and without a secret.</param>
public sealed record ConfigurationAnswer(ConfigurationInForce InForce, JsonElement Document);

/// <summary>One line of an answer: exactly one of the three.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record ControlLine
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BoxEvent? Event { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? Result { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ControlError? Error { get; init; }
}
