using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary>Reports, events and counters in words for people. Everything a box wrote goes through <see cref="FleetConsole.Printable"/>.</summary>
internal static class ReportText
{
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    public static string Reason(ReportedReason reason) =>
        FleetConsole.Printable(reason.Detail is null ? $"{reason.Code} {reason.Name}" : $"{reason.Code} {reason.Name}: {reason.Detail}");

    public static string Connection(ReportedConnection connection) =>
        FleetConsole.Printable($"{connection.Name}:{connection.State}") + (connection.Reason is null ? "" : $" ({Reason(connection.Reason)})");

    /// <summary>The document and its state: <c>1.7 confirmed</c>.</summary>
    public static string Document(ReportedDocument report)
    {
        if (report.State == DocumentState.None) return "no document yet";
        var text = new StringBuilder($"{report.Version} {Word(report.State)}");
        if (report.Reason is { } reason) text.Append(": ").Append(Reason(reason));
        if (report.InForce is { } inForce && inForce.Version != report.Version) text.Append($" (in force: {inForce.Version})");
        return text.ToString();
    }

    public static string Report(ReportedDocument report)
    {
        var text = new StringBuilder(Document(report)).Append(", ").Append(Word(report.Health));
        foreach (var connection in report.Connections) text.Append(", ").Append(Connection(connection));
        foreach (var problem in report.Problems) text.Append("; ").Append(FleetConsole.Printable($"{problem.Path} {problem.Message}"));
        return text.ToString();
    }

    /// <summary>The four lights in their order: "power fast blink (code 33), wan steady, …".</summary>
    public static string Lights(ReportedLights lights) => FleetConsole.Printable(string.Create(
        CultureInfo.InvariantCulture, $"power {lights.Power}{(lights.Code is { } code ? $" (code {code})" : "")}, wan {lights.Wan}, vpn {lights.Vpn}, cloud {lights.Cloud}"));

    public static string Event(EventDocument happened) =>
        FleetConsole.Printable($"#{happened.Sequence} {happened.Kind}{(happened.Subject is null ? "" : " " + happened.Subject)} {happened.State}") +
        (happened.Reason is null ? "" : ": " + Reason(happened.Reason)) +
        (happened.Lost > 0 ? $" ({happened.Lost} before it were lost)" : "");

    public static string Telemetry(TelemetryDocument telemetry) => telemetry.Connections.Count == 0
        ? "no connections"
        : string.Join(", ", telemetry.Connections.Select(c => $"{FleetConsole.Printable(c.Name)} in {Octets(c.OctetsIn)} out {Octets(c.OctetsOut)}{(c.PacketsDropped > 0 ? $" dropped {c.PacketsDropped}" : "")}{(c.PacketsLostOverRekeys > 0 ? $" lost over {c.Rekeys} rekey(s) {c.PacketsLostOverRekeys}" : "")}"));

    private static string Octets(long octets) => octets switch
    {
        >= 1_000_000_000 => $"{octets / 1e9:0.00} GB",
        >= 1_000_000 => $"{octets / 1e6:0.00} MB",
        >= 1_000 => $"{octets / 1e3:0.0} kB",
        _ => $"{octets} B",
    };
}
