using System.Collections.Immutable;
using System.Text;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;
using Xunit;
using Path = EdgeVpn.Ipsec.Path;

namespace EdgeVpn.Appliance.Tests.Runtime;

/// <summary>What a tunnel that stands holds on to, in the collector's memory: engine and data plane of the end that answers.</summary>
[Collection(nameof(DataPlane.Alone))] // the collector's count is the process's
public class TunnelMemoryTests(ITestOutputHelper output)
{
    private const int Tunnels = 200;
    private const int MostOctets = 8_000;

    [Theory]
    [InlineData("aes256-sha256-x25519", "aes256gcm16")]
    [InlineData("aes256gcm16-prfsha256-x25519", "aes256gcm16")]
    public void An_IKE_SA_with_a_child_holds_less_than_8_kB(string ike, string esp)
    {
        using var answering = new Answering(ike, esp);
        Call(answering, ike, esp, first: 1, count: 10); // what the first ones bring along is not per tunnel
        var before = GC.GetTotalMemory(forceFullCollection: true);
        Call(answering, ike, esp, first: 11, count: Tunnels);
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Tunnels;
        output.WriteLine($"{each} octets per tunnel");
        Assert.Equal(Tunnels + 10, answering.Children);
        Assert.InRange(each, 1, MostOctets);
        GC.KeepAlive(answering);
    }

    // The callers are gone when it returns.
    private static void Call(Answering answering, string ike, string esp, int first, int count)
    {
        using var secret = Secret();
        using var engine = new IkeEndpoint(new KernelEntropy(), new IkeEndpointOptions { Algorithms = AlgorithmCatalogs.Create() });
        for (var number = first; number < first + count; number++)
        {
            var connection = Connection($"caller-{number}", ike, esp, secret) with
            {
                LocalIdentity = Identification.Fqdn($"caller-{number}.lab"),
                RemoteIdentity = Identification.Fqdn("cloud.lab"),
                LocalSelectors = [Network(number)],
                RemoteSelectors = [TrafficSelector.Prefix(IpAddress.Parse("10.20.0.0"), 24)],
            };
            var path = new Path(IpEndpoint.Parse($"198.18.{number >> 8}.{number & 255}:500"), IpEndpoint.Parse("203.0.113.2:500"));
            engine.Handle(new IkeInput.Configure([connection]), Instant.Zero);
            engine.Handle(new IkeInput.Initiate(connection.Name, path), Instant.Zero);
            answering.Talk(engine);
            engine.Handle(new IkeInput.Configure([]), Instant.Zero); // forgotten without a word to the other end
            while (engine.TryTransmit(new byte[65_536], out _) || engine.TryTake(out _))
            {
            }
        }
    }

    private static Secret Secret() => new(Encoding.ASCII.GetBytes("Zq81Lkd72Mnb39Xc5TgY"));

    private static TrafficSelector Network(int number) => TrafficSelector.Prefix(IpAddress.Parse($"10.{64 + (number >> 8)}.{number & 255}.0"), 24);

    private static IkeConnection Connection(string name, string ike, string esp, Secret secret) => new()
    {
        Name = name,
        LocalIdentity = Identification.Fqdn("cloud.lab"),
        Credential = new AuthenticationCredential.PreSharedKey(secret),
        IkeProposals = ProposalTranslator.ToWire(ProposalParser.ParseAll([ike], ProposalUse.Ike)),
        EspProposals = ProposalTranslator.ToWire(ProposalParser.ParseAll([esp], ProposalUse.Esp)),
        LocalSelectors = [TrafficSelector.Prefix(IpAddress.Parse("10.20.0.0"), 24)],
        RemoteSelectors = [TrafficSelector.Prefix(IpAddress.Parse("10.64.0.0"), 10)],
    };

    /// <summary>The end that answers: its engine, and its SAs as the data plane holds them.</summary>
    private sealed class Answering : IDisposable
    {
        private readonly Secret _secret = Secret();
        private readonly IkeEndpoint _engine = new(new KernelEntropy(), new IkeEndpointOptions { Algorithms = AlgorithmCatalogs.Create() });
        private readonly EspSaFactory _factory = EspSaFactories.Create();
        private readonly Tunnel _tunnel = new("many0");
        private readonly SaTable _sas = new();
        private readonly List<Child> _children = [];
        private readonly byte[] _buffer = new byte[65_536];

        public Answering(string ike, string esp) =>
            _engine.Handle(new IkeInput.Configure([Connection("callers", ike, esp, _secret)]), Instant.Zero);

        public int Children => _children.Count;

        public void Talk(IkeEndpoint caller)
        {
            bool isMore;
            do
            {
                isMore = false;
                while (caller.TryTransmit(_buffer, out var request))
                {
                    _engine.Receive(_buffer.AsSpan(0, request.Length), Turned(request.Path), Instant.Zero);
                    isMore = true;
                }

                while (_engine.TryTransmit(_buffer, out var answer))
                {
                    caller.Receive(_buffer.AsSpan(0, answer.Length), Turned(answer.Path), Instant.Zero);
                    isMore = true;
                }

                while (_engine.TryTake(out var output)) if (output is IkeOutput.InstallChildSa install) Install(install);
            }
            while (isMore);
            _tunnel.Routes = OutboundRoutes.Of(_children);
        }

        public void Dispose()
        {
            foreach (var child in _children) child.Dispose();
            _engine.Dispose();
            _secret.Dispose();
        }

        private void Install(IkeOutput.InstallChildSa install)
        {
            using var inboundKey = install.Inbound.EncryptionKey;
            using var outboundKey = install.Outbound.EncryptionKey;
            var selectors = new EspSelectors(install.LocalSelectors, install.RemoteSelectors);
            var inbound = new InboundSa(_factory.Inbound(install.Inbound, selectors), _tunnel);
            var outbound = _factory.Outbound(install.Outbound, new KernelEntropy());
            var child = new Child(install, _tunnel, selectors, inbound, outbound, LifetimeLimits.Unlimited, new ConnectionRate(), new PeerShare()) { UsedSince = _children.Count + 1 };
            _children.Add(child);
            Assert.True(_sas.TryAdd(inbound));
        }

        private static Path Turned(Path path) => new(path.Remote, path.Local);
    }
}
