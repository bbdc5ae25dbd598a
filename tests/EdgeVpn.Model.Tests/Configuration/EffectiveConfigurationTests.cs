using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Configuration;

public class EffectiveConfigurationTests
{
    private static readonly BoxConfig s_shortest = ConfigurationReader.Read(Documents.Shortest).Configuration!;

    [Fact]
    public void What_was_left_out_is_filled_in()
    {
        var hub = EffectiveConfiguration.Of(s_shortest).Connections[0];
        Assert.Equal(DefaultProposals.Ike, hub.Ike.Proposals);
        Assert.Equal(DefaultProposals.EspOffer, hub.Esp.Proposals);
        Assert.Equal("evpn-hub", hub.Tunnel.Interface);
    }

    [Fact]
    public void What_was_written_stays()
    {
        var hub = EffectiveConfiguration.Of(ConfigurationReader.Read(Documents.Example).Configuration!).Connections[0];
        Assert.Equal(["aes256-sha256-modp1024"], hub.Ike.Proposals);
        Assert.Equal("evpn0", hub.Tunnel.Interface);
    }

    [Fact]
    public void Filling_twice_changes_nothing_and_the_result_is_valid()
    {
        var once = EffectiveConfiguration.Of(s_shortest);
        Assert.Equal(ConfigurationWriter.WriteForStorage(once), ConfigurationWriter.WriteForStorage(EffectiveConfiguration.Of(once)));
        Assert.DoesNotContain(ConfigurationReader.Check(once), p => p.Severity == ProblemSeverity.Error);
    }

    [Theory]
    [InlineData("hub", "evpn-hub")]
    [InlineData("ten-chars.", "evpn-ten-chars.")]
    [InlineData("eleven-char", "evpn-eleve-")]
    [InlineData("a-name-of-thirty-two-characters!", "evpn-a-nam-")]
    public void Interface_names_fit_linux_and_depend_on_the_name_alone(string name, string beginning)
    {
        var connection = s_shortest.Connections[0] with { Name = name };
        var made = EffectiveConfiguration.InterfaceOf(connection);
        Assert.StartsWith(beginning, made, StringComparison.Ordinal);
        Assert.True(made.Length <= 15);
        Assert.Equal(made, EffectiveConfiguration.InterfaceOf(connection with { Mode = ConnectionMode.Responder }));
        Assert.NotEqual(made, EffectiveConfiguration.InterfaceOf(connection with { Name = name + "x" }));
    }

    [Fact]
    public void Connections_that_anyone_may_call_share_an_interface()
    {
        var connection = s_shortest.Connections[0];
        var gateway = connection with { Remote = connection.Remote with { Endpoints = [new EndpointConfig { Address = PeerAddress.Any }] } };
        Assert.Equal(EffectiveConfiguration.SharedInterface, EffectiveConfiguration.InterfaceOf(gateway));
    }
}
