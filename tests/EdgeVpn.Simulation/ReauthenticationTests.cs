using EdgeVpn.Ipsec;
using System.Buffers.Binary;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Both ends prove who they are again: a new IKE SA beside the old one, traffic moves, the old one goes.</summary>
public sealed class ReauthenticationTests
{
    private static readonly ulong Seeds = ulong.Parse(Environment.GetEnvironmentVariable("EDGEVPN_SEEDS") ?? "10000");

    [Fact]
    public void A_new_IKE_SA_is_made_before_the_old_one_goes()
    {
        using var pair = Pair.Connected(1);
        var before = pair.Initiator.IkeSas.Single();
        var traffic = Traffic.On(pair);
        pair.Initiator.Reauthenticate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        var after = pair.Initiator.IkeSas.Single();
        Assert.NotEqual(before.InitiatorSpi, after.InitiatorSpi);
        Assert.NotEqual(before.Children.Single().InboundSpi, after.Children.Single().InboundSpi);
        Assert.Equal(CloseCause.Reauthenticated, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(2, pair.Responder.Log.OfType<IkeOutput.MessageSeen>().Count(static m => m is { Sent: true, Exchange: ExchangeType.IkeAuth, Retransmission: false }));
        Assert.DoesNotContain(pair.Initiator.Log.OfType<IkeOutput.MessageSeen>().Skip(4), static m => m.Payloads.Contains("N(InitialContact)"));
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations)));
        Assert.True(traffic.Arrived > 10);
        pair.Run(TimeSpan.FromMinutes(1));
        pair.AssertNoOrphans();
    }

    [Fact]
    public void A_lifetime_of_the_authentication_renews_it_again_and_again_without_a_gap()
    {
        using var pair = Pair.Connected(2, static c => c with { AuthenticationLifetime = TimeSpan.FromMinutes(30), IkeLifetime = TimeSpan.FromMinutes(20) });
        pair.Both(new LinkConditions(0.1, 0.1, 0.3));
        var traffic = Traffic.On(pair);
        pair.Run(TimeSpan.FromHours(6));
        pair.Both(LinkConditions.Perfect);
        pair.Run(TimeSpan.FromMinutes(1));
        pair.Drive();
        pair.AssertAgreement();
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        Assert.InRange(pair.Initiator.Closed.Count(static r => r.Cause == CloseCause.Reauthenticated), 12, 16);
        Assert.DoesNotContain(pair.Responder.Log.OfType<IkeOutput.IkeSaEstablished>(), static e => e is { WeInitiated: true, Replaces: null });
    }

    [Fact]
    public void What_the_responder_says_of_its_authentication_lifetime_is_heeded()
    {
        using var pair = new Pair(3, responder: static c => c with { AuthenticationLifetime = TimeSpan.FromMinutes(10) });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        var traffic = Traffic.On(pair);
        pair.Run(TimeSpan.FromHours(1));
        pair.AssertAgreement();
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        Assert.InRange(pair.Initiator.Closed.Count(static r => r.Cause == CloseCause.Reauthenticated), 5, 8);
    }

    [Fact]
    public void An_authentication_lifetime_of_a_second_does_not_make_us_call_without_end()
    {
        using var pair = Pair.Connected(4);
        var responder = pair.Responder.Endpoint.Sas.Single();
        pair.ToInitiator.Inject(
            Forger.Seal(responder, ExchangeType.Informational, false, responder.NextRequestId, new NotifyPayload(ProtocolId.None, [], NotifyType.AuthLifetime, [0, 0, 0, 1])),
            pair.ToInitiator.LastPath,
            pair.Now);
        pair.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(1, pair.Initiator.Closed.Count(static r => r.Cause == CloseCause.Reauthenticated)); // asked of one SA: its successor was told nothing
    }

    [Fact]
    public void A_responder_whose_peer_does_not_authenticate_anew_ends_the_SA()
    {
        using var pair = new Pair(5, responder: static c => c with { AuthenticationLifetime = TimeSpan.FromMinutes(10) });
        pair.ToInitiator.Tamper = datagram => Forger.Without(pair.Responder, datagram, ExchangeType.IkeAuth, NotifyType.AuthLifetime);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        pair.Responder.RekeyIke(pair.Now); // new keys prove nobody
        pair.Run(TimeSpan.FromMinutes(10.5));
        Assert.Contains(pair.Responder.Closed, static r => r.Cause == CloseCause.LifetimeExpired);
        Assert.Empty(pair.Initiator.IkeSas);
    }

    [Fact]
    public void The_called_end_authenticates_anew_where_its_caller_does_not()
    {
        using var pair = Deaf(10, static c => c);
        var traffic = Traffic.On(pair);
        pair.Responder.RekeyIke(pair.Now); // the line goes on, and its age with it
        pair.Run(TimeSpan.FromMinutes(9));
        Assert.DoesNotContain(pair.Responder.Log.OfType<IkeOutput.IkeSaEstablished>(), static e => e is { WeInitiated: true, Replaces: null });
        pair.Run(TimeSpan.FromMinutes(51));
        pair.Drive();
        pair.AssertAgreement();
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        Assert.InRange(pair.Responder.Closed.Count(static r => r.Cause == CloseCause.Reauthenticated), 5, 7); // the caller of the new SA from then on
        Assert.DoesNotContain(pair.Sides.SelectMany(static side => side.Closed), static r => r.Cause == CloseCause.LifetimeExpired);
    }

    [Theory]
    [InlineData("only called")]
    [InlineData("from anywhere")]
    [InlineData("behind a NAT")]
    [InlineData("gives addresses")]
    [InlineData("refused")]
    public void A_called_end_that_cannot_call_ends_the_SA_at_the_hard_limit(string why)
    {
        using var pair = Deaf(
            11,
            c => why switch
            {
                "only called" => c with { Mode = ConnectionMode.ResponderOnly },
                "from anywhere" => c with { RemoteAddresses = [] },
                "gives addresses" => c with { AddressPool = new() { Prefixes = [(IpAddress.Parse("10.99.0.0"), 24)] } },
                _ => c,
            },
            c => why switch
            {
                "gives addresses" => c with { ConfigurationRequest = new(IPv4: true, IPv6: false), LocalSelectors = [TrafficSelector.AnyIPv4] },
                "refused" => c with { Mode = ConnectionMode.InitiatorOnly },
                _ => c,
            },
            new Nat(why == "behind a NAT" ? IpAddress.Parse("198.51.100.7") : null));
        pair.Run(TimeSpan.FromMinutes(9.9));
        Assert.Single(pair.Responder.IkeSas);
        Assert.Equal(why == "refused", pair.ToInitiator.Sent.Exists(static d => d is [_, _, _, _, _, _, _, _, 0, 0, 0, 0, 0, 0, 0, 0, ..]));
        pair.Run(TimeSpan.FromSeconds(20));
        Assert.Empty(pair.Responder.IkeSas);
        Assert.Contains(pair.Responder.Closed, static r => r.Cause == CloseCause.LifetimeExpired);
    }

    [Fact]
    public void A_caller_that_heeds_what_it_was_told_is_left_to_act()
    {
        using var pair = Pair.Connected(12, static c => c with
        {
            AuthenticationLifetime = TimeSpan.FromMinutes(10),
            RemoteAddresses = [IpAddress.Parse(c.LocalIdentity == Identification.Fqdn("branch.lab") ? "203.0.113.2" : "192.0.2.2")],
        });
        pair.Both(new LinkConditions(0.1, 0.1, 0.3));
        var traffic = Traffic.On(pair);
        pair.Run(TimeSpan.FromHours(5));
        pair.Both(LinkConditions.Perfect);
        pair.Drive();
        pair.AssertAgreement();
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        Assert.DoesNotContain(pair.Responder.Log.OfType<IkeOutput.IkeSaEstablished>(), static e => e is { WeInitiated: true, Replaces: null });
    }

    [Fact]
    public void Asked_for_it_the_called_end_authenticates_anew_whoever_asks_first()
    {
        for (var seed = 13UL; seed < 33; seed++)
        {
            using var pair = Deaf(seed, static c => c);
            pair.Responder.Reauthenticate(pair.Now); // so soon it would seem that both ends called at once
            pair.Drive();
            Assert.DoesNotContain(pair.Responder.Log.OfType<IkeOutput.IkeSaEstablished>(), static e => e.WeInitiated);
            pair.Run(TimeSpan.FromMinutes(2));
            var both = seed % 2 == 0;
            var traffic = Traffic.On(pair);
            pair.Responder.Reauthenticate(pair.Now);
            if (both) pair.Initiator.Reauthenticate(pair.Now);
            pair.Drive();
            pair.Run(TimeSpan.FromSeconds(30));
            pair.AssertAgreement();
            Assert.True(pair.Responder.Closed.Any(static r => r.Cause is CloseCause.Reauthenticated or CloseCause.PeerDeleted), pair.Explain("the old SA stands"));
            Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        }
    }

    /// <summary>Of two new SAs one stays; whichever it is and whatever overtakes what, nothing is sent to where nobody receives.</summary>
    [Theory]
    [InlineData(0.05, 0, 0)]
    [InlineData(1, 0, 0.2)]
    [InlineData(0.6, 0.1, 0.2)]
    public void Both_ends_asked_at_the_same_instant_lose_nothing(double maxDelaySeconds, double loss, double duplication)
    {
        var (asked, twoMade) = (0, 0);
        for (var seed = 1UL; seed <= Math.Max(100, Seeds / 50); seed++)
        {
            using var pair = Deaf(seed, static c => c with { AuthenticationLifetime = TimeSpan.FromHours(4) });
            pair.Run(TimeSpan.FromMinutes(2));
            pair.Both(new LinkConditions(loss, duplication, maxDelaySeconds));
            var traffic = Traffic.On(pair);
            var before = pair.Sides.Select(static side => side.Log.Count).ToArray();
            foreach (var side in seed % 2 == 0 ? pair.Sides : pair.Sides.Reverse()) side.Reauthenticate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(60));
            pair.Both(LinkConditions.Perfect);
            pair.Run(TimeSpan.FromMinutes(2));
            pair.Drive();
            if (pair.Sides.Any(static side => side.Closed.Any(static reason => reason.Cause == CloseCause.PeerGone))) continue; // the link lost too much
            asked++;
            if (pair.Sides.Zip(before).All(static side => side.First.Log.Skip(side.Second).OfType<IkeOutput.IkeSaEstablished>().Count(static e => e.Replaces is null) == 2)) twoMade++;
            Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
            pair.AssertAgreement();
            pair.AssertNoOrphans();
        }

        Assert.True(twoMade > asked / 2, $"only in {twoMade} of {asked} runs the two crossed");
    }

    /// <summary>A caller that takes no notice of the lifetime it is told, and whose address the other end knows.</summary>
    private static Pair Deaf(ulong seed, Func<IkeConnection, IkeConnection> responder, Func<IkeConnection, IkeConnection>? initiator = null, Nat? nat = null)
    {
        var pair = new Pair(
            seed,
            initiator,
            c => responder(c with { AuthenticationLifetime = TimeSpan.FromMinutes(10), RemoteAddresses = [IpAddress.Parse("192.0.2.2"), IpAddress.Parse("198.51.100.7")] }))
        {
            Nat = nat ?? Nat.None,
        };
        pair.ToInitiator.Tamper = datagram => Forger.Without(pair.Responder, datagram, ExchangeType.IkeAuth, NotifyType.AuthLifetime);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertSameSas();
        pair.ToInitiator.Tamper = null;
        return pair;
    }

    [Fact]
    public void A_refused_reauthentication_leaves_the_old_SA_until_its_authentication_ends()
    {
        using var pair = Pair.Connected(6, static c => c with { AuthenticationLifetime = TimeSpan.FromMinutes(10) });
        var traffic = Traffic.On(pair);
        pair.Responder.Configure(pair.Responder.Connection with { Credential = new Ipsec.Ike.Auth.AuthenticationCredential.PreSharedKey(new Ipsec.Crypto.Secret("another"u8)) }, pair.Now);
        pair.Run(TimeSpan.FromMinutes(9.9));
        pair.AssertAgreement();
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        Assert.InRange(pair.Initiator.Log.Count(static o => o is IkeOutput.IkeRekeyFailed), 1, 10);
        traffic.Stop();
        pair.Run(TimeSpan.FromMinutes(1));
        Assert.Empty(pair.Initiator.IkeSas);
        Assert.Contains(pair.Initiator.Closed, static r => r.Cause is CloseCause.LifetimeExpired or CloseCause.PeerDeleted);
    }

    [Fact]
    public void Every_pair_of_the_old_SA_has_its_like_on_the_new_one_first()
    {
        using var pair = Pair.Connected(7);
        var other = TrafficSelector.Prefix(IpAddress.Parse("10.30.0.0"), 24);
        pair.Responder.Configure(pair.Responder.Connection with { LocalSelectors = [.. pair.Responder.Connection.LocalSelectors, other] }, pair.Now);
        var first = pair.Initiator.Connection;
        pair.Initiator.Configure(first with { RemoteSelectors = [other] }, pair.Now);
        pair.Initiator.Endpoint.Sas.Single().Enqueue(new AnotherChild(), pair.Now);
        pair.Drive();
        pair.Initiator.Configure(first, pair.Now);
        Assert.Equal(2, pair.Initiator.ChildSas.Count());
        var old = pair.Initiator.IkeSas.Single().InitiatorSpi;
        pair.Initiator.Reauthenticate(pair.Now);
        pair.Drive();
        pair.AssertSameSas();
        Assert.All(pair.Sides, static side => Assert.Equal(2, side.IkeSas.Single().Children.Count(static c => c.IsUsed)));
        Assert.NotEqual(old, pair.Initiator.IkeSas.Single().InitiatorSpi);
        pair.Run(TimeSpan.FromMinutes(1));
        pair.AssertNoOrphans();
    }

    /// <summary>Traffic moves with the caller's Delete; the caller gives the old pair up with our answer.</summary>
    [Fact]
    public void The_answer_to_a_Delete_waits_for_what_was_sent_on_the_pair()
    {
        using var pair = Pair.Connected(9);
        var old = pair.Initiator.IkeSas.Single().InitiatorSpi;
        Instant? moved = null, answered = null;
        pair.Responder.Planted = output =>
        {
            if (output is IkeOutput.UseChildSa) moved ??= pair.Now;
            return output;
        };
        pair.ToInitiator.Tamper = datagram =>
        {
            if (IkeHeader.TryRead(datagram, out var header) == WireError.None && header is { IsResponse: true, Exchange: ExchangeType.Informational } && header.InitiatorSpi == old)
                answered ??= pair.Now;
            return datagram;
        };
        pair.Initiator.Reauthenticate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.True(answered - moved >= TimeSpan.FromMilliseconds(200), $"{moved} {answered}");
    }

    /// <summary>A peer may forget a pair with our Delete, or with our answer to its own: what was sent before has arrived by then.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    public void Nothing_is_lost_where_the_peer_forgets_a_pair_at_once(bool byInitiator, bool peerIsInitiator)
    {
        for (ulong seed = 1; seed <= 30; seed++)
        {
            using var pair = Pair.Connected(seed);
            var forgetful = peerIsInitiator ? pair.Initiator : pair.Responder;
            forgetful.Planted = static output => output is IkeOutput.RemoveChildSa remove ? remove with { Linger = TimeSpan.Zero } : output;
            var traffic = Traffic.On(pair);
            if (byInitiator) pair.Initiator.Reauthenticate(pair.Now);
            else pair.Responder.RekeyChildren(pair.Now);
            pair.Drive();
            (byInitiator ? pair.Responder : pair.Initiator).RekeyChildren(pair.Now);
            pair.Drive();
            pair.AssertAgreement();
            Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations)));
        }
    }

    /// <summary>The answer to the old SA's Delete is lost, and the peer keeps none to repeat: it need not (RFC 7296 §2.21 leaves it open).</summary>
    [Fact]
    public void An_old_SA_whose_answer_was_lost_ends_with_its_line()
    {
        using var pair = Pair.Connected(9);
        var old = DeleteUnanswered(pair, andNeverAgain: true);
        pair.Responder.Close(pair.Now);
        pair.Run(TimeSpan.FromSeconds(6));
        Assert.DoesNotContain(pair.Initiator.Endpoint.Sas, static sa => !sa.IsClosed);
        Assert.Equal(CloseCause.Reauthenticated, pair.Initiator.Log.OfType<IkeOutput.IkeSaClosed>().Single(c => c.IkeSa == old).Reason.Cause);
        var sent = pair.ToResponder.Sent.Count;
        pair.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(sent, pair.ToResponder.Sent.Count);
    }

    [Fact]
    public void An_old_SA_whose_answer_was_lost_is_deleted_from_where_we_moved_to()
    {
        using var pair = Pair.Connected(9, static c => c with { Mobike = true });
        DeleteUnanswered(pair, andNeverAgain: false);
        pair.Gone = pair.Initiator.Path.Local.Address;
        pair.Initiator.Move(IpAddress.Parse("192.0.2.77"), pair.Now);
        pair.Run(TimeSpan.FromSeconds(3));
        pair.AssertAgreement();
        pair.AssertSamePaths();
        Assert.DoesNotContain(pair.Initiator.Endpoint.Sas, static sa => sa.State is IkeState.Closing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_peer_that_breaks_before_it_makes_is_followed(bool byInitiator)
    {
        using var pair = Pair.Connected(8);
        var side = byInitiator ? pair.Initiator : pair.Responder;
        side.Close(pair.Now);
        side.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        pair.Run(TimeSpan.FromMinutes(1));
        pair.AssertNoOrphans();
    }

    /// <summary>Up to the moment when the old SA's Delete was answered and the initiator does not know it.</summary>
    private static IkeSaId DeleteUnanswered(Pair pair, bool andNeverAgain)
    {
        var old = pair.Initiator.Endpoint.Sas.Single();
        pair.Initiator.Reauthenticate(pair.Now);
        while (old.State is not IkeState.Closing) pair.Run(TimeSpan.FromMilliseconds(1));
        var spi = old.ResponderSpi;
        if (andNeverAgain) pair.ToInitiator.Drops = datagram => BinaryPrimitives.ReadUInt64BigEndian(datagram.AsSpan(8)) == spi;
        else pair.ToInitiator.DropNext(datagram => BinaryPrimitives.ReadUInt64BigEndian(datagram.AsSpan(8)) == spi);
        while (!pair.Responder.Endpoint.Sas.Single(sa => sa.ResponderSpi == spi).IsClosed) pair.Run(TimeSpan.FromMilliseconds(1));
        Assert.IsType<IkeState.Closing>(old.State);
        return old.Id;
    }
}
