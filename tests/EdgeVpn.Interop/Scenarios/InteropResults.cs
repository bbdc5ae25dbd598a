using System.Text.Json;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>One cell of the interop table.</summary>
/// <param name="Date">Of the run, UTC, yyyy-MM-dd.</param>
public sealed record InteropResult(string Row, string Prose, string Peer, string Version, string Role, bool Passed, string Date, double Seconds);

/// <summary>
/// <c>artifacts/interop-results.json</c>: the latest result of every cell, in the order of the rows. A run with a filter replaces what it
/// ran and keeps the rest.
/// </summary>
public static class InteropResults
{
    private static readonly Lock OneAtATime = new();
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static string File { get; } = Path.Combine(LabFolders.Artifacts, "interop-results.json");

    public static void Record(InteropResult result)
    {
        lock (OneAtATime)
        {
            var rows = Rows.All.Select(row => row.Row).Concat(CertificateRows.All.Concat(EapRows.All).Select(row => row.Row)).Concat(LibreswanRows.All.Select(row => row.Row)).Concat(LibreswanRows.WithCertificates.Select(row => row.Row)).ToList();
            var all = Read().Where(other => rows.Contains(other.Row) && Cell(other) != Cell(result)).Append(result) // a row that was renamed is no row
                .OrderBy(other => rows.IndexOf(other.Row)).ThenBy(other => other.Version, StringComparer.Ordinal).ThenBy(other => other.Role, StringComparer.Ordinal);
            Directory.CreateDirectory(LabFolders.Artifacts);
            System.IO.File.WriteAllText(File + ".new", JsonSerializer.Serialize(all, Json) + "\n");
            System.IO.File.Move(File + ".new", File, overwrite: true);
        }
    }

    private static InteropResult[] Read() =>
        System.IO.File.Exists(File) ? JsonSerializer.Deserialize<InteropResult[]>(System.IO.File.ReadAllText(File), Json) ?? [] : [];

    private static (string, string, string, string) Cell(InteropResult result) => (result.Row, result.Peer, result.Version, result.Role);
}
