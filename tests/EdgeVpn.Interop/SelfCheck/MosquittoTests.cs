using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using Xunit;

namespace EdgeVpn.Interop.SelfCheck;

[Trait("peer", "self-check")]
public sealed class MosquittoTests
{
    [Fact]
    public async Task What_is_retained_survives_a_restart_and_a_kill()
    {
        Requires.Lab();
        await using var lab = await Lab.StartAsync("self-check/mosquitto-retained");
        await using var broker = new Mosquitto(lab);
        await broker.StartAsync();
        await broker.PublishAsync("edgevpn/lab/box/desired", "{\"revision\": 1}", retain: true);
        await broker.RestartAsync();
        Assert.Equal("{\"revision\": 1}", await broker.NextAsync("edgevpn/lab/box/desired", TimeSpan.FromSeconds(2)));
        await broker.KillAsync();
        Assert.False(broker.IsRunning);
        await broker.StartAsync();
        Assert.Equal("{\"revision\": 1}", await broker.NextAsync("edgevpn/lab/box/desired", TimeSpan.FromSeconds(2)));
        Assert.Null(await broker.NextAsync("edgevpn/lab/box/nothing", TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task A_listener_hears_messages_in_order_with_their_topics()
    {
        Requires.Lab();
        await using var lab = await Lab.StartAsync("self-check/mosquitto-listener");
        await using var broker = new Mosquitto(lab);
        await broker.StartAsync();
        var listener = await broker.ListenAsync("edgevpn/#");
        await broker.PublishAsync("edgevpn/lab/box/events", "one");
        await broker.PublishAsync("edgevpn/lab/box/presence", "two words");
        await broker.PublishAsync("elsewhere", "not for us");
        await Until.TrueAsync("two are heard", TimeSpan.FromSeconds(5), () => listener.Heard().Length == 2, () => string.Join('\n', listener.Heard()));
        Assert.Equal([("edgevpn/lab/box/events", "one"), ("edgevpn/lab/box/presence", "two words")], listener.Heard());
    }
}
