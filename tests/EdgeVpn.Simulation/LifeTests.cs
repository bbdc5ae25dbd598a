using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Liveness, lifetimes and configuration of SAs that are up.</summary>
public sealed class LifeTests
{
    [Theory]
    [InlineData(9)]
    [InlineData(45)]
    [InlineData(300)]
    public void A_dead_peer_is_found_within_the_timeout(double timeout)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            using var pair = Pair.Connected(seed, c => c with { DpdTimeout = TimeSpan.FromSeconds(timeout) });
            pair.Run(TimeSpan.FromSeconds(pair.Chance.Unit() * 100));
            var lastHeard = pair.Now;
            pair.Both(LinkConditions.Cut);
            pair.Run(TimeSpan.FromSeconds(timeout + 0.2));
            Assert.True(pair.Initiator.Closed.Any(), pair.Explain($"not closed {(pair.Now - lastHeard).TotalSeconds} s after the cut"));
            Assert.Equal(CloseCause.PeerGone, pair.Initiator.Closed.Single().Cause);
            Assert.Equal(CloseCause.PeerGone, pair.Responder.Closed.Single().Cause);
            Assert.Empty(pair.Initiator.Endpoint.Status());
            Assert.Equal(0, pair.Initiator.Endpoint.EspSpisInUse);
        }
    }

    [Fact]
    public void ESP_from_the_peer_is_a_sign_of_life_and_spares_questions()
    {
        using var pair = Pair.Connected(1);
        for (var i = 0; i < 60; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1));
            foreach (var side in pair.Sides) side.Endpoint.Handle(new IkeInput.PeerHeard(side.ChildSas.Single().Id), pair.Now);
        }

        Assert.Equal(2, pair.ToResponder.Sent.Count);
        Assert.Equal(2, pair.ToInitiator.Sent.Count);
    }

    [Fact]
    public void No_SA_outlives_its_hard_lifetime_when_rekeys_are_refused()
    {
        // The responder has no group of ours at a rekey: every one is refused until the end.
        using var pair = Pair.Connected(2, static c => c with { IkeLifetime = TimeSpan.FromMinutes(30), ChildLifetime = TimeSpan.FromMinutes(10) });
        var traffic = Traffic.On(pair);
        foreach (var side in pair.Sides)
        {
            var number = side == pair.Initiator ? (ushort)128 : (ushort)192;
            side.Configure(side.Connection with
            {
                IkeProposals = [new Proposal(1, ProtocolId.Ike, [], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, number), Transform.Prf(PrfAlgorithm.HmacSha512), Pair.Toy])],
                EspProposals = [new Proposal(1, ProtocolId.Esp, [], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, number)])],
            }, pair.Now);
        }

        var first = pair.Initiator.ChildSas.Single().Id;
        pair.Run(TimeSpan.FromMinutes(10.5));
        Assert.DoesNotContain(traffic.Violations, static v => v.Contains("lifetime", StringComparison.Ordinal));
        Assert.DoesNotContain(pair.Initiator.ChildSas, child => child.Id == first);
        Assert.Contains(pair.Initiator.Log, static o => o is IkeOutput.ChildSaFailed { Rekeying: not null });
        Assert.Contains(pair.Initiator.Log, static o => o is IkeOutput.RemoveChildSa { Reason.Cause: CloseCause.LifetimeExpired or CloseCause.PeerDeleted });
        pair.Run(TimeSpan.FromMinutes(20));
        Assert.Contains(pair.Initiator.Closed, static r => r.Cause is CloseCause.LifetimeExpired or CloseCause.PeerDeleted);
        Assert.DoesNotContain(traffic.Violations, static v => v.Contains("lifetime", StringComparison.Ordinal));
        var attempts = pair.Initiator.Log.Count(static o => o is IkeOutput.ChildSaFailed);
        Assert.InRange(attempts, 2, 100);
        pair.AssertNoOrphans();
    }

    [Fact]
    public void Short_lifetimes_on_a_bad_link_leave_no_gap()
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            using var pair = Pair.Connected(seed, static c => c with { IkeLifetime = TimeSpan.FromMinutes(20), ChildLifetime = TimeSpan.FromMinutes(7) });
            pair.Both(new LinkConditions(0.15, 0.1, 0.5));
            var traffic = Traffic.On(pair);
            pair.Run(TimeSpan.FromHours(3));
            pair.Both(LinkConditions.Perfect);
            pair.Run(TimeSpan.FromMinutes(1));
            Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
            Assert.True(traffic.Arrived > 1000);
            pair.Drive();
            pair.AssertAgreement();
        }
    }

    [Fact]
    public void Near_its_limit_a_child_is_replaced_and_at_its_limit_it_is_gone()
    {
        using var pair = Pair.Connected(3);
        var first = pair.Initiator.ChildSas.Single().Id;
        pair.Initiator.Endpoint.Handle(new IkeInput.ChildSaNearsLimit(first), pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Contains(pair.Initiator.Log, o => o is IkeOutput.InstallChildSa { Replaces: { } replaced } && replaced == first);

        var second = pair.Initiator.ChildSas.Single().Id;
        pair.Initiator.Endpoint.Handle(new IkeInput.ChildSaExhausted(second), pair.Now);
        Assert.DoesNotContain(pair.Initiator.ChildSas, child => child.Id == second); // at once
        pair.Drive();
        pair.AssertAgreement();
        pair.Initiator.Endpoint.Handle(new IkeInput.ChildSaExhausted(second), pair.Now); // said twice
        pair.Drive();
        pair.AssertAgreement();
        pair.Run(TimeSpan.FromMinutes(1));
        pair.AssertNoOrphans();
    }

    [Fact]
    public void A_removed_connection_is_closed_and_the_others_do_not_notice()
    {
        using var pair = Pair.Connected(4);
        var unrelated = pair.Initiator.Connection with { Name = "other" };
        pair.Initiator.Endpoint.Handle(new IkeInput.Configure([pair.Initiator.Connection, unrelated]), pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        pair.AssertAgreement();
        pair.Initiator.Endpoint.Handle(new IkeInput.Configure([unrelated]), pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.ConnectionRemoved, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(CloseCause.PeerDeleted, pair.Responder.Closed.Single().Cause);
        pair.Run(TimeSpan.FromMinutes(1));
        Assert.Empty(pair.Initiator.Endpoint.Sas);
        Assert.Throws<ArgumentException>(() => pair.Initiator.Endpoint.Handle(new IkeInput.Initiate("hub", pair.Initiator.Path), pair.Now));
    }

    [Fact]
    public void A_changed_connection_keeps_its_SA_and_changes_it_at_the_next_rekey()
    {
        using var pair = Pair.Connected(5);
        var before = pair.Initiator.ChildSas.Single().Id;
        foreach (var side in pair.Sides)
        {
            side.Configure(side.Connection with
            {
                EspProposals = [new Proposal(1, ProtocolId.Esp, [], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128), Pair.Toy])],
            }, pair.Now);
        }

        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(before, pair.Initiator.ChildSas.Single().Id);
        pair.Responder.RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(128, pair.Initiator.ChildSas.Single().Suite.KeyLength);
        Assert.Equal(ToyKeyExchange.Number, pair.Initiator.ChildSas.Single().KeyExchange);
    }

    [Fact]
    public void A_close_before_IKE_AUTH_is_answered_reaches_the_peer()
    {
        using var pair = new Pair(6);
        pair.Initiator.Initiate(pair.Now);
        while (pair.ToResponder.Sent.Count < 2) pair.Run(TimeSpan.FromMilliseconds(1)); // IKE_AUTH is on its way
        pair.Initiator.Close(pair.Now);
        pair.Run(TimeSpan.FromSeconds(2));
        Assert.Empty(pair.Responder.Endpoint.Status());
        Assert.Empty(pair.Initiator.Endpoint.Status());
        pair.Run(TimeSpan.FromMinutes(2));
        pair.AssertNoOrphans();
    }

    [Fact]
    public void A_close_during_an_IKE_rekey_leaves_nothing_at_the_peer()
    {
        using var pair = Pair.Connected(7);
        pair.Initiator.RekeyIke(pair.Now);
        pair.Run(TimeSpan.FromMilliseconds(1));
        pair.Initiator.Close(pair.Now);
        pair.Run(TimeSpan.FromSeconds(2));
        Assert.Empty(pair.Responder.Endpoint.Status());
        Assert.Empty(pair.Initiator.Endpoint.Status());
    }

    [Fact]
    public void A_child_for_other_traffic_is_used_beside_the_first()
    {
        using var pair = Pair.Connected(8);
        var other = TrafficSelector.Prefix(IpAddress.Parse("10.30.0.0"), 24);
        pair.Initiator.Configure(pair.Initiator.Connection with { RemoteSelectors = [other] }, pair.Now);
        pair.Responder.Configure(pair.Responder.Connection with { LocalSelectors = [.. pair.Responder.Connection.LocalSelectors, other] }, pair.Now);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        sa.Enqueue(new AnotherChild(), pair.Now);
        pair.Drive();
        pair.AssertSameSas();
        Assert.All(pair.Sides, static side =>
        {
            Assert.Equal(2, side.ChildSas.Count());
            Assert.All(side.ChildSas, static child => Assert.True(child.IsUsed));
        });
    }

    [Fact]
    public void What_did_not_change_is_shown_as_it_was_and_what_did_is_shown_anew()
    {
        using var pair = Pair.Connected(77);
        var first = pair.Responder.Endpoint.Status().Single();
        Assert.Same(first, pair.Responder.Endpoint.Status().Single());
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        var rekeyed = pair.Responder.Endpoint.Status().Single();
        Assert.Equal(first.Id, rekeyed.Id);
        Assert.NotEqual(first.Children.Single().InboundSpi, rekeyed.Children.Single().InboundSpi);
        Assert.True(rekeyed.Children.Single().IsUsed);
        Assert.Same(rekeyed, pair.Responder.Endpoint.Status().Single());
    }
}
