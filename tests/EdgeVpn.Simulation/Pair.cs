using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Two endpoints, one clock, a link that loses, delays, duplicates and reorders: all from one seed.</summary>
internal sealed class Pair : IDisposable
{
    private static readonly Path InitiatorPath = new(IpEndpoint.Parse("192.0.2.2:500"), IpEndpoint.Parse("203.0.113.2:500"));
    private static readonly Path ResponderPath = new(InitiatorPath.Remote, InitiatorPath.Local);
    private readonly ulong _seed;
    private readonly IkeEndpointOptions _options;

    public Pair(
        ulong seed,
        Func<IkeConnection, IkeConnection>? initiator = null,
        Func<IkeConnection, IkeConnection>? responder = null,
        Func<IkeEndpointOptions, IkeEndpointOptions>? both = null)
    {
        _seed = seed;
        Chance = new SeededEntropy(seed);
        var options = new IkeEndpointOptions
        {
            Algorithms = AlgorithmCatalog.Default.With(new ToyKeyExchange()).With(new ToyKeyExchange(ToyKeyExchange.OtherNumber))
                .With(new ToyKeyExchange(ToyKeyExchange.ThirdNumber)),
        };
        if (both is not null) options = both(options);
        _options = options;
        var branch = Connection("branch.lab", "cloud.lab", "10.10.0.0", "10.20.0.0");
        var cloud = Connection("cloud.lab", "branch.lab", "10.20.0.0", "10.10.0.0");
        Initiator = new Side("initiator", new SeededEntropy(Chance.Next()), options, initiator?.Invoke(branch) ?? branch, InitiatorPath, new SlowShell(seed));
        Responder = new Side("responder", new SeededEntropy(Chance.Next()), options, responder?.Invoke(cloud) ?? cloud, ResponderPath, new SlowShell(~seed));
        ToResponder = new SimulatedLink(new SeededEntropy(Chance.Next()));
        ToInitiator = new SimulatedLink(new SeededEntropy(Chance.Next()));
    }

    /// <summary>The test's own dice, after both ends took theirs.</summary>
    public SeededEntropy Chance { get; }

    public Side Initiator { get; }

    public Side Responder { get; }

    public SimulatedLink ToResponder { get; }

