using System.Text;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Configuration;

/// <summary>Fields that an import fills and the meter reads.</summary>
public class ImportedFieldsTests
{
    private const string Nat = """[{ "by": "peer", "side": "remote", "internal": "10.30.0.0/24", "external": "10.20.0.0/24" }]""";

    [Fact]
    public void They_read_back_as_they_were_written()
    {
        var written = Documents.With("connections[0].remote.endpoints[0].bgpPeer", "\"169.254.21.1\"", Documents.With("connections[0].trafficClass", "\"sameRegion\"", Documents.With("connections[0].nat", Nat)));
        var config = ConfigurationReader.Read(written).Configuration!;
        var again = ConfigurationReader.Read(ConfigurationWriter.WriteForStorage(config), DocumentBounds.File).Configuration!;
        Assert.Equal(Encoding.UTF8.GetString(ConfigurationWriter.WriteForStorage(config)), Encoding.UTF8.GetString(ConfigurationWriter.WriteForStorage(again)));
        var hub = again.Connections[0];
        Assert.Equal((TrafficClass.SameRegion, NatTranslator.Peer, "169.254.21.1"), (hub.TrafficClass, hub.Nat[0].By, hub.Remote.Endpoints[0].BgpPeer!.ToString()));
    }

    [Fact]
    public void Wrong_words_are_named_with_what_was_meant()
    {
        var problem = Assert.Single(ConfigurationReader.Read(Documents.With("connections[0].trafficClass", "\"internetegres\"")).Errors);
        Assert.Equal(("$.connections[0].trafficClass", "did you mean \"internetEgress\"?"), (problem.Path.Text, problem.Mend));
        Assert.Equal("$.connections[0].nat[0].by", Assert.Single(ConfigurationReader.Read(Documents.With("connections[0].nat", Nat.Replace("peer", "cloud", StringComparison.Ordinal))).Errors).Path.Text);
    }

    [Fact]
    public void A_rule_that_the_peer_acts_on_is_no_promise_of_this_box()
    {
        Assert.DoesNotContain(ConfigurationReader.Read(Documents.With("connections[0].nat", Nat)).Problems, p => p.Kind == ProblemKind.NotActedOn);
        Assert.Contains(ConfigurationReader.Read(Documents.With("connections[0].nat", Nat.Replace("\"by\": \"peer\", ", "", StringComparison.Ordinal))).Problems, p => p.Kind == ProblemKind.NotActedOn);
    }

    [Fact]
    public void Another_class_of_traffic_needs_no_new_SAs()
    {
        var before = ConfigurationReader.Read(Documents.Example).Configuration!;
        var change = ConfigurationDiff.Between(before, ConfigurationReader.Read(Documents.With("connections[0].trafficClass", "\"betweenRegions\"")).Configuration!).Connections[0];
        Assert.Equal((ChangeKind.Changed, false), (change.Kind, change.NeedsNewSas));
        Assert.Equal(["trafficClass"], change.Fields);
    }
}
