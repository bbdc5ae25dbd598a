using System.Text.Json;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>How long the chosen provider takes to seal and to open a full-sized packet, everything of ESP included, as the measured executable says of itself.</summary>
internal sealed record CipherTime(string Suite, string Provider, int Octets, double SealNanoseconds, double OpenNanoseconds)
{
    private const int FullSized = 1400;

    public static async Task<IReadOnlyList<CipherTime>> RunAsync(string executable)
    {
        var run = (await Tool.RunAsync([executable, "selftest", "--speed", "--json"], within: TimeSpan.FromMinutes(1))).Checked();
        var all = JsonSerializer.Deserialize<CipherTime[]>(run.Output, JsonSerializerOptions.Web) ?? [];
        return [.. all.Where(static time => time.Octets == FullSized).DistinctBy(static time => time.Suite)]; // the one in use stands first
    }

    public override string ToString() => $"{Suite} by {Provider} {SealNanoseconds:0}, {OpenNanoseconds:0}";
}
