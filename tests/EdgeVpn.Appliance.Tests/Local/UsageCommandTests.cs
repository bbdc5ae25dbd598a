using System.Text.Json;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Usage;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class UsageCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-usage-").FullName;
    private readonly CommandBench _bench = new();

    private static readonly string s_month = Samples.Now.ToString("yyyy-MM", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly UsageDocument s_usage = new(Samples.Now.AddDays(-40),
    [
        new UsageMonth("2020-01", [new TunnelUsage("hub", "hub", TrafficClass.InternetEgress, 3_600, 10, 20)]),
        new UsageMonth(s_month, [new TunnelUsage("hub", "hub", TrafficClass.InternetEgress, 36_000, 5_000_000_000, 1_000)]),
    ]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Prices(string text = """{ "currency": "EUR", "gatewayHour": { "VpnGw1AZ": 0.36 }, "egressPerGigabyte": { "internetEgress": 0.08 } }""")
    {
        var file = Path.Combine(_folder, "prices.json");
        File.WriteAllText(file, text);
        return file;
    }

    private static ControlBench Box()
    {
        var box = new ControlBench();
        box.Box.Answer = (request, _) => new(request.Command == ControlCommand.Usage ? ControlAnswer.Of(s_usage) : ControlAnswer.Failed(ControlErrorCode.UnknownCommand, "no"));
        return box;
    }

    [Fact]
    public async Task The_newest_month_is_shown_and_priced()
    {
        await using var box = Box();
        var ran = await _bench.RunAsync("usage", "--prices", Prices(), "--control", box.Options.Path);
        Assert.Equal((ExitCode.Done, ""), (ran.Code, ran.Error));
        Assert.Contains($"{s_month}   counted since", ran.Out);
        Assert.Contains("10.0", ran.Out);
        Assert.Contains("5.000 GB", ran.Out);
        Assert.Contains("0.40", ran.Out); // 5 GB at 0.08
        Assert.Contains("gateway VpnGw1AZ", ran.Out);
    }

    [Fact]
    public async Task Json_has_every_month_the_estimate_and_the_configurations_words()
    {
        await using var box = Box();
        var answer = JsonDocument.Parse((await _bench.RunAsync("usage", "--prices", Prices(), "--json", "--control", box.Options.Path)).Out).RootElement;
        Assert.Equal(2, answer.GetProperty("months").GetArrayLength());
        Assert.Equal("internetEgress", answer.GetProperty("months")[1].GetProperty("tunnels")[0].GetProperty("class").GetString());
        Assert.Equal(0.4m, answer.GetProperty("estimate").GetProperty("lines")[1].GetProperty("soFar").GetDecimal());
    }

    [Fact]
    public async Task Without_a_daemon_what_it_wrote_down_is_read()
    {
        File.WriteAllBytes(Path.Combine(_folder, UsageDocument.FileName), s_usage.ToJson());
        var ran = await _bench.RunAsync("usage", "--month", "2020-01", "--control", "/nowhere/control.sock", "--state", _folder);
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Contains("1.0", ran.Out);
        Assert.Equal(ExitCode.NotRunning, (await _bench.RunAsync("usage", "--control", "/nowhere/control.sock", "--state", "/nowhere")).Code);
        Assert.Contains("there are 2020-01", (await _bench.RunAsync("usage", "--month", "2019-01", "--control", "/nowhere/control.sock", "--state", _folder)).Error);
    }

    [Fact]
    public async Task A_gateway_must_be_named_where_the_sheet_has_several()
    {
        await using var box = Box();
        var two = Prices("""{ "currency": "EUR", "gatewayHour": { "VpnGw1AZ": 0.36, "VpnGw2AZ": 0.9 } }""");
        Assert.Contains("--sku VpnGw1AZ | VpnGw2AZ", (await _bench.RunAsync("usage", "--prices", two, "--control", box.Options.Path)).Error);
        Assert.Contains("has no \"X\"", (await _bench.RunAsync("usage", "--prices", two, "--sku", "X", "--control", box.Options.Path)).Error);
        Assert.Equal(ExitCode.Usage, (await _bench.RunAsync("usage", "--prices", Prices("{}"), "--control", box.Options.Path)).Code);
        Assert.Contains("--sku is about --prices", (await _bench.RunAsync("usage", "--sku", "X")).Error);
    }
}
