using Xunit;

namespace EdgeVpn.Fleet.Tests;

public sealed class BrokerCheckTests
{
    [Fact]
    public async Task The_embedded_broker_has_what_a_fleet_needs()
    {
        await using var lab = await FleetLab.StartAsync();
        var ran = await lab.RunAsync("broker", "check");
        Assert.Equal(0, ran.Code);
        Assert.Equal(9, ran.Lines.Count(l => l.StartsWith("ok ", StringComparison.Ordinal)));
        Assert.EndsWith("has what a fleet needs.", ran.Lines[^1], StringComparison.Ordinal);
        // It leaves nothing behind.
        await using var session = await lab.ConnectAsync();
        await session.SubscribeAsync(["#"], CancellationToken.None);
        Assert.False(session.Messages.TryRead(out _));
        Assert.False(session.Others.TryRead(out _));
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_one_finding()
    {
        var ran = await FleetLab.RunWithAsync(["broker", "check", "--broker", "mqtt://127.0.0.1:9", "--json"]);
        Assert.Equal(1, ran.Code);
        Assert.False(Assert.Single(ran.Json).GetProperty("good").GetBoolean());
    }
}
