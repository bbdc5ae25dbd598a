using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Model.Tests.Twin;

public sealed class TwinTopicTests
{
    [Theory]
    [InlineData("edgevpn/lyon/branch-042/desired", TwinChannel.Desired, null)]
    [InlineData("edgevpn/lyon/branch-042/reported", TwinChannel.Reported, null)]
    [InlineData("edgevpn/lyon/branch-042/presence", TwinChannel.Presence, null)]
    [InlineData("edgevpn/lyon/branch-042/events", TwinChannel.Events, null)]
    [InlineData("edgevpn/lyon/branch-042/telemetry", TwinChannel.Telemetry, null)]
    [InlineData("edgevpn/lyon/branch-042/command/rekey", TwinChannel.Command, "rekey")]
    [InlineData("edgevpn/lyon/branch-042/response/7f3a", TwinChannel.Response, "7f3a")]
    [InlineData("edgevpn/lyon/branch-042/body/0123456789abcdef0123456789abcdef.31", TwinChannel.Body, "0123456789abcdef0123456789abcdef.31")]
    public void Each_topic_of_the_contract_reads_as_it_is_written(string text, TwinChannel channel, string? name)
    {
        Assert.True(TwinTopic.TryParse(text, out var topic));
        Assert.Equal(new TwinTopic(new TwinIdentity("lyon", "branch-042"), channel, name), topic);
        Assert.Equal(text, topic.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("edgevpn")]
    [InlineData("edgevpn/lyon/box")]
    [InlineData("edgevpn/enrol/box/desired")]
    [InlineData("othervpn/lyon/box/desired")]
    [InlineData("edgevpn/lyon/box/desire")]
    [InlineData("edgevpn/lyon/box/Desired")]
    [InlineData("edgevpn/lyon/box/desired/")]
    [InlineData("edgevpn/lyon/box/desired/more")]
    [InlineData("edgevpn/lyon/box/command")]
    [InlineData("edgevpn/lyon/box/command/")]
    [InlineData("edgevpn/lyon/box/command/a/b")]
    [InlineData("/edgevpn/lyon/box/desired")]
    [InlineData("edgevpn//box/desired")]
    [InlineData("edgevpn/+/box/desired")]
    [InlineData("edgevpn/lyon/#/desired")]
    [InlineData("edgevpn/lyon/../desired")]
    [InlineData("edgevpn/lyon/.box/desired")]
    [InlineData("edgevpn/lyon/bo x/desired")]
    [InlineData("edgevpn/lyon/böx/desired")]
    [InlineData("edgevpn/lyon/bo\0x/desired")]
    public void Anything_else_is_not_a_topic_of_the_contract(string text) => Assert.False(TwinTopic.TryParse(text, out _));

    [Fact]
    public void Names_and_topics_end_at_their_bounds()
    {
        var longest = new string('a', TwinLimits.MaxNameLength);
        var topic = new TwinTopic(new TwinIdentity(longest, longest), TwinChannel.Response, longest).ToString();
        Assert.True(topic.Length <= TwinLimits.MaxTopicLength);
        Assert.True(TwinTopic.TryParse(topic, out _));
        Assert.False(TwinTopic.TryParse($"edgevpn/{longest}a/box/desired", out _));
        Assert.False(TwinTopic.TryParse($"edgevpn/{new string('a', 1_000_000)}/box/desired", out _));
        Assert.Throws<ArgumentException>(() => new TwinIdentity(longest + "a", "box"));
        Assert.Throws<ArgumentException>(() => new TwinIdentity("enrol", "box"));
    }

    [Fact]
    public void Filters_leave_open_what_is_not_named()
    {
        Assert.Equal("edgevpn/lyon/box/desired", TwinTopic.Filter("lyon", "box", TwinChannel.Desired));
        Assert.Equal("edgevpn/lyon/+/reported", TwinTopic.Filter("lyon", null, TwinChannel.Reported));
        Assert.Equal("edgevpn/+/+/response/+", TwinTopic.Filter(null, null, TwinChannel.Response));
        Assert.Throws<ArgumentException>(() => TwinTopic.Filter("#", null, TwinChannel.Desired));
    }

    [Theory]
    [InlineData("mqtt://127.0.0.1", "mqtt://127.0.0.1:1883", true)]
    [InlineData("mqtt://127.3.2.1:7", "mqtt://127.3.2.1:7", true)]
    [InlineData("mqtt://[::1]:18830", "mqtt://[::1]:18830", true)]
    [InlineData("mqtt://localhost:1884", "mqtt://localhost:1884", true)]
    [InlineData("mqtts://broker.example", "mqtts://broker.example:8883", false)]
    [InlineData("mqtts://broker.example:443/", "mqtts://broker.example:443", false)]
    [InlineData("mqtt://localhost.example", "mqtt://localhost.example:1883", false)]
    public void A_broker_is_a_scheme_a_host_and_a_port(string text, string canonical, bool loopback)
    {
        Assert.True(BrokerAddress.TryParse(text, out var broker));
        Assert.Equal(canonical, broker.ToString());
        Assert.Equal(loopback, broker.IsLoopback);
        Assert.Equal(text.StartsWith("mqtts:", StringComparison.Ordinal), broker.Tls);
    }

    [Theory]
    [InlineData("")]
    [InlineData("broker.example")]
    [InlineData("broker.example:1883")]
    [InlineData("http://broker.example")]
    [InlineData("mqtt://")]
    [InlineData("mqtt://user:secret@broker.example")]
    [InlineData("mqtt://broker.example/path")]
    [InlineData("mqtt://broker.example?x=1")]
    [InlineData("mqtt://broker.example:0")]
    [InlineData("mqtt://broker.example:65536")]
    public void Anything_else_is_not_a_broker(string text) => Assert.False(BrokerAddress.TryParse(text, out _));
}
