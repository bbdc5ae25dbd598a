using System.Net;
using System.Net.Sockets;
using System.Text;
using EdgeVpn.Fleet.Broker;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Operator;
using EdgeVpn.Model.Twin;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

public sealed class BrokerTests
{
    private static readonly TwinTopic s_reported = new(FleetLab.Box, TwinChannel.Reported);

    [Fact]
    public async Task Retained_messages_reach_wildcard_subscribers_that_come_later()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.ConnectAsync();
        await box.PublishAsync(s_reported, "one"u8.ToArray(), retain: true, CancellationToken.None);
        await box.PublishAsync(s_reported, "two"u8.ToArray(), retain: true, CancellationToken.None);
        await using var later = await lab.ConnectAsync();
        await later.SubscribeAsync([TwinTopic.Filter(null, null, TwinChannel.Reported)], CancellationToken.None);
        Assert.True(later.Messages.TryRead(out var message));
        Assert.Equal("two", Encoding.UTF8.GetString(message.Payload.Span));
        Assert.True(message.Retained);
        Assert.False(later.Messages.TryRead(out _));
    }

    [Fact]
    public async Task Retained_messages_survive_a_restart_with_a_store_and_the_file_is_readable()
    {
        var folder = Directory.CreateTempSubdirectory("edgefleet-");
        var store = System.IO.Path.Combine(folder.FullName, "retained.json");
        try
        {
            byte[] noText = [0xff, 0x00, 0x80];
            await using (var broker = await StartAsync(store))
            await using (var box = await ConnectAsync(broker))
            {
                await box.PublishAsync(s_reported, "{\"a\":\"é\"}"u8.ToArray(), retain: true, CancellationToken.None);
                await box.PublishAsync(new TwinTopic(FleetLab.Box, TwinChannel.Presence), noText, retain: true, CancellationToken.None);
                await box.PublishAsync(new TwinTopic(FleetLab.Box, TwinChannel.Desired), "gone"u8.ToArray(), retain: true, CancellationToken.None);
                await box.PublishAsync(new TwinTopic(FleetLab.Box, TwinChannel.Desired), default, retain: true, CancellationToken.None);
            }

            Assert.Contains("edgevpn/lyon/box/reported", await System.IO.File.ReadAllTextAsync(store), StringComparison.Ordinal);
            await using (var broker = await StartAsync(store))
            await using (var later = await ConnectAsync(broker))
            {
                await later.SubscribeAsync(["edgevpn/lyon/box/#"], CancellationToken.None);
                var kept = new Dictionary<TwinChannel, byte[]>();
                while (later.Messages.TryRead(out var message)) kept[message.Topic.Channel] = message.Payload.ToArray();
                Assert.Equal([TwinChannel.Reported, TwinChannel.Presence], kept.Keys.Order());
                Assert.Equal("{\"a\":\"é\"}"u8.ToArray(), kept[TwinChannel.Reported]);
                Assert.Equal(noText, kept[TwinChannel.Presence]);
            }

            await System.IO.File.WriteAllTextAsync(store, "{ not this");
            await Assert.ThrowsAsync<InvalidDataException>(() => StartAsync(store));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_session_that_is_kept_gets_the_messages_of_its_absence()
    {
        await using var lab = await FleetLab.StartAsync();
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", lab.Address.Port).WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId("kept").WithCleanStart(false).WithSessionExpiryInterval(3600).Build();
        using (var client = new MqttClientFactory().CreateMqttClient())
        {
            await client.ConnectAsync(options);
            await client.SubscribeAsync(new MqttClientSubscribeOptionsBuilder().WithTopicFilter("edgevpn/+/+/events", MqttQualityOfServiceLevel.AtLeastOnce).Build());
            await client.DisconnectAsync(new MqttClientDisconnectOptions());
        }

        await using var box = await lab.ConnectAsync();
        for (var i = 0; i < 5; i++) await box.PublishAsync(new TwinTopic(FleetLab.Box, TwinChannel.Events), new[] { (byte)i }, retain: false, CancellationToken.None);

        using (var client = new MqttClientFactory().CreateMqttClient())
        {
            var received = new System.Collections.Concurrent.ConcurrentQueue<byte>();
            client.ApplicationMessageReceivedAsync += e =>
            {
                received.Enqueue(e.ApplicationMessage.Payload.FirstSpan[0]);
                return Task.CompletedTask;
            };
            Assert.True((await client.ConnectAsync(options)).IsSessionPresent);
            await FleetLab.UntilAsync(() => received.Count == 5, "five messages");
            Assert.Equal(new byte[] { 0, 1, 2, 3, 4 }, received.ToArray());
        }
    }

    [Fact]
    public async Task An_oversized_message_is_refused_and_its_sender_stays_connected()
    {
        await using var lab = await FleetLab.StartAsync();
        await using var box = await lab.ConnectAsync();
        var refused = await Assert.ThrowsAsync<BrokerException>(() => box.PublishAsync(s_reported, new byte[EmbeddedBroker.MaxPayloadOctets + 1], retain: true, CancellationToken.None));
        Assert.Contains("refuses to take", refused.Message, StringComparison.Ordinal);
        await box.PublishAsync(s_reported, new byte[EmbeddedBroker.MaxPayloadOctets], retain: false, CancellationToken.None);
    }

    [Fact]
    public async Task Garbage_on_its_port_does_not_disturb_it()
    {
        await using var lab = await FleetLab.StartAsync();
        var random = new Random(7);
        for (var i = 0; i < 50; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, lab.Address.Port);
            var octets = new byte[random.Next(1, 400)];
            random.NextBytes(octets);
            await socket.GetStream().WriteAsync(octets);
        }

        await using var box = await lab.ConnectAsync();
        await box.PublishAsync(s_reported, "fine"u8.ToArray(), retain: true, CancellationToken.None);
    }

    [Fact]
    public async Task A_port_that_is_taken_exits_1()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var ran = await FleetLab.RunWithAsync(["broker", "--listen", taken.LocalEndpoint.ToString()!]);
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("cannot listen on", ran.Error, StringComparison.Ordinal);
    }

    private static Task<EmbeddedBroker> StartAsync(string store) => EmbeddedBroker.StartAsync(new BrokerOptions(new IPEndPoint(IPAddress.Loopback, 0), store));

    private static Task<OperatorSession> ConnectAsync(EmbeddedBroker broker) =>
        OperatorSession.ConnectAsync(new OperatorOptions(new BrokerAddress("127.0.0.1", broker.EndPoint.Port, Tls: false)), CancellationToken.None);

    [Fact]
    public async Task A_document_retained_while_a_box_subscribes_reaches_it()
    {
        const int Rounds = 300;
        await using var lab = await FleetLab.StartAsync();
        await using var publisher = await lab.ConnectAsync();
        for (var round = 0; round < Rounds; round++)
        {
            await using var box = await lab.ConnectAsync();
            var topic = new TwinTopic(new TwinIdentity("lyon", $"box-{round}"), TwinChannel.Desired);
            // Both at once, each time a little differently.
            var subscribing = Task.Run(() => box.SubscribeAsync([topic.ToString()], CancellationToken.None));
            await Task.WhenAll(subscribing, Task.Run(async () =>
            {
                Thread.SpinWait(round * 40);
                await publisher.PublishAsync(topic, "document"u8.ToArray(), retain: true, CancellationToken.None);
            }));
            var message = await box.Messages.ReadAsync().AsTask().WaitAsync(FleetLab.Deadline);
            Assert.Equal("document"u8.ToArray(), message.Payload.ToArray());
        }
    }
}
