using System.Text.Json;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Usage;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgefleet-usage-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Box(string name, double hours, long octets, string month = "2020-10")
    {
        var usage = new UsageDocument(DateTimeOffset.UnixEpoch, [new UsageMonth(month, [new TunnelUsage("hub", "hub", TrafficClass.InternetEgress, hours * 3_600, octets, 1)])]);
        return Write(name, System.Text.Encoding.UTF8.GetString(usage.ToJson()));
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private string Prices => Write("prices", """{ "currency": "EUR", "gatewayHour": { "VpnGw1AZ": 0.5 }, "egressPerGigabyte": { "internetEgress": 0.1 } }""");

    private static async Task<(int Code, string Out, string Error)> RunAsync(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        return (await FleetCommandLine.RunAsync(["usage", .. args], new FleetConsole(output, error, IsTerminal: false, HasColor: false)), output.ToString(), error.ToString());
    }

    [Fact]
    public async Task Boxes_behind_one_gateway_are_added_up_and_priced_once()
    {
        var ran = await RunAsync(Box("lyon.json", 10, 4_000_000_000), Box("paris.json", 20, 6_000_000_000), "--prices", Prices, "--json");
        Assert.Equal((0, ""), (ran.Code, ran.Error));
        var answer = JsonDocument.Parse(ran.Out).RootElement;
        Assert.Equal((2, 30.0, 10_000_000_000), (answer.GetProperty("tunnels").GetInt32(), answer.GetProperty("hours").GetDouble(), answer.GetProperty("octetsIn").GetInt64()));
        // October has 744 hours, one gateway; it is over, so nothing grows.
        Assert.Equal((744 * 0.5m) + (10 * 0.1m), answer.GetProperty("soFar").GetDecimal());
        Assert.Equal(answer.GetProperty("soFar").GetDecimal(), answer.GetProperty("atMonthEnd").GetDecimal());
    }

    [Fact]
    public async Task The_newest_month_is_taken_and_a_fleet_that_outgrows_its_gateway_is_told()
    {
        var boxes = Enumerable.Range(0, 31).Select(i => Box($"b{i}.json", 1, 1)).Append(Box("old.json", 1, 1, "2019-01")).ToArray();
        var ran = await RunAsync([.. boxes, "--sku", "VpnGw1AZ"]);
        Assert.Contains("2020-10: 32 boxes, 31 tunnels", ran.Out);
        Assert.Contains("VpnGw4AZ takes 100", ran.Out);
    }

    [Fact]
    public async Task What_cannot_be_used_is_named()
    {
        var lyon = Box("lyon.json", 1, 1);
        Assert.Contains("not what `edgevpn usage --json` prints", (await RunAsync(Write("x.json", "{}"))).Error);
        Assert.Contains("cannot be read", (await RunAsync(Path.Combine(_folder, "none.json"))).Error);
        Assert.Contains("Two files are called", (await RunAsync(lyon, lyon)).Error);
        Assert.Contains("Nothing was counted in 2018-01", (await RunAsync(lyon, "--month", "2018-01")).Error);
        Assert.Contains("has no \"Basic\"", (await RunAsync(lyon, "--prices", Prices, "--sku", "Basic")).Error);
        Assert.Equal(ExitCode.Usage, (await RunAsync(lyon, "--prices", Write("p", "{}"))).Code);
    }
}
