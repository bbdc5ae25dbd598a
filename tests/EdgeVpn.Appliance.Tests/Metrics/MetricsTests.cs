using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Metrics;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Metrics;

public sealed partial class MetricsTests
{
    private static readonly KeyValuePair<string, object?>[] Resource = [new("service.name", "edgevpn"), new("edgevpn.site", "Lyon \"2\"\\\n")];

    [Fact]
    public void A_page_has_every_counter_with_its_unit_and_attributes()
    {
        using var meter = new BoxMeter(() => Moment(counters: [new ConnectionCounters("hub", 1_000, 2_000, 10, 20, 3) { Rekeys = 4, PacketsLostOverRekeys = 6, LossPercent = 12.5, RoundTripMilliseconds = 8.25 }], cpu: 50, temperature: 41.5));
        var samples = Parse(PrometheusText.Of(meter.Collect(), Resource));
        Assert.Equal(1_000, samples["edgevpn_tunnel_io_bytes_total{edgevpn_connection=\"hub\",network_io_direction=\"receive\"}"]);
        Assert.Equal(20, samples["edgevpn_tunnel_packets_total{edgevpn_connection=\"hub\",network_io_direction=\"transmit\"}"]);
        Assert.Equal(3, samples["edgevpn_tunnel_dropped_total{edgevpn_connection=\"hub\"}"]);
        Assert.Equal(4, samples["edgevpn_tunnel_rekeys_total{edgevpn_connection=\"hub\"}"]);
        Assert.Equal(6, samples["edgevpn_tunnel_rekey_lost_total{edgevpn_connection=\"hub\"}"]);
        Assert.Equal(0.125, samples["edgevpn_probe_loss_ratio{edgevpn_connection=\"hub\"}"]);
        Assert.Equal(0.00825, samples["edgevpn_probe_duration_seconds{edgevpn_connection=\"hub\"}"], 1e-12);
        Assert.Equal(90, samples["process_uptime_seconds"]);
        Assert.Equal(0.5, samples["system_cpu_utilization_ratio"]);
        Assert.Equal(41.5, samples["hw_temperature_celsius"]);
        Assert.Equal(1, samples["target_info{service_name=\"edgevpn\",edgevpn_site=\"Lyon \\\"2\\\"\\\\\\n\"}"]);
    }

    [Fact]
    public void What_nobody_measures_is_left_out()
    {
        using var meter = new BoxMeter(() => Moment());
        var page = PrometheusText.Of(meter.Collect(), []);
        Assert.DoesNotContain("hw_temperature", page, StringComparison.Ordinal);
        Assert.DoesNotContain("edgevpn_cloud", page, StringComparison.Ordinal);
        Assert.Equal(2, Parse(page).Count); // target_info and the uptime
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_say()
    {
        if (!File.Exists("/usr/bin/promtool")) Assert.Skip("promtool is not installed (Debian: prometheus).");
        using var meter = new BoxMeter(() => Moment(counters: [new ConnectionCounters("hub", 1, 2, 3, 4, 5) { LossPercent = 0, RoundTripMilliseconds = 1 }], cpu: 1, temperature: 20));
        using var promtool = Process.Start(new ProcessStartInfo("/usr/bin/promtool", ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await promtool.StandardInput.WriteAsync(PrometheusText.Of(meter.Collect(), Resource));
        promtool.StandardInput.Close();
        var said = await promtool.StandardOutput.ReadToEndAsync() + await promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, said);
    }

    [Theory]
    [InlineData("GET /metrics HTTP/1.1", "200 OK")]
    [InlineData("GET / HTTP/1.1", "404 Not Found")]
    [InlineData("GET /metrics?x HTTP/1.0", "404 Not Found")]
    [InlineData("POST /metrics HTTP/1.1", "405 Method Not Allowed")]
    [InlineData("nonsense", "400 Bad Request")]
    [InlineData("", "400 Bad Request")]
    public async Task The_server_answers_one_question_and_hangs_up(string line, string status)
    {
        await using var server = new MetricsServer(new MetricsPlace("lo", new IPEndPoint(IPAddress.Loopback, 0)), static () => "up 1\n");
        for (var i = 0; i < 6; i++) // more than it answers at once: places come back
        {
            var answer = await AskAsync(server, line + "\r\nHost: box\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer, StringComparison.Ordinal);
            Assert.EndsWith(status == "200 OK" ? "\r\n\r\nup 1\n" : status + "\n", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_request_without_an_end_is_cut_off_at_its_bound()
    {
        await using var server = new MetricsServer(new MetricsPlace("lo", new IPEndPoint(IPAddress.Loopback, 0)), static () => "up 1\n");
        Assert.Equal("", await AskAsync(server, new string('x', 8_192)));
    }

    private static async Task<string> AskAsync(MetricsServer server, string request)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        try
        {
            return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (IOException)
        {
            return ""; // reset: it did not read to the end
        }
    }

    private static BoxMoment Moment(IReadOnlyList<ConnectionCounters>? counters = null, double? cpu = null, double? temperature = null) => new(
        new BoxFacts(new BoxConfig(), new ConfigurationInForce(), [], HasGateway: true, [], static _ => [], new(new DataPlaneStatus([], [], [], ImmutableDictionary<string, long>.Empty)), null, null),
        counters ?? [], TimeSpan.FromSeconds(90), cpu, temperature);

    /// <summary>A strict reader of the text format: HELP and TYPE before a family's samples, families in one piece, nothing twice.</summary>
    private static Dictionary<string, double> Parse(string page)
    {
        Assert.EndsWith("\n", page, StringComparison.Ordinal);
        var samples = new Dictionary<string, double>();
        var families = new HashSet<string>();
        string? family = null;
        foreach (var line in page[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                family = line.Split(' ', 4)[2];
                Assert.True(families.Add(family), $"{family} comes twice");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                Assert.Equal(family, line.Split(' ')[2]);
                Assert.True(line.EndsWith(" counter", StringComparison.Ordinal) == family!.EndsWith("_total", StringComparison.Ordinal), line);
            }
            else
            {
                var match = Sample().Match(line);
                Assert.True(match.Success, line);
                Assert.Equal(family, match.Groups["name"].Value);
                Assert.True(samples.TryAdd(match.Groups["name"].Value + match.Groups["labels"].Value, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture)), line);
            }
        }

        return samples;
    }

    [GeneratedRegex("""^(?<name>[a-z_][a-z0-9_]*)(?<labels>\{([a-z_][a-z0-9_]*="([^"\\\n]|\\["\\n])*",?)+\})? (?<value>[0-9.E+-]+)$""")]
    private static partial Regex Sample();
}
