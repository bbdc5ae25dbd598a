using System.Security.Cryptography;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Local.SetupPage;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Tests.Cloud;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

/// <summary>A claim card typed at the set-up page.</summary>
public sealed class FleetEntryTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgevpn-entry-");
    private readonly ManualTime _time = new();
    private readonly List<string> _told = [];
    private readonly List<BrokerAddress> _asked = [];
    private readonly TaskCompletionSource<Enrolment> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StateDirectory _state;

    public FleetEntryTests() => _state = StateDirectory.Open(_folder.FullName);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_card_the_operators_answer_and_the_box_is_a_member_without_a_restart()
    {
        await using var lab = await EnrolmentLab.StartAsync();
        var (code, card) = await lab.FleetAsync("enrol", "branch-042", "--card", "--json", "--folder", lab.Fleet);
        Assert.True(code == 0, card);
        var claim = System.Text.Json.JsonDocument.Parse(card.Split('\n')[0]).RootElement.GetProperty("claim").GetString()!;
        await using var entry = Make(static (c, keys, say, stop) => new EnrolmentClient(c, keys, say).RunAsync(stop), TimeProvider.System);
        Assert.Equal((null, true, null), (entry.Look().Member, entry.Look().MayJoin, entry.Look().Fingerprint));

        var begun = entry.Begin(new ClaimOffer(claim.Insert(40, "\r\n")));
        Assert.True(begun.Accepted, begun.Text);
        var (admitted, said) = await lab.FleetAsync("enrol", "branch-042", "--yes", "--timeout", "00:01:00", "--folder", lab.Fleet);
        Assert.True(admitted == 0, said);
        await BrokerLab.UntilAsync(() => !entry.Look().Asking, "the answer");
        Assert.Equal(("lyon/branch-042", false), (entry.Look().Member, entry.Look().MayJoin));
        Assert.Contains("enrolled as lyon/branch-042", entry.Look().Said[^1], StringComparison.Ordinal);
        Assert.Contains(entry.Look().Fingerprint!, said, StringComparison.Ordinal); // what both people compare
        Assert.DoesNotContain(_told, line => line.Contains(claim[(claim.IndexOf("&t=", StringComparison.Ordinal) + 3)..][..10], StringComparison.Ordinal));

        // A member follows no other fleet's card, and its own only while it is released.
        Assert.Contains("belongs to the fleet lyon", entry.Begin(new ClaimOffer(Card().ToText())).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "mqtts://broker.example:8884")]
    [InlineData("", "mqtts://broker.example:8884")]
    [InlineData("192.0.2.7", "mqtts://192.0.2.7:8884")]
    [InlineData(" 192.0.2.7:8883 ", "mqtts://192.0.2.7:8883")]
    [InlineData("[2001:db8::7]", "mqtts://[2001:db8::7]:8884")]
    public async Task The_broker_is_the_cards_unless_another_is_typed(string? typed, string asked)
    {
        await using (var entry = Make())
        {
            Assert.True(entry.Begin(new ClaimOffer(Card().ToText(), typed)) is { Accepted: true });
            await BrokerLab.UntilAsync(() => _asked.Count == 1, "it asks");
        }

        Assert.Equal(asked, Assert.Single(_asked).ToString());
    }

    [Theory]
    [InlineData("", null, "no claim card")]
    [InlineData("https://example.com/", null, "no claim card")]
    [InlineData("card", "not a host", "is no broker")]
    [InlineData("card", "host/path", "is no broker")]
    [InlineData("over", null, "was good until")]
    public async Task What_is_no_card_is_refused_in_words_and_nobody_is_asked(string claim, string? broker, string words)
    {
        await using var entry = Make();
        var text = claim switch { "card" => Card().ToText(), "over" => (Card() with { NotAfter = _time.GetUtcNow() - TimeSpan.FromMinutes(1) }).ToText(), _ => claim };
        var answer = entry.Begin(new ClaimOffer(text, broker));
        Assert.False(answer.Accepted);
        Assert.Contains(words, answer.Text, StringComparison.Ordinal);
        Assert.Equal((false, 0, true), (entry.Look().Asking, _asked.Count, _state.Keys is null)); // a box that asks nobody needs no keys
    }

    [Fact]
    public async Task What_goes_wrong_is_told_and_another_card_takes_the_place_of_the_first()
    {
        await using var entry = Make();
        entry.Begin(new ClaimOffer(Card().ToText()));
        entry.Begin(new ClaimOffer(Card().ToText()));
        await BrokerLab.UntilAsync(() => _asked.Count == 2, "the second is asked for");
        Assert.True(entry.Look().Asking);
        _answer.SetException(new InvalidOperationException("no such broker"));
        await BrokerLab.UntilAsync(() => !entry.Look().Asking, "the end");
        Assert.Equal("It went wrong: no such broker", Assert.Single(entry.Look().Said));
    }

    private static ClaimCard Card() => new(
        new BrokerAddress("broker.example", 8884, Tls: true), new TwinIdentity("paris", "branch-042"), P256Key.Of(ECDsa.Create(ECCurve.NamedCurves.nistP256)).Thumbprint,
        new byte[ClaimCard.TokenOctets], DateTimeOffset.UnixEpoch.AddYears(70));

    private FleetEntry Make(Func<ClaimCard, IBoxKeys, Action<string>, CancellationToken, Task<Enrolment>>? ask = null, TimeProvider? time = null) => new(
        () => _state, enrolment => Task.FromResult(_state.Enter(enrolment)),
        ask ?? ((card, _, _, stop) =>
        {
            lock (_asked) _asked.Add(card.Broker);
            return _answer.Task.WaitAsync(stop);
        }),
        time ?? _time, _told.Add);
}
