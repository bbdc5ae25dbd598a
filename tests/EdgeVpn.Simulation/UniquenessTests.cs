using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>The same identity calls again, from elsewhere: what becomes of the SA that it has.</summary>
public sealed class UniquenessTests
{
    [Theory]
    [InlineData(Uniqueness.Replace)]
    [InlineData(Uniqueness.Keep)]
    [InlineData(Uniqueness.Never)]
    public void Who_only_knows_an_identity_closes_nothing(Uniqueness policy)
    {
        using var pair = Connected(1, policy);
        var requests = pair.ToInitiator.Sent.Count;
        var third = pair.CallFromElsewhere(static c => c with { Uniqueness = Uniqueness.Replace, Credential = new AuthenticationCredential.PreSharedKey(new Secret("stolen name, no secret"u8)) });
        pair.Drive();
        Assert.Contains(third.Log.OfType<IkeOutput.MessageSeen>(), static m => m is { Sent: true } && m.Payloads.Contains("N(InitialContact)"));
        Assert.Equal(CloseCause.AuthenticationRefusedByPeer, third.Closed.Single().Cause);
        pair.Run(TimeSpan.FromSeconds(10));
        pair.AssertAgreement();
        Assert.Equal(requests + 2, pair.ToInitiator.Sent.Count); // two answers to the stranger, no question to the peer
    }

    [Fact]
    public void Replace_closes_the_older_one_once_the_newer_was_heard()
    {
        using var pair = Connected(2, Uniqueness.Replace);
        var third = pair.CallFromElsewhere(static c => c with { SendInitialContact = false });
        pair.Drive();
        Assert.Equal(2, pair.Responder.IkeSas.Count());
        Assert.True(pair.Passes(pair.Responder, third), pair.Explain("traffic did not move to the newer"));
        pair.Run(TimeSpan.FromSeconds(11));
        Assert.Equal(third.IkeSas.Single().InitiatorSpi, pair.Responder.IkeSas.Single().InitiatorSpi);
        Assert.Equal(CloseCause.Superseded, pair.Responder.Closed.Single().Cause);
        Assert.Equal(CloseCause.PeerDeleted, pair.Initiator.Closed.Single().Cause);
        Assert.True(pair.Passes(third, pair.Responder) && pair.Passes(pair.Responder, third));
    }

    [Fact]
    public void Replace_with_INITIAL_CONTACT_closes_the_older_one_at_once()
    {
        using var pair = Connected(3, Uniqueness.Replace);
        var third = pair.CallFromElsewhere();
        pair.Drive();
        Assert.Equal(CloseCause.Superseded, pair.Responder.Closed.Single().Cause);
        Assert.True(pair.Passes(third, pair.Responder) && pair.Passes(pair.Responder, third));
    }

    [Fact]
    public void Who_authenticates_but_hears_no_answer_takes_nothing_over()
    {
        using var pair = Connected(4, Uniqueness.Replace);
        var third = pair.CallFromElsewhere(static c => c with { SendInitialContact = false });
        pair.Run(TimeSpan.FromMilliseconds(1));
        while (pair.Responder.IkeSas.Count() < 2)
        {
            pair.Run(TimeSpan.FromMilliseconds(1));
            if (pair.Responder.IkeSas.Count() == 2) pair.Gone = third.Path.Local.Address;
        }

        pair.Run(TimeSpan.FromSeconds(20));
        pair.AssertPasses();
        pair.Run(TimeSpan.FromMinutes(2)); // it is found dead
        pair.AssertAgreement();
        Assert.Empty(pair.Initiator.Closed);
    }

    [Fact]
    public void Keep_refuses_the_newer_one_while_the_older_answers()
    {
        using var pair = Connected(5, Uniqueness.Keep);
        var third = pair.CallFromElsewhere();
        pair.Drive();
        Assert.Equal(CloseCause.AuthenticationRefusedByPeer, third.Closed.Single().Cause);
        pair.AssertAgreement();
        Assert.Contains(pair.Responder.Log, static o => o is IkeOutput.AttemptRefused { Reason.Cause: CloseCause.AlreadyConnected });
    }

    [Fact]
    public void Keep_lets_the_newer_one_in_when_the_older_is_found_dead()
    {
        using var pair = Connected(6, Uniqueness.Keep);
        pair.Gone = pair.Initiator.Path.Local.Address;
        var third = pair.CallFromElsewhere();
        third.KeepsUp = true;
        pair.Run(TimeSpan.FromSeconds(40));
        Assert.Equal(CloseCause.PeerGone, pair.Responder.Closed.First(static r => r.Cause != CloseCause.AlreadyConnected).Cause);
        Assert.True(pair.Passes(third, pair.Responder) && pair.Passes(pair.Responder, third), pair.Explain("not let in"));
    }

    [Fact]
    public void Keep_lets_the_same_peer_authenticate_anew_from_where_it_is()
    {
        using var pair = Connected(7, Uniqueness.Keep);
        pair.Initiator.Reauthenticate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(CloseCause.Reauthenticated, pair.Initiator.Closed.Single().Cause);
    }

    [Fact]
    public void Never_leaves_both_and_says_no_INITIAL_CONTACT_itself()
    {
        using var pair = Connected(8, Uniqueness.Never);
        Assert.DoesNotContain(pair.Initiator.Log.OfType<IkeOutput.MessageSeen>(), static m => m.Payloads.Contains("N(InitialContact)"));
        var third = pair.CallFromElsewhere(static c => c with { Uniqueness = Uniqueness.Replace });
        pair.Drive();
        pair.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(2, pair.Responder.IkeSas.Count());
        Assert.Single(third.IkeSas);
        Assert.Single(pair.Initiator.IkeSas);
    }

    [Fact]
    public void Another_identity_is_another_peer()
    {
        using var pair = Pair.Connected(9, static c => c.LocalIdentity.ToString().Contains("cloud", StringComparison.Ordinal) ? c with { RemoteIdentity = null } : c);
        var third = pair.CallFromElsewhere(static c => c with { LocalIdentity = Ipsec.Wire.Payloads.Identification.Fqdn("another.lab") });
        pair.Drive();
        pair.Run(TimeSpan.FromMinutes(1));
        Assert.Single(third.IkeSas);
        Assert.Single(pair.Initiator.IkeSas);
    }

    private static Pair Connected(ulong seed, Uniqueness policy) => Pair.Connected(seed, c => c with { Uniqueness = policy });
}
