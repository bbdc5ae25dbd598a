using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Configuration;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Rehearsal.Proposals;
using ConnectionMode = EdgeVpn.Ipsec.Ike.ConnectionMode;

namespace EdgeVpn.Appliance.Control;

/// <summary>One tunnel that should exist: a connection, or one of its endpoints where the strategy is <c>all</c>.</summary>
/// <param name="Name">The engine's name for it: the connection's, with <c>.1</c>, <c>.2</c> … where it has several tunnels.</param>
/// <param name="Config">The connection as written and validated.</param>
/// <param name="Endpoints">Where to try, in order.</param>
/// <param name="Interface">The TUN interface.</param>
public sealed record ConnectionPlan(
    string Name,
    ConnectionConfig Config,
    ImmutableArray<EndpointConfig> Endpoints,
    string Interface,
    ImmutableDictionary<string, SecretConfig> Secrets)
{
    /// <summary>Gives up after seconds where production takes half a minute.</summary>
    private static readonly RetransmitPolicy LabSetUp = RetransmitPolicy.SetUp with { GiveUpAfter = TimeSpan.FromSeconds(6) };

    /// <summary>A laboratory's connection (<c>lab.shortTimes</c>).</summary>
    public bool HasShortTimes { get; init; }

    /// <summary>Whether the peer may call from anywhere.</summary>
    public bool IsAnyPeer => Endpoints.Any(static e => e.Address.IsAny);

    public bool MayInitiate => Config.Mode != Model.Configuration.ConnectionMode.Responder && !IsAnyPeer;

    public static ImmutableArray<ConnectionPlan> Of(BoxConfig configuration)
    {
        // As written: an expanded connection would name its proposals, and lose what is accepted beyond the defaults.
        var plans = ImmutableArray.CreateBuilder<ConnectionPlan>();
        foreach (var connection in configuration.Connections)
        {
            var endpoints = connection.Remote.Endpoints;
            var tunnel = EffectiveConfiguration.InterfaceOf(connection);
            if (connection.Remote.Strategy == EndpointStrategy.All && endpoints.Length > 1)
            {
                for (var i = 0; i < endpoints.Length; i++)
                    plans.Add(new ConnectionPlan($"{connection.Name}.{i + 1}", connection, [endpoints[i]], tunnel, configuration.Secrets) { HasShortTimes = configuration.Lab.ShortTimes });
            }
            else
            {
                plans.Add(new ConnectionPlan(connection.Name, connection, endpoints, tunnel, configuration.Secrets) { HasShortTimes = configuration.Lab.ShortTimes });
            }
        }

        return plans.ToImmutable();
    }

    /// <summary>What the engine needs, once names are resolved and our own address is known.</summary>
    /// <param name="endpoint">The endpoint in use: its identity is expected.</param>
    /// <param name="remote">Every address the peer may come from.</param>
    /// <param name="local">Our address towards it: our identity where none is written.</param>
    /// <param name="credential">What both ends prove themselves with.</param>
    /// <param name="ppk">The post-quantum preshared key beside it, if there is one.</param>
    public IkeConnection ToEngine(
        EndpointConfig endpoint, IEnumerable<IPAddress> remote, IPAddress? local, AuthenticationCredential credential, Ppk? ppk, AlgorithmCatalog algorithms)
    {
        var proposals = ConnectionProposals.Of(Config, algorithms);
        var (localSelectors, remoteSelectors) = Selectors();
        return new IkeConnection
        {
            Name = Name,
            Mode = Config.Mode switch
            {
                Model.Configuration.ConnectionMode.Initiator => ConnectionMode.InitiatorOnly,
                Model.Configuration.ConnectionMode.Responder => ConnectionMode.ResponderOnly,
                _ => ConnectionMode.Default,
            },
            RemoteAddresses = [.. remote.Select(IpAddress.From)],
            LocalIdentity = Config.Local.Identity is { } identity
                ? Identification.Parse(identity)
                : Identification.Address(IpAddress.From(local ?? IPAddress.Any)),
            RemoteIdentity = endpoint.Identity is { } expected ? Identification.Parse(expected) : null,
            Credential = credential,
            IkeProposals = proposals.IkeOffer,
            AcceptedIkeProposals = proposals.IkeAccept,
            EspProposals = proposals.EspOffer,
            AcceptedEspProposals = proposals.EspAccept,
            LocalSelectors = localSelectors,
            RemoteSelectors = remoteSelectors,
            IkeLifetime = Config.Ike.Lifetime,
            ChildLifetime = Config.Esp.Lifetime,
            DpdTimeout = Config.Dpd.Timeout,
            SetUpRetransmission = HasShortTimes ? LabSetUp : null,
            ReplayWindow = Config.Esp.ReplayWindow,
            Ppk = ppk,
            Childless = Config.Ike.Childless,
            Mobike = Config.Ike.Mobike,
            AuthenticationLifetime = Config.Ike.AuthenticationLifetime,
            Uniqueness = Config.Ike.Unique switch
            {
                Unique.Keep => Uniqueness.Keep,
                Unique.Never => Uniqueness.Never,
                _ => Uniqueness.Replace,
            },
            ConfigurationRequest = Config.Local.RequestAddress ? new ConfigurationRequest(Reaches(AddressFamily.InterNetwork), Reaches(AddressFamily.InterNetworkV6)) : null,
            AddressPool = Config.Remote.AddressPool.IsEmpty ? null : new AddressPool
            {
                Prefixes = [.. Config.Remote.AddressPool.Select(static p => (IpAddress.From(p.BaseAddress), p.PrefixLength))],
                DnsServers = [.. Config.Remote.DnsServers.Select(IpAddress.From)],
                Domains = Config.Remote.DnsDomains,
            },
            ForceUdpEncapsulation = Config.Esp.Encapsulation == EspEncapsulation.Udp,
        };
    }

    /// <summary>Whether packets of a family would go into the tunnel.</summary>
    private bool Reaches(AddressFamily family) => Config.Remote.Networks.IsEmpty || Config.Remote.Networks.Any(n => n.BaseAddress.AddressFamily == family);

    private (ImmutableArray<TrafficSelector> Local, ImmutableArray<TrafficSelector> Remote) Selectors()
    {
        if (Config.TrafficSelectors.IsAny)
        {
            ImmutableArray<TrafficSelector> any = [TrafficSelector.AnyIPv4, TrafficSelector.AnyIPv6];
            return (any, any);
        }

        return (
            [.. Config.TrafficSelectors.Pairs.Select(static p => Of(p.Local, p.Protocol)).Distinct()],
            [.. Config.TrafficSelectors.Pairs.Select(static p => Of(p.Remote, p.Protocol)).Distinct()]);
    }

    private static TrafficSelector Of(IPNetwork network, int? protocol) =>
        TrafficSelector.Prefix(IpAddress.From(network.BaseAddress), network.PrefixLength) with { IpProtocol = (byte)(protocol ?? 0) };
}
