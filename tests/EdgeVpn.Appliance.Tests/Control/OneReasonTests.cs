using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Board;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;
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
        { "a cookie after each cookie", CloseCause.PeerBusy, 26 },
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

    /// <summary>Who sets a box up from nothing looks at cable and address before anything is configured.</summary>
    [Fact]
    public void Without_a_connection_the_way_to_the_internet_is_told_all_the_same()
    {
        var pulled = Moment.ByDigits[11]() with { Connections = [] };
        var why = WhyOf.WayOut(pulled);
        Assert.Equal((WhyStepName.Cable, WhyResult.Failed), (why.Steps[0].Name, why.Steps[0].Result));
        Assert.Equal(11, why.Reason!.Digits);
        Assert.NotEmpty(why.Check);
        Assert.Equal(Enum.GetValues<WhyStepName>(), why.Steps.Select(static step => step.Name));
        Assert.All(why.Steps.Skip(1), static step => Assert.Equal(WhyResult.Skipped, step.Result));

        var plugged = Moment.Of(ConnectionState.Up, null) with { Connections = [] };
        Assert.Equal([WhyResult.Ok, WhyResult.Ok, WhyResult.Ok], WhyOf.WayOut(plugged).Steps.Take(3).Select(static step => step.Result));

        // A cable that nobody named the WAN's is not judged: the technician's own is in.
        var unknown = WhyOf.WayOut(plugged with { Interfaces = [], HasGateway = false });
        Assert.Equal((WhyResult.Unknown, "no port is the WAN yet"), (unknown.Steps[0].Result, unknown.Steps[0].Detail));
    }

    /// <summary>What is not the engine's word but the box's own evidence: ports, probes, counters, the operator's documents, the box itself.</summary>
    public static TheoryData<int> Evidence => [.. Moment.ByDigits.Keys.Order()];

    [Theory]
    [MemberData(nameof(Evidence))]
    public void Evidence_has_one_code_everywhere(int digits)
    {
        var (facts, reason) = (Moment.ByDigits[digits](), ReasonCatalog.ByDigits(digits)!);
        if (facts.Reasons.Of(facts.Connections[0]) is not null)
        {
            Same(facts, reason);
            return;
        }

        // Nothing is wrong with the tunnel: it is the box that has the reason.
        var answer = WhyOf.Answer(facts, facts.Connections, isAll: true);
        Assert.Equal((reason.Digits, reason.Name), (answer.Box!.Reason.Digits, answer.Box.Reason.Code));
        Assert.Equal(reason.Check, answer.Box.Check);
        Assert.True(answer.Reports[0].Healthy);
        Assert.Null(WhyOf.Answer(facts, facts.Connections, isAll: false).Box);
        Assert.Equal(ReportedHealthOf(reason), StatusOf.Report(facts, Instant.Zero, s_wall).Health);
        Lights(facts, reason);
        if (reason.Light == ReasonLight.Cloud) Assert.StartsWith(reason.Name, StatusOf.Cloud(facts).Detail, StringComparison.Ordinal);
    }

    private static ReportedHealth ReportedHealthOf(Reason reason) =>
        reason.Light == ReasonLight.Power && reason.Severity != ReasonSeverity.Notice ? ReportedHealth.Down : ReportedHealth.Degraded;

    /// <summary>A number on the technician's card that nothing can ever show is a promise broken.</summary>
    [Fact]
    public void Every_reason_of_the_catalogue_is_reached()
    {
        // Said by a daemon that cannot begin (FatalStart), which has no facts.
        int[] fatal = [ReasonCode.NoTunDevice.Digits, ReasonCode.PortTaken.Digits, ReasonCode.NotPermitted.Digits];
        var reached = Scenarios.Select(static row => row.Data.Item3).Concat(Moment.ByDigits.Keys).Concat(Noted.Select(static row => row.Data.Digits)).Concat(fatal)
            .Concat([ReasonCode.IkeChurn.Digits, ReasonCode.ChildChurn.Digits, ReasonCode.RekeyRefused.Digits]);
        Assert.Equal(ReasonCatalog.All.Select(static reason => reason.Digits), reached.Distinct().Order());
    }

    /// <summary>What <see cref="ConnectionManager"/> notes by itself, before the engine has said anything.</summary>
    public static TheoryData<Reason> Noted => [ReasonCode.NameNotResolved, ReasonCode.PeerUnreachable, ReasonCode.CertificateRefused];

    [Theory]
    [MemberData(nameof(Noted))]
    public void What_stops_an_attempt_before_it_began_has_one_code_everywhere(Reason reason) =>
        Same(Facts(reason.Severity == ReasonSeverity.Refusal ? ConnectionState.Refused : ConnectionState.Waiting, reason), reason);

    /// <summary>A step of the tree for whatever concerns a peer; none for cloud and box, which are no step on the way.</summary>
    [Fact]
    public void Every_reason_between_cable_and_probe_has_its_step()
    {
        int[] beside = [ReasonCode.AddressConflict.Digits, ReasonCode.ReplayedPackets.Digits];
        Assert.All(
            ReasonCatalog.All.Where(reason => !beside.Contains(reason.Digits)),
            static reason => Assert.Equal(reason.Digits < 50 || reason == ReasonCode.Overloaded, ReasonSteps.Of(reason) is not null));
    }

    /// <summary>The console reads the tree out of the very octets that a box answers an order with.</summary>
    [Fact]
    public void The_console_shows_what_a_box_answers()
    {
        var facts = Facts(ConnectionState.Refused, ReasonCode.WrongSecret) with { BoxFault = ReasonCode.WatchdogRestart };
        var answer = ControlAnswer.Of(WhyOf.Answer(facts, facts.Connections, isAll: true)).Result!.Value.GetRawText();
        var page = EdgeVpn.Fleet.Web.Pages.WhyAnswer.Of(answer)!.ToString();
        Assert.Contains("<li class=\"failed\"><b>authentication</b>", page, StringComparison.Ordinal);
        Assert.Contains("<b>33 wrong-secret</b>", page, StringComparison.Ordinal);
        Assert.Contains("<b>68 watchdog-restart</b>", page, StringComparison.Ordinal);
    }

    /// <summary>Who refuses us is there: the line is good, and the wan light says so.</summary>
    [Fact]
    public void A_refusal_is_an_answer()
    {
        Assert.Equal(WanState.Answers, PanelOf.Health(Facts(ConnectionState.Refused, ReasonCode.WrongSecret), PanelModes.None).Wan);
        Assert.Equal(WanState.NothingAnswers, PanelOf.Health(Facts(ConnectionState.Waiting, ReasonCode.PeerSilent), PanelModes.None).Wan);
    }

    /// <summary>A pulled cable is the reason of every tunnel at once, also of one that DPD still counts as up.</summary>
    [Theory]
    [InlineData(ConnectionState.Up)]
    [InlineData(ConnectionState.Waiting)]
    public void What_is_beneath_a_tunnel_explains_it(ConnectionState state)
    {
        var facts = Moment.Of(state, ReasonCode.PeerGone) with { Interfaces = [Moment.Wan with { Carrier = false, Addresses = [] }] };
        Same(facts, ReasonCode.NoCarrier);
    }

    /// <summary>Worn by a notice, a box still says what keeps its tunnels down.</summary>
    [Fact]
    public void A_notice_of_the_box_hides_nothing()
    {
        var facts = Facts(ConnectionState.Refused, ReasonCode.WrongSecret) with { BoxFault = ReasonCode.WatchdogRestart };
        Same(facts, ReasonCode.WrongSecret);
        Assert.Equal(ReasonCode.WatchdogRestart.Digits, WhyOf.Answer(facts, facts.Connections, isAll: true).Box!.Reason.Digits);
    }

    [Theory]
    [InlineData("10.64.0.5/24", "10.0.0.0/8", false)] // all private networks through the tunnel, behind a modem that has one of them
    [InlineData("10.20.7.5/16", "10.20.7.0/24", true)]
    [InlineData("192.0.2.5/24", "0.0.0.0/0", false)]
    [InlineData("10.20.7.5/24", "10.20.7.9/32", false)] // a host in it is reached by its own route
    public void Networks_at_two_places_are_a_conflict_where_something_cannot_be_reached(string wan, string remote, bool isConflict)
    {
        var facts = Moment.Of(ConnectionState.Up, null, networks: [System.Net.IPNetwork.Parse(remote)]) with { Interfaces = [Moment.Wan with { Addresses = [wan] }] };
        Assert.Equal(isConflict ? ReasonCode.AddressConflict : null, facts.Worst()?.Reason);
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
        var status = StatusOf.Connections(facts, Instant.Zero, s_wall)[0].Reason!;
        var reported = StatusOf.Report(facts, Instant.Zero, s_wall).Connections[0].Reason!;
        var isNotice = reason.Severity == ReasonSeverity.Notice;
        Assert.Equal((reason.Digits, reason.Name), (status.Digits, status.Code));
        Assert.Equal((reason.Digits, reason.Name, isNotice), (why.Reason!.Digits, why.Reason.Code, why.Healthy));
        Assert.Equal((status.Detail, status.Detail), (why.Reason.Detail, reported.Detail));
        Assert.Equal((reason.Digits, reason.Name), (reported.Code, reported.Name));
        Assert.Equal(reason.Azure, why.Azure);
        Lights(facts, reason);
        if (ReasonSteps.Of(reason) is not { } step) return;
        Assert.Equal([step], why.Steps.Where(static s => s.Result == WhyResult.Failed).Select(static s => s.Name));
        Assert.All(why.Steps.SkipWhile(s => s.Name != step).Skip(1), static s => Assert.Equal(WhyResult.Skipped, s.Result));
    }

    private static void Lights(BoxFacts facts, Reason reason)
    {
        var isNotice = reason.Severity == ReasonSeverity.Notice;
        Assert.Equal(reason.Digits, PanelOf.Health(facts, PanelModes.None).FaultCode);
        Assert.Equal((isNotice ? "steady" : "fast blink", reason.Digits), (StatusOf.Lights(facts).Power, StatusOf.Lights(facts).Code));
    }

    private static BoxFacts Facts(ConnectionState state, Reason reason, (Reason, string?)? churn = null)
    {
        var facts = Moment.Of(state, reason);
        return facts with { Connections = [facts.Connections[0] with { Churn = churn }] };
    }
}
