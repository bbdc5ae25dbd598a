using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

/// <summary><c>edgefleet broker check</c> on three brokers; the README shows what it says.</summary>
public sealed class BrokerCheckTests
{
    [Fact]
    public async Task The_embedded_broker_has_what_a_fleet_needs()
    {
        await using var lab = await FleetLab.StartAsync();
        var ran = await lab.RunAsync("broker", "check");
        Assert.Equal(0, ran.Code);
        Assert.Equal(10, ran.Lines.Count(l => l.StartsWith("ok ", StringComparison.Ordinal)));
        Assert.EndsWith("has what a fleet needs.", ran.Lines[^1], StringComparison.Ordinal);
        // It leaves nothing behind.
        await using var session = await lab.ConnectAsync();
        await session.SubscribeAsync(["#"], CancellationToken.None);
        Assert.False(session.Messages.TryRead(out _));
        Assert.False(session.Others.TryRead(out _));
    }

    [Fact]
    public async Task Mosquitto_as_init_writes_it_has_what_a_fleet_needs_and_keeps_boxes_apart()
    {
        using var folder = new TemporaryFolder();
        var (fleet, configuration) = Mosquitto(folder.Path, static text => text);
        await using var broker = await RealBroker.MosquittoAsync(configuration, fleet.Broker.Port);
        var ran = await FleetLab.RunWithAsync(["broker", "check", "--folder", fleet.Path]);
        Assert.True(ran.Code == 0, ran.Out + ran.Error);
        Assert.Equal(11, ran.Lines.Count(l => l.StartsWith("ok ", StringComparison.Ordinal)));
        Assert.Contains("access rules: a box reaches its own topics and no others", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pattern read edgevpn/lyon/%u/desired", "pattern read edgevpn/lyon/+/desired", "a box reads another's document")]
    [InlineData("pattern write edgevpn/lyon/%u/reported", "pattern write edgevpn/lyon/+/reported", "a box speaks for another")]
    [InlineData("pattern read edgevpn/lyon/%u/desired", "", "a box does not get its own document")]
    [InlineData("pattern read edgevpn/lyon/%u/body/+", "pattern read edgevpn/lyon/+/body/+", "a box reads another's document")]
    [InlineData("pattern read edgevpn/lyon/%u/body/+", "", "a box does not get the pieces of a larger document (Mosquitto: pattern read edgevpn/lyon/%u/body/+)")]
    public async Task Access_rules_that_are_too_wide_or_too_narrow_are_named(string rule, string instead, string finding)
    {
        using var folder = new TemporaryFolder();
        var (fleet, configuration) = Mosquitto(folder.Path, text => text.Replace(rule, instead, StringComparison.Ordinal));
        await using var broker = await RealBroker.MosquittoAsync(configuration, fleet.Broker.Port);
        var ran = await FleetLab.RunWithAsync(["broker", "check", "--folder", fleet.Path]);
        Assert.Equal(1, ran.Code);
        Assert.Contains("MISSING  access rules: " + finding, ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mosquitto_as_Debian_ships_it_queues_too_little_for_an_operator()
    {
        using var folder = new TemporaryFolder();
        var port = RealBroker.FreePort();
        var configuration = System.IO.Path.Combine(folder.Path, "mosquitto.conf");
        await File.WriteAllTextAsync(configuration, $"user root\nlistener {port} 127.0.0.1\nallow_anonymous true\n");
        await using var broker = await RealBroker.MosquittoAsync(configuration, port);
        var ran = await FleetLab.RunWithAsync(["broker", "check", "--broker", $"mqtt://127.0.0.1:{port}", "--folder", folder.Path]);
        Assert.Equal(1, ran.Code);
        Assert.StartsWith("MISSING  a fleet's retained messages at once", Assert.Single(ran.Lines, l => l.StartsWith("MISSING", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RabbitMQ_gives_a_box_its_document_and_an_operator_nothing_that_is_retained()
    {
        using var folder = new TemporaryFolder();
        var port = RealBroker.FreePort();
        await using var broker = await RealBroker.RabbitMqAsync(folder.Path, port);
        var ran = await FleetLab.RunWithAsync(["broker", "check", "--broker", $"mqtt://127.0.0.1:{port}", "--folder", folder.Path], patience: TimeSpan.FromMinutes(2));
        Assert.True(ran.Code == 1, ran.Out + ran.Error);
        Assert.True(ran.Lines.Count(l => l.StartsWith("ok ", StringComparison.Ordinal)) == 8, ran.Out);
        Assert.StartsWith("MISSING  retained messages to wildcard subscribers", Assert.Single(ran.Lines, l => l.StartsWith("MISSING", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("-        a fleet's retained messages at once: not looked at", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_one_finding()
    {
        var ran = await FleetLab.RunWithAsync(["broker", "check", "--broker", "mqtt://127.0.0.1:9", "--json"]);
        Assert.Equal(1, ran.Code);
        Assert.False(Assert.Single(ran.Json).GetProperty("good").GetBoolean());
    }

    /// <summary>A fleet's folder, and Mosquitto's files of it with another state folder and user.</summary>
    private static (FleetFolder Fleet, string Configuration) Mosquitto(string folder, Func<string, string> rules)
    {
        var address = new BrokerAddress("127.0.0.1", RealBroker.FreePort(), Tls: true);
        var fleet = FleetFolder.Make(System.IO.Path.Combine(folder, "fleet"), "lyon", address, address with { Port = RealBroker.FreePort() }, [], DateTimeOffset.UtcNow);
        var configuration = System.IO.Path.Combine(folder, "mosquitto.conf");
        File.WriteAllText(configuration, "user root\n" + File.ReadAllText(System.IO.Path.Combine(fleet.Path, "broker", "mosquitto.conf")).Replace("/var/lib/mosquitto/", folder + "/", StringComparison.Ordinal));
        var access = System.IO.Path.Combine(fleet.Path, "broker", "acl");
        File.WriteAllText(access, rules(File.ReadAllText(access)));
        return (fleet, configuration);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("edgefleet-broker-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
