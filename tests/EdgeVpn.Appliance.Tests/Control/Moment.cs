using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Twin;
using CloudStatus = EdgeVpn.Appliance.Cloud.CloudStatus;
using ConnectionState = EdgeVpn.Appliance.Control.ConnectionState;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Control;

/// <summary>A box with one connection at one moment.</summary>
internal static class Moment
{
    private static readonly BrokerAddress s_broker = new("broker.example", 8883, Tls: true);
    private static readonly ChildSaId s_child = new(1);

    public static InterfaceStatus Wan { get; } = new() { Name = "wan0", Role = "wan", State = "up", Carrier = true, Addresses = ["192.0.2.5/24"], GatewayAnswers = true };

    private static InterfaceStatus Lan { get; } = new() { Name = "lan0", Role = "lan", State = "up", Carrier = true, Addresses = ["10.10.0.1/24"] };

    /// <summary>What the box can see of each fault, by the digits that it must then show.</summary>
    public static IReadOnlyDictionary<int, Func<BoxFacts>> ByDigits { get; } = new Dictionary<int, Func<BoxFacts>>
    {
        [11] = () => Of(ConnectionState.Waiting, ReasonCode.PeerGone) with { Interfaces = [Wan with { Carrier = false, Addresses = [] }, Lan] },
        [12] = () => Of(ConnectionState.Waiting, ReasonCode.PeerUnreachable) with { Interfaces = [Wan with { Addresses = [] }, Lan] },
        [13] = () => Of(ConnectionState.Waiting, ReasonCode.PeerSilent) with { Interfaces = [Wan with { GatewayAnswers = false }, Lan] },
        [15] = () => Of(ConnectionState.Waiting, ReasonCode.PeerSilent) with { Cloud = Offline(ReasonCode.BrokerUnreachable) },
        [16] = () => Of(ConnectionState.Waiting, ReasonCode.PeerUnreachable) with { Interfaces = [new InterfaceStatus { Name = "usb0", Role = "wan", State = InterfaceStatus.Missing }, Lan] },
        [17] = () => Of(ConnectionState.Up, null) with { Interfaces = [Wan with { Addresses = ["10.10.0.77/24"] }, Lan] },
        [18] = () => Of(ConnectionState.Waiting, ReasonCode.PeerUnreachable) with { Interfaces = [Wan with { Name = "dsl0", State = "down", Addresses = [], GatewayAnswers = null, Refused = true }, Lan] },
        [24] = () => Silent(received: 0, path: Bare),
        [41] = () => Silent(received: 0, path: InUdp),
        [42] = () => View(Of(ConnectionState.Up, null), static v => v with { FullMtu = 1_438, Mtu = 1_300, PathMtu = new PathMtuResult(PathMtuKind.BlackHole, 1_300) }),
        [47] = () => Silent(received: 12, path: InUdp),
        [49] = () => Carrying(Of(ConnectionState.Up, null), InUdp, received: 50_000, (nameof(EspRefusal.Replayed), 900), (nameof(EspRefusal.TooOld), 200)),
        [51] = () => Of(ConnectionState.Up, null) with { Cloud = Offline(ReasonCode.BrokerUnreachable) },
        [52] = () => Of(ConnectionState.Up, null) with { Cloud = Objecting(ReasonCode.DocumentRefused, DocumentState.Refused) },
        [53] = () => Of(ConnectionState.Up, null) with { Cloud = Objecting(ReasonCode.Reverted, DocumentState.Reverted) },
        [54] = () => Of(ConnectionState.Up, null) with { Cloud = Offline(ReasonCode.BrokerRefused) },
        [55] = () => Of(ConnectionState.Up, null) with { Cloud = Objecting(ReasonCode.SignatureRefused, DocumentState.Confirmed) },
        [61] = () => Of(ConnectionState.Up, null) with { BoxFault = ReasonCode.ClockWrong },
        [62] = () => Of(ConnectionState.Up, null) with { BoxFault = ReasonCode.DiskFull },
        [63] = () => Of(ConnectionState.Up, null) with { BoxFault = ReasonCode.SelfTestFailed },
        [64] = () => Of(ConnectionState.Up, null) with { BoxFault = ReasonCode.NoConfiguration },
        [68] = () => Of(ConnectionState.Up, null) with { BoxFault = ReasonCode.WatchdogRestart },
    };

    private static Path Bare => new(IpEndpoint.Parse("192.0.2.5:500"), IpEndpoint.Parse("203.0.113.2:500"));

    private static Path InUdp => new(IpEndpoint.Parse("192.0.2.5:4500"), IpEndpoint.Parse("203.0.113.2:4500"));

    public static BoxFacts Of(ConnectionState state, Reason? reason, params ImmutableArray<IPNetwork> networks)
    {
        var config = new ConnectionConfig
        {
            Name = "hub",
            Local = new LocalConfig { Networks = [IPNetwork.Parse("10.10.0.0/24")] },
            Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse("203.0.113.2")) }], Networks = networks },
            Authentication = new PskAuthentication { Secret = "hub" },
        };
        var plan = ConnectionPlan.Of(new BoxConfig { Connections = [config] }).Single();
        var view = new ConnectionView(plan, state, Instant.Zero, reason, "as seen", 1_400, 1, Instant.Never, [], ImmutableDictionary<IkeSaId, Instant>.Empty);
        return new BoxFacts(
            new BoxConfig { Connections = [config] }, new ConfigurationInForce(), [Wan, Lan], HasGateway: true, [view], static _ => [],
            new(new DataPlaneStatus([], [], [], ImmutableDictionary<string, long>.Empty)), Cloud: null, BoxFault: null);
    }

    private static BoxFacts View(BoxFacts facts, Func<ConnectionView, ConnectionView> change) => facts with { Connections = [change(facts.Connections[0])] };

    private static BoxFacts Silent(ulong received, Path path)
    {
        var probe = new ProbeState(new ProbeConfig { Address = IPAddress.Parse("10.20.0.10") }, Sent: 9, Answered: 0, SilentInARow: 9, RoundTrip: null);
        return Carrying(Of(ConnectionState.Up, null), path, received) with { Probes = _ => [probe] };
    }

    private static BoxFacts Carrying(BoxFacts facts, Path path, ulong received, params (string Refusal, ulong Count)[] refused)
    {
        var child = new ChildSaStatus(s_child, "Live", IsUsed: true, 1, 2, new EspSuite(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None), KeyExchangeMethod.None, [], []);
        var sa = new IkeSaStatus(new IkeSaId(1), "hub", "Established", WeInitiated: true, 1, 2, path, NatSituation.None, null, null, [child]);
        var traffic = new ChildTraffic(s_child, "ours", received, received * 100, 9, 900, refused.ToImmutableDictionary(static r => r.Refusal, static r => r.Count));
        return View(facts, v => v with { IkeSas = [sa] }) with { Traffic = facts.Traffic with { Children = [traffic] } };
    }

    private static CloudStatus Offline(Reason reason) => new(s_broker, Connected: false, TwinReasons.Of(reason, "as seen"), null, DocumentState.None, null, false, 0);

    private static CloudStatus Objecting(Reason reason, DocumentState state) =>
        new(s_broker, Connected: true, null, null, state, null, false, 0) { Document = TwinReasons.Of(reason, "as seen") };
}
