using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>MOBIKE left the preferred way because it was dead; once it works again, the SAs go back to it.</summary>
public sealed class WayHomeTests
{
    private static readonly IpAddress Responder = IpAddress.Parse("203.0.113.2");
    private static readonly IpAddress ResponderToo = IpAddress.Parse("203.0.113.3");
    private static readonly IpAddress Initiator = IpAddress.Parse("192.0.2.2");
    private static readonly IpAddress InitiatorToo = IpAddress.Parse("192.0.2.99");

    [Theory]
    [InlineData("203.0.113.2", false)]
    [InlineData("192.0.2.2", false)]
    [InlineData("203.0.113.2", true)] // each seems to be behind a NAT, whose mappings are followed without a word
    [InlineData("192.0.2.2", true)]
    public void A_preferred_way_that_works_again_is_taken_again(string dead, bool pretendsNat)
    {
        using var pair = Away(1, IpAddress.Parse(dead), pretendsNat);
        var child = pair.Initiator.Installed.Single().Id;
        var traffic = Traffic.On(pair);
        pair.Gone = null;
        pair.Run(TimeSpan.FromSeconds(30));
        Assert.NotEqual((Initiator, Responder), Ends(pair)); // one answer is none
        pair.Run(TimeSpan.FromSeconds(75));
        Assert.Equal((Initiator, Responder), Ends(pair));
        pair.AssertAgreement();
        pair.AssertSamePaths();
        Assert.Equal(child, pair.Initiator.Installed.Single().Id);
        Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        var asked = Questions(pair);
        pair.Run(TimeSpan.FromMinutes(30));
        Assert.InRange(Questions(pair) - asked, 1, 125); // whether the peer lives, every fifteen seconds: no more is asked
    }

    [Fact]
    public void A_way_that_stays_dead_costs_a_question_a_minute_and_nothing_else()
    {
        using var pair = Away(2, Responder);
        pair.Responder.RekeyIke(pair.Now); // the successor goes on asking
        pair.Drive();
        var toDead = 0;
        pair.ToResponder.Sending = path => toDead += path.Remote.Address == Responder ? 1 : 0;
        for (var minute = 0; minute < 60; minute++)
        {
            pair.Run(TimeSpan.FromMinutes(1));
            if (minute % 10 == 5) pair.Initiator.RekeyChildren(pair.Now);
        }

        Assert.Equal(ResponderToo, Ends(pair).Responder);
        Assert.InRange(toDead, 80, 160);
        Assert.DoesNotContain(pair.Sides.SelectMany(static side => side.Closed), static r => r.Cause != CloseCause.Rekeyed);
        pair.Drive();
        pair.AssertAgreement();
    }

    [Fact]
    public void A_way_that_answers_now_and_then_is_not_taken()
    {
        using var pair = Away(3, Responder);
        for (var i = 0; i < 120; i++)
        {
            pair.Gone = i % 2 == 0 ? null : Responder;
            pair.Run(TimeSpan.FromSeconds(15));
            Assert.Equal(ResponderToo, Ends(pair).Responder);
        }
    }

    [Fact]
    public void A_way_that_comes_and_goes_is_returned_to_ever_more_seldom()
    {
        using var pair = Away(4, Responder);
        var waits = new List<double>();
        for (var i = 0; i < 7; i++)
        {
            pair.Gone = null;
            var since = pair.Now;
            while (Ends(pair) != (Initiator, Responder) && pair.Now - since < TimeSpan.FromHours(1)) pair.Run(TimeSpan.FromSeconds(1));
            waits.Add((pair.Now - since).TotalMinutes);
            pair.Gone = Responder;
            pair.Run(TimeSpan.FromSeconds(40));
            Assert.Equal(ResponderToo, Ends(pair).Responder);
        }

        Assert.InRange(waits[0], 0.7, 1.6);
        Assert.InRange(waits[^1], 12, 17); // sixteen minutes at most
        pair.Gone = null;
        pair.Run(TimeSpan.FromHours(1));
        pair.Gone = Responder;
        pair.Run(TimeSpan.FromSeconds(40));
        pair.Gone = null;
        pair.Run(TimeSpan.FromMinutes(2)); // it was steady for long
        Assert.Equal((Initiator, Responder), Ends(pair));
    }

    [Fact]
    public void Only_an_authentic_answer_counts()
    {
        using var pair = Away(5, Responder);
        var home = new Path(IpEndpoint.Parse("192.0.2.2:4500"), IpEndpoint.Parse("203.0.113.2:4500"));
        byte[]? question = null;
        pair.ToResponder.Sending = path => question = path == home ? pair.ToResponder.Sent[^1] : question;
        for (var second = 0; second < 600; second++)
        {
            pair.Run(TimeSpan.FromSeconds(1));
            if (question is null) continue;
            question[19] ^= 0x28; // from the other end, and an answer
            pair.Initiator.Endpoint.Receive(question, home, pair.Now);
            question = null;
        }

        Assert.Equal(ResponderToo, Ends(pair).Responder);
        Assert.True(pair.Initiator.Endpoint.Counters.NotAuthentic > 5);
    }

    [Fact]
    public void A_peer_that_says_it_is_no_longer_there_is_not_looked_for_until_it_says_otherwise()
    {
        using var pair = Pair(6);
        pair.Gone = Responder;
        pair.Responder.Move(ResponderToo, pair.Now);
        pair.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(ResponderToo, Ends(pair).Responder);
        var there = 0;
        pair.ToResponder.Sending = path => there += path.Remote.Address == Responder ? 1 : 0;
        pair.Run(TimeSpan.FromMinutes(10));
        Assert.Equal(0, there);
        pair.Gone = null;
        pair.Responder.Configure(pair.Responder.Connection with { AdditionalAddresses = [Responder] }, pair.Now);
        pair.Run(TimeSpan.FromMinutes(2));
        Assert.Equal((Initiator, Responder), Ends(pair));
    }

    private static Pair Pair(ulong seed, bool pretendsNat = false) => Simulation.Pair.Connected(seed, c => c with
    {
        Mobike = true,
        ForceUdpEncapsulation = pretendsNat,
        AdditionalAddresses = c.LocalIdentity == Identification.Fqdn("branch.lab") ? [InitiatorToo] : [ResponderToo],
    });

    /// <summary>Two ends that found another way because one of their addresses is dead.</summary>
    private static Pair Away(ulong seed, IpAddress dead, bool pretendsNat = false)
    {
        var pair = Pair(seed, pretendsNat);
        pair.Gone = dead;
        pair.Run(TimeSpan.FromSeconds(40));
        Assert.NotEqual((Initiator, Responder), Ends(pair));
        pair.AssertAgreement();
        return pair;
    }

    private static (IpAddress Initiator, IpAddress Responder) Ends(Pair pair)
    {
        var path = pair.Initiator.IkeSas.Single().Path;
        return (path.Local.Address, path.Remote.Address);
    }

    private static int Questions(Pair pair) => pair.Initiator.Log.OfType<IkeOutput.MessageSeen>().Count(static m => m is { Sent: true, IsResponse: false });
}
