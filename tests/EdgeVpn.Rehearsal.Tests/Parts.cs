using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Rehearsal.Azure;
using EdgeVpn.Rehearsal.Proposals;
using EdgeVpn.Rehearsal.Run;

namespace EdgeVpn.Rehearsal.Tests;

/// <summary>A box and a gateway for tests, from keywords.</summary>
internal static class Parts
{
    public static readonly IpAddress BoxAddress = IpAddress.Parse("192.0.2.2");

    public static readonly BoxHabits Habits = new(ReasonOf, static (failures, _) => TimeSpan.FromSeconds(1 << Math.Clamp(failures, 0, 5)), AlgorithmCatalog.Default);

    public static ConnectionConfig Config(string[]? ike = null, string[]? esp = null) => new()
    {
        Name = "hub",
        Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(System.Net.IPAddress.Parse("203.0.113.2")) }] },
        Authentication = new PskAuthentication { Secret = "hub" },
        Ike = new IkeConfig { Proposals = [.. ike ?? []] },
        Esp = new EspConfig { Proposals = [.. esp ?? []] },
    };

    public static BoxPart Box(ConnectionConfig config, int endpoints = 1, Func<IkeConnection, IkeConnection>? change = null)
    {
        var specs = ConnectionSpecs.Of(config, AlgorithmCatalog.Default);
        var proposals = ConnectionProposals.Of(config, AlgorithmCatalog.Default);
        return new BoxPart("hub", BoxAddress, [.. Enumerable.Range(2, endpoints).Select(n => Endpoint(IpAddress.Parse($"203.0.113.{n}")))], specs);

        BoxEndpoint Endpoint(IpAddress remote)
        {
            var connection = new IkeConnection
            {
                Name = "hub",
                LocalIdentity = Identification.Address(BoxAddress),
                RemoteAddresses = [.. Enumerable.Range(2, endpoints).Select(n => IpAddress.Parse($"203.0.113.{n}"))],
                Credential = new AuthenticationCredential.PreSharedKey(new Secret("rehearsal only"u8)),
                IkeProposals = proposals.IkeOffer,
                AcceptedIkeProposals = proposals.IkeAccept,
                EspProposals = proposals.EspOffer,
                AcceptedEspProposals = proposals.EspAccept,
                LocalSelectors = [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6],
                RemoteSelectors = [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6],
                IkeLifetime = config.Ike.Lifetime,
                ChildLifetime = config.Esp.Lifetime,
                DpdTimeout = config.Dpd.Timeout,
            };
            return new BoxEndpoint(change?.Invoke(connection) ?? connection, remote);
        }
    }

    public static GatewayPart Gateway(AzurePolicy? policy = null, bool behindNat = false) =>
        new(new AzureGateway { Policy = policy }, Assumed: false, behindNat);

    public static ConnectionRehearsal Play(ConnectionConfig config, AzurePolicy? policy = null, bool behindNat = false) =>
        Rehearser.Play(Box(config), Gateway(policy, behindNat), Habits);

    /// <summary>As the shell words it; its own mapping is tested with it.</summary>
    private static Reason? ReasonOf(CloseCause cause) => cause switch
    {
        CloseCause.NoIkeProposalChosen => ReasonCode.NoProposalIke,
        CloseCause.NoEspProposalChosen => ReasonCode.NoProposalEsp,
        CloseCause.PeerGone => ReasonCode.PeerGone,
        CloseCause.PeerSilent => ReasonCode.PeerSilent,
        CloseCause.PeerDeleted => ReasonCode.PeerDeleted,
        CloseCause.LifetimeExpired => ReasonCode.LifetimeExpired,
        CloseCause.SecretMismatch or CloseCause.AuthenticationRefusedByPeer => ReasonCode.WrongSecret,
        CloseCause.LocalRequest or CloseCause.Rekeyed or CloseCause.Redundant or CloseCause.Superseded => null,
        _ => ReasonCode.ProtocolError,
    };
}
