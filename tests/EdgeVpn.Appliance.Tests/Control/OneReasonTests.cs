using System.Collections.Immutable;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Board;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using Xunit;
using ConnectionState = EdgeVpn.Appliance.Control.ConnectionState;

namespace EdgeVpn.Appliance.Tests.Control;

/// <summary>Whatever went wrong has one code: in <c>status</c>, <c>why</c>, the lights and the operator's report, from the engine's evidence on.</summary>
public sealed class OneReasonTests
{
    private static readonly DateTimeOffset s_wall = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The failures that the interop scenarios provoke with a real peer, under their names there, and what the engine saw.</summary>
    public static TheoryData<string, CloseCause, int> Scenarios => new()
    {
        { "peer-silent", CloseCause.PeerSilent, 21 },
        { "port-4500-blocked", CloseCause.PeerSilentAfterNat, 22 },
        { "peer-gone-and-back", CloseCause.PeerGone, 23 },
        { "no-common-ike-proposal", CloseCause.NoIkeProposalChosen, 31 },
        { "no-common-esp-proposal", CloseCause.NoEspProposalChosen, 32 },
        { "wrong-psk", CloseCause.AuthenticationRefusedByPeer, 33 },
        { "wrong-psk, we answer", CloseCause.SecretMismatch, 33 },
        { "wrong-identity", CloseCause.IdentityMismatch, 34 },
        { "unique-keep", CloseCause.AlreadyConnected, 34 },
        { "certificate refused", CloseCause.CertificateRefused, 35 },
        { "certificate refused by the peer", CloseCause.CertificateRefusedByPeer, 35 },
        { "selectors-refused", CloseCause.TrafficSelectorsUnacceptable, 36 },
        { "delete", CloseCause.PeerDeleted, 43 },
        { "lifetime over", CloseCause.LifetimeExpired, 46 },
        { "silent after SA_INIT", CloseCause.PeerSilentAfterSaInit, 27 },
        { "a group that neither takes", CloseCause.InvalidKeyExchange, 37 },
        { "child refused", CloseCause.ChildRefused, 38 },
        { "a message against the protocol", CloseCause.ProtocolError, 48 },
        { "an error of the peer's", CloseCause.PeerError, 48 },
        { "nobody to sign", CloseCause.LocalFailure, 69 },
    };

    /// <summary>A cause that gets a reason gets a row here: a new one cannot be forgotten.</summary>
    [Fact]
    public void Every_cause_with_a_reason_is_in_the_table() =>
        Assert.Equal(Enum.GetValues<CloseCause>().Where(static cause => ReasonOf.Cause(cause) is not null).Order(), Scenarios.Select(static row => row.Data.Item2).Distinct().Order());

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_failure_has_one_code_everywhere(string scenario, CloseCause cause, int digits)
    {
        var reason = ReasonOf.Cause(cause)!;
        Assert.True(reason.Digits == digits, scenario);
        Same(Facts(reason.Severity == ReasonSeverity.Refusal ? ConnectionState.Refused : ConnectionState.Waiting, reason), reason);
    }

    [Fact]
    public void A_refused_rekey_is_told_while_the_tunnel_still_carries_traffic()
    {
        var facts = Facts(ConnectionState.Up, ReasonCode.RekeyRefused);
        Same(facts, ReasonCode.RekeyRefused);
        Assert.Equal(VpnState.AllUp, PanelOf.Health(facts, PanelModes.None).Vpn);
        Assert.Equal(new AzureError(13868, "Policy match error"), WhyOf.Connection(facts, facts.Connections[0]).Azure);
    }

    [Fact]
    public void What_went_wrong_before_a_tunnel_came_up_is_over()
    {
        var facts = Facts(ConnectionState.Up, ReasonCode.WrongSecret);
        Assert.Null(StatusOf.Connections(facts, Instant.Zero, s_wall)[0].Reason);
        Assert.True(WhyOf.Connection(facts, facts.Connections[0]).Healthy);
        Assert.Null(PanelOf.Health(facts, PanelModes.None).FaultCode);
        Assert.Equal(("steady", "steady", "off"), (StatusOf.Lights(facts).Power, StatusOf.Lights(facts).Vpn, StatusOf.Lights(facts).Cloud));
    }

    /// <summary>Up at this moment or not: a tunnel that is made again and again has that as its reason, save that a refusal says more.</summary>
    [Theory]
    [InlineData(ConnectionState.Up, "ike-churn")]
    [InlineData(ConnectionState.Waiting, "ike-churn")]
    [InlineData(ConnectionState.Up, "child-churn")]
    public void A_tunnel_that_is_made_again_and_again_has_one_code_everywhere(ConnectionState state, string name)
    {
        var churn = ReasonCatalog.ByName(name)!;
        var facts = Facts(state, ReasonCode.PeerGone, (churn, "as counted"));
        Same(facts, churn);
        Same(Facts(ConnectionState.Refused, ReasonCode.WrongSecret, (churn, "as counted")), ReasonCode.WrongSecret);
    }

    /// <summary>No cause of the engine is without a place in the catalogue, save those that are no fault.</summary>
    [Fact]
    public void Every_cause_is_a_reason_or_no_fault()
    {
        var silent = Enum.GetValues<CloseCause>().Where(cause => ReasonOf.Cause(cause) is null).ToHashSet();
        Assert.Equal(
            [CloseCause.LocalRequest, CloseCause.Rekeyed, CloseCause.Reauthenticated, CloseCause.Redundant, CloseCause.Superseded, CloseCause.HalfOpenTimeout, CloseCause.ConnectionRemoved],
            silent);
    }

    private static void Same(BoxFacts facts, Reason reason)
    {
        var why = WhyOf.Connection(facts, facts.Connections[0]);
        var reported = StatusOf.Report(facts, Instant.Zero, s_wall).Connections[0].Reason!;
        Assert.Equal((reason.Digits, reason.Name), (StatusOf.Connections(facts, Instant.Zero, s_wall)[0].Reason!.Digits, StatusOf.Connections(facts, Instant.Zero, s_wall)[0].Reason!.Code));
        Assert.Equal((reason.Digits, reason.Name, false), (why.Reason!.Digits, why.Reason.Code, why.Healthy));
        Assert.Equal(reason.Digits, PanelOf.Health(facts, PanelModes.None).FaultCode);
        Assert.Equal((reason.Digits, reason.Name), (reported.Code, reported.Name));
        Assert.Equal(reason.Azure, why.Azure);
        Assert.Equal(("fast blink", reason.Digits), (StatusOf.Lights(facts).Power, StatusOf.Lights(facts).Code));
    }

    private static BoxFacts Facts(ConnectionState state, Reason reason, (Reason, string?)? churn = null)
    {
        var config = new ConnectionConfig
        {
            Name = "hub",
            Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(System.Net.IPAddress.Parse("203.0.113.2")) }] },
            Authentication = new PskAuthentication { Secret = "hub" },
        };
        var plan = ConnectionPlan.Of(new BoxConfig { Connections = [config] }).Single();
        var view = new ConnectionView(plan, state, Instant.Zero, reason, "as seen", 1_400, 1, Instant.Never, [], ImmutableDictionary<IkeSaId, Instant>.Empty) { Churn = churn };
        return new BoxFacts(
            new BoxConfig { Connections = [config] }, new ConfigurationInForce(), [], HasGateway: true, [view], static _ => [],
            new DataPlaneStatus([], [], [], ImmutableDictionary<string, long>.Empty), Cloud: null, BoxFault: null);
    }
}
