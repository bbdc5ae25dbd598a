using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Key agreements that take a while at both ends: messages wait at the door, nothing is done twice, nothing is left behind.</summary>
public sealed class SlowWorkTests
{
    internal static IkeEndpointOptions Slowly(IkeEndpointOptions options) => options with
    {
        DefersAgreements = true,
        Algorithms = AlgorithmCatalog.Default
            .With(new ToyKeyExchange { IsSlow = true })
            .With(new ToyKeyExchange(ToyKeyExchange.OtherNumber) { IsSlow = true })
            .With(new ToyKeyExchange(ToyKeyExchange.ThirdNumber) { IsSlow = true }),
    };

    internal static IkeConnection WithPfs(IkeConnection connection) => connection with
    {
        EspProposals = [connection.EspProposals[0] with { Transforms = [.. connection.EspProposals[0].Transforms, Pair.Toy] }],
    };

    [Fact]
    public void A_slow_agreement_sets_up_one_SA_whatever_is_lost_or_late()
    {
        for (ulong seed = 0; seed < 60; seed++)
        {
            using var pair = new Pair(seed, both: Slowly);
            pair.Both(seed < 20 ? LinkConditions.Perfect : new LinkConditions(Loss: 0.2, Duplication: 0.2, MaxDelaySeconds: 0.3));
            foreach (var side in pair.Sides) side.Shell.ReturnsTwice = seed % 2 == 1;
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(28));
            pair.Both(LinkConditions.Perfect);
            pair.Drive();
            pair.AssertAgreement();
            Assert.All(pair.Sides, static side => Assert.Equal(0, side.Endpoint.WorkAway));
        }
    }

    [Fact]
    public void A_responder_agrees_only_when_the_peer_speaks_again()
    {
        using var pair = new Pair(1, both: Slowly);
        pair.ToInitiator.Drops = static _ => true; // the initiator's address is forged: no answer reaches it
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(25));
        Assert.Equal(0, pair.Responder.Shell.Taken);
    }

    [Fact]
    public void A_request_that_comes_again_while_its_answer_is_worked_out_asks_for_no_more_work()
    {
        using var pair = new Pair(2, both: Slowly);
        pair.Responder.Shell.Longest = TimeSpan.FromSeconds(20);
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(25));
        pair.AssertAgreement();
        Assert.Equal(1, pair.Responder.Shell.Taken);
        Assert.Contains(pair.Initiator.Log, static o => o is IkeOutput.MessageSeen { Retransmission: true });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Work_that_never_comes_back_ends_the_attempt_and_leaves_nothing(bool atInitiator)
    {
        using var pair = new Pair(3, both: Slowly);
        (atInitiator ? pair.Initiator : pair.Responder).Shell.IsStuck = true;
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromMinutes(3));
        Assert.Equal(atInitiator ? CloseCause.LocalFailure : CloseCause.PeerSilentAfterSaInit, pair.Initiator.Closed.Single().Cause);
        foreach (var side in pair.Sides)
        {
            Assert.Empty(side.Endpoint.Sas);
            Assert.Equal(0, side.Endpoint.WorkAway);
            Assert.Null(side.Endpoint.NextDeadline);
        }
    }

    [Fact]
    public void What_comes_back_for_nobody_is_dropped_and_zeroed()
    {
        using var pair = new Pair(4, both: Slowly);
        pair.Initiator.Shell.IsStuck = true;
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        var asked = pair.Initiator.Log.OfType<IkeOutput.Agree>().Single();
        var endpoint = pair.Initiator.Endpoint;

        using var foreign = new Secret(32);
        endpoint.Handle(new IkeInput.Agreed(new WorkId(asked.Work.Value + 1_000), foreign), pair.Now);
        Assert.Throws<ObjectDisposedException>(() => foreign.Octets.Length);
        endpoint.Handle(new IkeInput.Signed(asked.Work, [1, 2, 3]), pair.Now); // an answer to another question
        Assert.Equal(1, endpoint.WorkAway);

        pair.Initiator.Close(pair.Now);
        Assert.Equal(0, endpoint.WorkAway);
        Assert.Null(asked.Agreement.Compute()); // given up before anyone computed it
        using var late = new Secret(32);
        endpoint.Handle(new IkeInput.Agreed(asked.Work, late), pair.Now);
        Assert.Throws<ObjectDisposedException>(() => late.Octets.Length);
        Assert.Equal(3, endpoint.Counters.UnwantedWork);
    }

    [Fact]
    public void A_peer_that_closes_while_the_shell_works_leaves_no_work_behind()
    {
        for (ulong seed = 0; seed < 40; seed++)
        {
            using var pair = Pair.Connected(seed, WithPfs, Slowly);
            pair.Initiator.RekeyChildren(pair.Now);
            if (seed % 2 == 0) pair.Responder.RekeyIke(pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(seed * 9));
            (seed % 4 < 2 ? pair.Initiator : pair.Responder).Close(pair.Now);
            pair.Run(TimeSpan.FromMinutes(3));
            foreach (var side in pair.Sides)
            {
                Assert.Empty(side.IkeSas);
                Assert.Equal(0, side.Endpoint.WorkAway);
                Assert.Equal(0, side.Endpoint.EspSpisInUse);
            }
        }
    }
}
