using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Board;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using Xunit;
using ConnectionState = EdgeVpn.Appliance.Control.ConnectionState;

namespace EdgeVpn.Appliance.Tests.Control;

public sealed class PanelOfTests
{
    private static readonly InterfaceStatus s_port = new() { Name = "eth0", State = "up", Carrier = true, Addresses = ["192.0.2.5/24"] };

    private static PanelHealth Health(BoxFacts facts) => PanelOf.Health(facts, PanelModes.None);

    /// <summary>A box out of its carton: nobody configured a port, and no default route is there.</summary>
    private static BoxFacts Fresh(InterfaceStatus? port) => Moment.Of(ConnectionState.Off, null) with
    {
        Configuration = new BoxConfig(),
        Connections = [],
        Interfaces = port is null ? [] : [port],
        HasGateway = false,
        WanOfTheBoard = port,
    };

    [Fact]
    public void A_box_out_of_its_carton_says_of_its_boards_WAN_port_what_it_would_of_a_configured_one()
    {
        Assert.Equal(WanState.NoCarrier, Health(Fresh(s_port with { Carrier = false, Addresses = [] })).Wan);
        Assert.Equal(WanState.WaitingForAddress, Health(Fresh(s_port with { Addresses = [] })).Wan);
        Assert.Equal(WanState.NothingAnswers, Health(Fresh(s_port)).Wan);
        Assert.Equal((PowerState.Fault, ReasonCode.NoCarrier.Digits), (Health(Fresh(s_port with { Carrier = false })).Power, Health(Fresh(s_port with { Carrier = false })).FaultCode));
        Assert.Equal(PowerState.Running, Health(Fresh(s_port)).Power);
    }

    [Fact]
    public void Where_nobody_says_which_port_leads_out_no_light_says_that_it_does_not() =>
        Assert.Equal((WanState.NothingAnswers, PowerState.Running), (Health(Fresh(null)).Wan, Health(Fresh(null)).Power));

    [Fact]
    public void A_port_of_the_board_says_nothing_where_the_configuration_names_one() =>
        Assert.Equal(WanState.Answers, Health(Moment.Of(ConnectionState.Up, null) with { WanOfTheBoard = s_port with { Carrier = false } }).Wan);

    [Theory]
    [InlineData("fe80::5054:ff:fe12:3456/64")]
    [InlineData("169.254.7.7/16")]
    public void An_address_that_a_port_gives_itself_is_none(string own) =>
        Assert.Equal(WanState.WaitingForAddress, Health(Moment.Of(ConnectionState.Waiting, null) with { Interfaces = [Moment.Wan with { Addresses = [own] }] }).Wan);

    [Fact]
    public void Of_two_WANs_one_without_a_cable_lends_the_other_no_address()
    {
        var facts = Moment.Of(ConnectionState.Waiting, null) with
        {
            Interfaces = [Moment.Wan with { Carrier = false }, new InterfaceStatus { Name = "wan1", Role = "wan", State = "up", Carrier = true }],
        };
        Assert.Equal((WanState.WaitingForAddress, ReasonCode.NoAddress.Digits), (Health(facts).Wan, Health(facts).FaultCode));
    }

    [Fact]
    public void Power_says_starting_and_updating_before_it_says_what_is_wrong()
    {
        var wrong = Moment.Of(ConnectionState.Refused, ReasonCode.WrongSecret);
        Assert.Equal((PowerState.Fault, VpnState.Refused), (Health(wrong).Power, Health(wrong).Vpn));
        Assert.Equal(PowerState.Starting, Health(wrong with { IsStarting = true }).Power);
        Assert.Equal(PowerState.Updating, Health(wrong with { IsUpdating = true }).Power);
    }
}
