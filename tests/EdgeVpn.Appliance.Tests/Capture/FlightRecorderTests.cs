using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Capture;

public class FlightRecorderTests
{
    private static readonly Path s_path = new(IpEndpoint.Parse("198.51.100.7:500"), IpEndpoint.Parse("203.0.113.20:500"));

    private static FlightRecorder Recorder(FlightLog? kept = null) => new(TimeProvider.System, kept);

    private static byte[] Stranger(int number, int length = 40)
    {
        var octets = new byte[length];
        BitConverter.TryWriteBytes(octets, number);
        octets[18] = (byte)ExchangeType.IkeSaInit;
        return octets;
    }

    private static BoxEvent Event(string kind, string text) => new(DateTimeOffset.UnixEpoch, 1, kind, "hub", text);

    [Fact]
    public void Every_message_of_a_tunnel_has_what_the_engine_thought_of_it()
    {
        using var pair = new RecordedPair(Recorder(), 500, "aes256-sha256-ecp256", "aes256gcm16");
        Assert.Single(pair.Children);
        pair.Rekey();
        Assert.Equal(2, pair.Children.Count);
        var log = pair.Recorder.Snapshot().Records;
        Assert.True(log.Length >= 6, $"{log.Length} messages"); // IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA and their answers, at least
        Assert.All(log, record => Assert.StartsWith(record.Kind == FlightKind.Sent ? "-->" : "<--", record.Text));
        Assert.Contains(log, record => record.Text!.Contains("TSi", StringComparison.Ordinal));
        Assert.Contains(log, record => record.Kind == FlightKind.Received && record.Text!.Contains("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public void Strangers_cannot_push_out_what_matters()
    {
        using var pair = new RecordedPair(Recorder(), 500, "aes256-sha256-ecp256", "aes256gcm16");
        var known = pair.Recorder.Snapshot().Records.Length;
        for (var i = 0; i < 10_000; i++) pair.Recorder.Datagram(Stranger(i), s_path, sent: false);
        var log = pair.Recorder.Snapshot().Records;
        Assert.Equal(known, log.Count(r => r.Text is not null));
        Assert.Equal(FlightRecorder.MaxUnclaimed, log.Count(r => r.Text is null));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_fragment_of_a_message_is_named(bool sent)
    {
        var recorder = Recorder();
        var seen = new IkeOutput.MessageSeen(new IkeSaId(1), "hub", sent, false, ExchangeType.IkeSaInit, false, 0, ["SA"], s_path);
        if (sent) recorder.Message(seen, "a message");
        for (var fragment = 0; fragment < 3; fragment++) recorder.Datagram(Stranger(fragment), s_path, sent);
        if (!sent) recorder.Message(seen, "a message");
        recorder.Datagram(Stranger(9), s_path, sent: false);
        Assert.Equal(["a message", "a message", "a message", null], recorder.Snapshot().Records.Select(r => r.Text));
    }

    [Fact]
    public void Records_octets_and_single_datagrams_are_bounded()
    {
        var recorder = Recorder();
        for (var i = 0; i < 3_000; i++) recorder.Event(Event(BoxEventKind.Network, $"{i} {new string('x', 2_000)}"));
        Assert.Equal(FlightRecorder.MaxRecords, recorder.Snapshot().Records.Length);
        Assert.All(recorder.Snapshot().Records, r => Assert.True(r.Text!.Length <= 500));
        for (var i = 0; i < 500; i++) recorder.Datagram(Stranger(i, 60_000), s_path, sent: true);
        var log = recorder.Snapshot().Records;
        Assert.True(log.Sum(r => r.Octets?.Length ?? 0) <= FlightRecorder.MaxOctets);
        Assert.All(log.Where(r => r.Octets is not null), r => Assert.Equal((FlightRecorder.MaxDatagramOctets, 60_000), (r.Octets!.Length, r.Length)));
        Assert.True(recorder.Keep().ToJson().Length < 256 * 1_024);
    }

    [Fact]
    public void The_newest_part_survives_a_restart_and_goes_on()
    {
        using var pair = new RecordedPair(Recorder(), 4500, "aes256-sha256-ecp256", "aes256gcm16");
        pair.Recorder.Event(Event(BoxEventKind.ChildDown, "child-1 is gone: the peer is silent"));
        var file = pair.Recorder.Keep().ToJson();
        var again = Recorder(FlightLog.Read(file));
        Assert.Equal(pair.Recorder.Snapshot().Records.Select(r => (r.At, r.Kind, r.Text)), again.Snapshot().Records.Select(r => (r.At, r.Kind, r.Text)));
        Assert.Equal(pair.Recorder.Snapshot().Records[0].Octets, again.Snapshot().Records[0].Octets);
        Assert.False(again.IsDirty);
        again.Event(Event(BoxEventKind.IkeUp, "again"));
        Assert.True(again.IsDirty);
        Assert.Equal("ike.up hub: again", again.Snapshot().Records[^1].Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"records\":null}")]
    [InlineData("{\"records\":[{\"kind\":\"Sent\",\"at\":\"2026-11-22T00:00:00Z\",\"length\":1}]}")]
    [InlineData("[1]")]
    public void A_broken_file_is_no_log(string text) => Assert.Null(FlightLog.Read(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void The_end_of_an_sa_is_urgent_and_lights_are_no_news()
    {
        var recorder = Recorder();
        recorder.Event(Event(BoxEventKind.Light, "vpn steady"));
        recorder.Event(Event(BoxEventKind.IkeMessage, "--> IKE_AUTH"));
        Assert.False(recorder.IsDirty);
        recorder.Event(Event(BoxEventKind.IkeUp, "up"));
        Assert.Equal((true, false), (recorder.IsDirty, recorder.IsUrgent));
        recorder.Event(Event(BoxEventKind.IkeDown, "gone"));
        Assert.True(recorder.IsUrgent);
        recorder.Keep();
        Assert.Equal((false, false), (recorder.IsDirty, recorder.IsUrgent));
        recorder.Forget();
        Assert.Empty(recorder.Snapshot().Records);
    }

    [Fact]
    public void Esp_keys_are_lent_only_of_child_sas_made_while_the_loan_lasts()
    {
        using var pair = new RecordedPair(Recorder(), 500, "aes256-sha256-ecp256", "aes256gcm16");
        var before = pair.Lend();
        Assert.Single(before.Ike);
        Assert.Empty(before.Esp);
        pair.Rekey();
        Assert.Equal(2, pair.Lend().Esp.Length); // both directions of the one made since
        Assert.True(pair.Loan.Expire(new Instant(TimeSpan.FromHours(2).Ticks)));
        Assert.Empty(pair.Loan.Lend([], TimeSpan.Zero, new Instant(TimeSpan.FromHours(2).Ticks)).Esp);
    }
}
