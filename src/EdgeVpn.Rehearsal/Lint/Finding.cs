using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>How much a finding matters.</summary>
public enum FindingSeverity
{
    /// <summary>What will happen; nothing to do.</summary>
    [JsonStringEnumMemberName("info")]
    Info,

    /// <summary>Works, but a person should look.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Will not work, now or later.</summary>
    [JsonStringEnumMemberName("error")]
    Error,
}

/// <summary>One thing that a configuration leads to once it meets an Azure gateway.</summary>
/// <param name="Id">Stable, lower case with hyphens: one of <see cref="FindingId"/>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Path">Where in the document: <c>$.connections[0].esp.proposals</c>.</param>
/// <param name="Message">What, for people; names no secret.</param>
/// <param name="Mend">What to write, at either end; null where there is nothing to do.</param>
public sealed record Finding(string Id, FindingSeverity Severity, string Path, string Message, string? Mend = null);

/// <summary>What <c>lint</c> says of a document.</summary>
/// <param name="Fails">Something will not work, now or later.</param>
/// <param name="Connections">What each connection will come to.</param>
/// <param name="Findings">Errors first.</param>
public sealed record LintReport(bool Fails, ImmutableArray<ConnectionForecast> Connections, ImmutableArray<Finding> Findings);

/// <summary>What will be negotiated, in keywords; null is "no proposal chosen".</summary>
/// <param name="Connection">Its name.</param>
/// <param name="Gateway">What the gateway was taken to have.</param>
/// <param name="Assumed">Nobody said so: it was concluded from the configuration.</param>
/// <param name="IkeWhenBoxCalls">IKE SA, the box asking.</param>
/// <param name="EspWhenBoxCalls">First child SA, the box asking.</param>
/// <param name="IkeWhenAzureCalls">IKE SA, Azure asking.</param>
/// <param name="EspWhenAzureCalls">First child SA, Azure asking.</param>
/// <param name="RekeyByBox">First child rekey, the box asking.</param>
/// <param name="RekeyByAzure">First child rekey, Azure asking.</param>
public sealed record ConnectionForecast(
    string Connection, string Gateway, bool Assumed,
    string? IkeWhenBoxCalls, string? EspWhenBoxCalls, string? IkeWhenAzureCalls, string? EspWhenAzureCalls, string? RekeyByBox, string? RekeyByAzure)
{
    internal static ConnectionForecast Of(string connection, string gateway, bool assumed, Prediction prediction) => new(
        connection, gateway, assumed,
        prediction.IkeWhenBoxCalls?.Text, prediction.EspWhenBoxCalls?.Text, prediction.IkeWhenAzureCalls?.Text, prediction.EspWhenAzureCalls?.Text,
        prediction.RekeyByBox?.Text, prediction.RekeyByAzure?.Text);
}
