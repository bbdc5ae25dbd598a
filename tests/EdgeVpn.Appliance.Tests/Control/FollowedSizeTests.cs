using System.Collections.Immutable;
using System.Net;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Model.Configuration;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Control;

/// <summary>A connection without a probe, as its manager sizes its tunnel.</summary>
public class FollowedSizeTests
{
    private const int Full = 1_438;

    [Fact]
    public void A_tunnel_without_a_probe_follows_what_the_kernel_knows_of_the_way_and_returns()
    {
        using var world = new World("hub");
        world.Fits("hub", 1_338);
        Assert.Equal((1_338, Full), world.Sizes("hub"));
        Assert.Equal(1_338, world.Plane.Mtus[world.InterfaceOf("hub")]);
        world.Fits("hub", 1_200); // IPv6 must pass
        Assert.Equal((1_280, Full), world.Sizes("hub"));
        world.Plane.Fitting.Clear();
        world.Tick();
        Assert.Equal((Full, Full), world.Sizes("hub"));
        Assert.Equal(Full, world.Plane.Mtus[world.InterfaceOf("hub")]);
        Assert.Equal(3, world.Told);
    }

    [Fact]
    public void What_a_probe_found_counts_for_more()
    {
        using var world = new World("hub");
        world.Manager.TakePathMtu("hub", new PathMtuResult(PathMtuKind.BlackHole, 1_300), world.Now);
        world.Fits("hub", 1_400);
        Assert.Equal((1_300, Full), world.Sizes("hub"));
    }

    [Fact]
    public void A_silent_probe_changes_nothing()
    {
        using var world = new World("hub");
        world.Fits("hub", 1_338);
        world.Manager.TakePathMtu("hub", new PathMtuResult(PathMtuKind.Unknown, 0), world.Now);
        Assert.Equal((1_338, Full), world.Sizes("hub"));
        world.Tick();
        Assert.Equal(1, world.Told);
    }

    [Fact]
    public void A_written_MTU_stays_and_so_does_an_interface_that_connections_share()
    {
        using var written = new World(new TunnelConfig { Mtu = new AutoOrOctets(1_400) }, "hub");
        written.Fits("hub", 1_300);
        Assert.Equal(Full, written.Sizes("hub").Mtu);
        using var shared = new World(new TunnelConfig { Interface = "evpn" }, "one", "two");
        shared.Fits("one", 1_300);
        Assert.Equal((Full, Full), shared.Sizes("one"));
    }

    private sealed class World : IDisposable
    {
        private readonly IkeEndpoint _engine = new(new KernelEntropy(), new IkeEndpointOptions { Algorithms = AlgorithmCatalog.Default });
        private readonly BoxEvents _events = new(TimeProvider.System);

        public World(params string[] names)
            : this(new TunnelConfig(), names)
        {
        }

        public World(TunnelConfig tunnel, params string[] names)
        {
            _events.Happened += happened => Told += happened.Kind == "tunnel.mtu" ? 1 : 0;
            Manager = new ConnectionManager(_engine, Plane, new Nowhere(), AlgorithmCatalog.Default, new CredentialStore(new CertificateSource(null)), new KernelEntropy(), _events);
            var configuration = new BoxConfig { Connections = [.. names.Select(name => Connection(name, tunnel))] };
            Manager.Configure(new BoxConfig(), configuration, names.ToDictionary(static name => name, static _ => Full), Now);
        }

        public ConnectionManager Manager { get; }

        public Sizes Plane { get; } = new();

        public Instant Now { get; private set; } = Instant.Zero + TimeSpan.FromHours(1);

        public int Told { get; private set; }

        public string InterfaceOf(string name) => View(name).Plan.Interface;

        public (int Mtu, int Full) Sizes(string name) => (View(name).Mtu, View(name).FullMtu);

        public void Fits(string name, int mtu)
        {
            Plane.Fitting[InterfaceOf(name)] = mtu;
            Tick();
        }

        public void Tick() => Manager.Tick(Now += TimeSpan.FromSeconds(10));

        public void Dispose() => _engine.Dispose();

        private ConnectionView View(string name) => Manager.Views.Single(view => view.Plan.Config.Name == name);

        private static ConnectionConfig Connection(string name, TunnelConfig tunnel) => new()
        {
            Name = name,
            Local = new LocalConfig { Networks = [IPNetwork.Parse("10.10.0.0/24")] },
            Remote = new RemoteConfig { Endpoints = [new EndpointConfig { Address = PeerAddress.Of(IPAddress.Parse("203.0.113.2")) }], Networks = [IPNetwork.Parse("10.20.0.0/16")] },
            Authentication = new PskAuthentication { Secret = name },
            Tunnel = tunnel,
        };
    }

    private sealed class Nowhere : IPeerLookup
    {
        public Task<IReadOnlyList<IPAddress>> ResolveAsync(string hostName) => Task.FromResult<IReadOnlyList<IPAddress>>([]);

        public IPAddress? SourceTowards(IPAddress peer) => null;
    }

    /// <summary>A data plane that has nothing but sizes.</summary>
    private sealed class Sizes : IDataPlane
    {
        public Dictionary<string, int> Fitting { get; } = [];

        public Dictionary<string, int> Mtus { get; } = [];

        public IReadOnlyDictionary<string, int> FittingMtus() => Fitting;

        public void OpenTunnel(string interfaceName, int mtu) => Mtus[interfaceName] = mtu;

        public void SetMtu(string interfaceName, int mtu) => Mtus[interfaceName] = mtu;

        public void LimitRate(string connection, ConnectionRate rate)
        {
        }

        public void SetAddresses(string interfaceName, ImmutableArray<IPAddress> addresses) => throw new NotSupportedException();

        public void CloseTunnel(string interfaceName) => throw new NotSupportedException();

        public void Install(IkeOutput.InstallChildSa install, string tunnelInterface) => throw new NotSupportedException();

        public void Use(ChildSaId child) => throw new NotSupportedException();

        public void Remove(ChildSaId child, TimeSpan linger) => throw new NotSupportedException();

        public void Move(ImmutableArray<ChildSaId> children, Path path, bool udpEncapsulated) => throw new NotSupportedException();

        public void SendIke(Path path, ReadOnlySpan<byte> message) => throw new NotSupportedException();

        public void SendKeepalive(Path path) => throw new NotSupportedException();

        public bool TryTakeIke(Span<byte> buffer, out int length, out Path path) => throw new NotSupportedException();

        public void Poll(Instant now, ICollection<IkeInput> inputs) => throw new NotSupportedException();

        public DataPlaneStatus Status() => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