    public SimulatedLink ToInitiator { get; }

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerDay);

    public IReadOnlyList<Side> Sides => [Initiator, Responder];

    /// <summary>Somebody elsewhere, who talks to the responder over the same links.</summary>
    public Side? Third { get; private set; }

    /// <summary>Calls the responder from another address.</summary>
    public Side CallFromElsewhere(Func<IkeConnection, IkeConnection>? change = null)
    {
        var path = new Path(IpEndpoint.Parse("198.51.100.9:500"), InitiatorPath.Remote);
        Third = new Side("third", new SeededEntropy(Chance.Next()), _options, change?.Invoke(Initiator.Connection) ?? Initiator.Connection, path, new SlowShell(_seed + 1));
        Third.Initiate(Now);
        return Third;
    }

    public static Pair Connected(
        ulong seed, Func<IkeConnection, IkeConnection>? both = null, Func<IkeEndpointOptions, IkeEndpointOptions>? options = null)
    {
        var pair = new Pair(seed, both, both, options);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        return pair;
    }

    /// <summary>What stands between the two ends' addresses.</summary>
    public Nat Nat { get; set; } = Nat.None;

    /// <summary>Looks at both ends after every event; null looks at nothing.</summary>
    public Traffic? Traffic { get; set; }

    /// <summary>An address of either end that is not there any more: nothing comes from it, nothing reaches it.</summary>
    public IpAddress? Gone { get; set; }

    public Side Other(Side side) => side == Initiator ? Responder : Initiator;

    /// <summary>What leaves one end; <see cref="Arriving"/> is the other direction's.</summary>
    public SimulatedLink Leaving(Side side) => side == Initiator ? ToResponder : ToInitiator;

    public SimulatedLink Arriving(Side side) => side == Initiator ? ToInitiator : ToResponder;

    public static Transform Toy => Transform.KeyExchange(ToyKeyExchange.Number);

    /// <summary>Runs until nothing is on the way and no request is unanswered, at most <paramref name="seconds"/>.</summary>
    public void Drive(double seconds = 60)
    {
        var until = Now + TimeSpan.FromSeconds(seconds);
        Serve();
        while (!IsQuiet && Step(until))
        {
        }
    }

    /// <summary>Runs for a span of virtual time, whatever happens.</summary>
    public void Run(TimeSpan span)
    {
        var until = Now + span;
        Serve();
        while (Step(until))
        {
        }

        Now = until;
    }

    public void Both(LinkConditions conditions) => ToInitiator.Conditions = ToResponder.Conditions = conditions;

    /// <summary>Whether a packet sent now would arrive and open.</summary>
    public bool Passes(Side from, Side to) => from.Outbound is { } outbound
        && to.Installed.Exists(child => child.InboundSpi == outbound.OutboundSpi && child.InboundKey.SequenceEqual(outbound.OutboundKey));

    public void AssertPasses()
    {
        Assert.True(Passes(Initiator, Responder), Explain("no packet passes from initiator to responder"));
        Assert.True(Passes(Responder, Initiator), Explain("no packet passes from responder to initiator"));
    }

    /// <summary>Both ends hold the same SAs, one IKE SA with one child, and packets pass.</summary>
    public void AssertAgreement()
    {
        AssertSameSas();
        Assert.True(Initiator.IkeSas.Count() == 1, Explain("not exactly one IKE SA"));
        Assert.True(Initiator.ChildSas.Count() == 1, Explain("not exactly one child SA"));
        AssertPasses();
    }

    /// <summary>Both ends send where the other is.</summary>
    public void AssertSamePaths()
    {
        var ours = Initiator.Installed.Where(static c => !c.Removed).Select(static c => (c.InboundSpi, c.Path.Local.Address)).OrderBy(static c => c.InboundSpi).ToList();
        var theirs = Responder.Installed.Where(static c => !c.Removed).Select(static c => (c.OutboundSpi, c.Path.Remote.Address)).OrderBy(static c => c.OutboundSpi).ToList();
        Assert.True(ours.SequenceEqual(theirs), Explain($"{string.Join(", ", ours)} are sent to as {string.Join(", ", theirs)}"));
        var to = Initiator.Installed.Where(static c => !c.Removed).Select(static c => (c.InboundSpi, c.Path.Remote.Address)).OrderBy(static c => c.InboundSpi).ToList();
        var from = Responder.Installed.Where(static c => !c.Removed).Select(static c => (c.OutboundSpi, c.Path.Local.Address)).OrderBy(static c => c.OutboundSpi).ToList();
        Assert.True(to.SequenceEqual(from), Explain($"the initiator sends to {string.Join(", ", to)}, the responder from {string.Join(", ", from)}"));
        Assert.True(ours.All(c => c.Address == Initiator.Path.Local.Address), Explain("the initiator is elsewhere"));
    }

    /// <summary>Both ends hold the same SAs, whatever they are.</summary>
    public void AssertSameSas()
    {
        Assert.True(Ike(Initiator).SetEquals(Ike(Responder)), Explain("the ends hold different IKE SAs"));
        var ours = Initiator.ChildSas.Select(static c => (c.InboundSpi, c.OutboundSpi)).ToHashSet();
        var theirs = Responder.ChildSas.Select(static c => (c.OutboundSpi, c.InboundSpi)).ToHashSet();
        Assert.True(ours.SetEquals(theirs), Explain("the ends hold different child SAs"));
        foreach (var side in Sides)
        {
            var installed = side.Installed.Where(static c => !c.Removed).Select(static c => c.Id).ToHashSet();
            Assert.True(
                installed.SetEquals(side.ChildSas.Select(static c => c.Id)), Explain($"{side.Name}'s shell holds other SAs than its engine"));
        }
    }

    public void AssertOneIkeSa()
    {
        Assert.True(Initiator.IkeSas.Count() == 1, Explain("not exactly one IKE SA"));
        Assert.True(Initiator.ChildSas.Any(), Explain("no child SA"));
        AssertPasses();
    }

    /// <summary>Nothing is kept for what is gone. Call when nothing is under way.</summary>
    public void AssertNoOrphans()
    {
        foreach (var side in Sides)
        {
            Assert.True(
                side.Endpoint.EspSpisInUse == side.ChildSas.Count(),
                Explain($"{side.Name} keeps {side.Endpoint.EspSpisInUse} SPIs for {side.ChildSas.Count()} child SAs"));
            var known = side.Endpoint.Sas.Select(static sa => sa.State.GetType().Name).Where(static state => state is not ("Established" or "Closed"));
            Assert.True(!known.Any(), Explain($"{side.Name} still has {string.Join(", ", known)}"));
            var unfinished = side.ChildSas.Where(static c => c.State != "Live").Select(static c => $"{c.Id} {c.State}");
            Assert.True(!unfinished.Any(), Explain($"{side.Name} still has {string.Join(", ", unfinished)}"));
            var installed = side.Installed.Select(static c => c.Id).ToHashSet();
            Assert.True(installed.IsSubsetOf(side.ChildSas.Select(static c => c.Id)), Explain($"{side.Name}'s shell still holds a removed SA"));
        }
    }

    public string Explain(string what)
    {
        var text = new StringBuilder($"seed {_seed}, {Now}: {what}\n");
        foreach (var side in Everybody)
        {
            text.Append($"  {side.Name}:\n");
            foreach (var sa in side.Endpoint.Status())
            {
                text.Append($"    {sa.Id} {sa.State} {sa.InitiatorSpi:x16}:{sa.ResponderSpi:x16}\n");
                foreach (var child in sa.Children)
                    text.Append($"      {child.Id} {child.State} in {child.InboundSpi:x8} out {child.OutboundSpi:x8} used {child.IsUsed}\n");
            }

            foreach (var output in side.Log.Where(static o => o is not IkeOutput.MessageSeen { Exchange: ExchangeType.Informational, Payloads.IsEmpty: true, Retransmission: false }).TakeLast(60)) text.Append($"    . {Line(output)}\n");
        }

        return text.ToString();
    }

    public void Dispose()
    {
        foreach (var side in Everybody) side.Dispose();
    }

    private IEnumerable<Side> Everybody => Third is null ? Sides : [.. Sides, Third];

    private bool IsQuiet => ToInitiator.IsEmpty && ToResponder.IsEmpty
        && !Everybody.Any(static side => side.InitiateAt is not null || !side.Shell.IsIdle || side.Endpoint.HasOutstandingRequests);

    private static HashSet<(ulong, ulong)> Ike(Side side) => [.. side.IkeSas.Select(static sa => (sa.InitiatorSpi, sa.ResponderSpi))];

    private static string Line(IkeOutput output) => output is IkeOutput.MessageSeen m
        ? $"{(m.Sent ? "-->" : "<--")} {m.IkeSa} {m.Exchange} {m.MessageId}{(m.IsResponse ? " response" : "")}{(m.Retransmission ? " again" : "")} {{ {string.Join(", ", m.Payloads)} }}"
        : output switch
        {
            IkeOutput.InstallChildSa i => $"install {i.Child} in {i.Inbound.Spi:x8} out {i.Outbound.Spi:x8} use {i.UseOutbound} replaces {i.Replaces}",
            IkeOutput.RemoveChildSa r => $"remove {r.Child}: {r.Reason}",
            IkeOutput.IkeSaEstablished e => $"established {e.IkeSa} replaces {e.Replaces}",
            IkeOutput.IkeSaClosed c => $"closed {c.IkeSa}: {c.Reason}",
            _ => output.ToString() ?? "",
        };

    /// <summary>With two further key exchanges for the IKE SA and one behind PFS for its children (RFC 9370).</summary>
    public static IkeConnection WithFurtherKeyExchanges(IkeConnection connection) => connection with
    {
        IkeProposals = [.. connection.IkeProposals.Select(static p => p with
        {
            Transforms = [.. p.Transforms, Transform.AdditionalKeyExchange(1, ToyKeyExchange.OtherNumber), Transform.AdditionalKeyExchange(2, ToyKeyExchange.ThirdNumber)],
        })],
        EspProposals = [.. connection.EspProposals.Select(static p => p with
        {
            Transforms = [.. p.Transforms, Toy, Transform.AdditionalKeyExchange(1, ToyKeyExchange.OtherNumber)],
        })],
    };

    public static IkeConnection Connection(string local, string remote, string localNet, string remoteNet) => new()
    {
        Name = "hub",
        LocalIdentity = Identification.Fqdn(local),
        RemoteIdentity = Identification.Fqdn(remote),
        Credential = new AuthenticationCredential.PreSharedKey(new Secret("simulation only"u8)),
        IkeProposals =
        [
            new Proposal(1, ProtocolId.Ike, [],
                [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128), Transform.Prf(PrfAlgorithm.HmacSha256), Toy]),
        ],
        EspProposals =
        [
            new Proposal(1, ProtocolId.Esp, [],
                [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Esn(EsnTransform.None)]),
        ],
        LocalSelectors = [TrafficSelector.Prefix(IpAddress.Parse(localNet), 24)],
        RemoteSelectors = [TrafficSelector.Prefix(IpAddress.Parse(remoteNet), 24)],
    };

    private bool Step(Instant until)
    {
        var next = Instant.Min(ToInitiator.NextArrival, ToResponder.NextArrival);
        foreach (var side in Everybody)
        {
            next = Instant.Min(next, side.Endpoint.NextDeadline ?? Instant.Never);
            next = Instant.Min(next, side.InitiateAt ?? Instant.Never);
            next = Instant.Min(next, side.Shell.NextReturn);
        }

        var isEvent = next <= (Traffic?.NextArrival ?? Instant.Never);
        if (!isEvent) next = Traffic!.NextArrival;
        if (next > until) return false;
        if (next > Now) Now = next;
        while (ToResponder.TryArrive(Now, out var datagram, out var path))
            if (!IsGone(path)) Responder.Endpoint.Receive(datagram, Nat.AtResponder(path), Now);
        while (ToInitiator.TryArrive(Now, out var datagram, out var path))
        {
            if (IsGone(path)) continue;
            var to = path.Remote.Address == Third?.Path.Local.Address ? Third : Initiator;
            to.Endpoint.Receive(datagram, Nat.AtInitiator(path), Now);
        }

        foreach (var side in Everybody) side.Advance(Now);
        Serve();
        Traffic?.Look(isEvent);
        return true;
    }

    private bool IsGone(Path path) => path.Local.Address == Gone || path.Remote.Address == Gone;

    private void Serve()
    {
        Initiator.Serve(ToResponder, Now);
        Responder.Serve(ToInitiator, Now);
        Third?.Serve(ToResponder, Now);
    }
}
