using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>From nothing to one SA, or to the right reason at both ends.</summary>
public sealed class SetUpTests
{
    private static readonly Transform OtherToy = Transform.KeyExchange(ToyKeyExchange.OtherNumber);

    [Fact]
    public void The_group_that_the_responder_asks_for_is_used()
    {
        using var pair = DisagreeingAboutGroups();
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(ToyKeyExchange.OtherNumber, pair.Initiator.IkeSas.Single().Suite!.KeyExchange);
    }

    [Fact]
    public void Every_answer_arriving_twice_sets_up_one_SA()
    {
        for (ulong seed = 0; seed < 30; seed++)
        {
            using var pair = DisagreeingAboutGroups(seed, static o => o with { CookieThreshold = 0 });
            pair.Both(new LinkConditions(Duplication: 1, MaxDelaySeconds: 0.4));
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(20));
            pair.AssertAgreement();
            Assert.Empty(pair.Initiator.Closed);
        }
    }

    [Fact]
    public void A_round_trip_longer_than_the_first_retransmission_sets_up_one_SA()
    {
        using var pair = DisagreeingAboutGroups(3, static o => o with { CookieThreshold = 0 });
        pair.ToInitiator.DelayAll = pair.ToResponder.DelayAll = TimeSpan.FromSeconds(1);
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(25));
        pair.AssertAgreement();
        Assert.Empty(pair.Initiator.Closed);
    }

    /// <summary>As behind a NAT that shows another address with every packet, or before a gateway that fights for its life.</summary>
    [Fact]
    public void A_peer_that_wants_another_cookie_each_time_is_busy()
    {
        using var pair = new Pair(5, both: static o => o with { CookieThreshold = 0 });
        var answers = 0;
        pair.ToInitiator.Tamper = datagram =>
        {
            datagram[^1] ^= (byte)++answers; // the last octet of the cookie
            return datagram;
        };
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromMinutes(5));
        Assert.Equal(CloseCause.PeerBusy, pair.Initiator.Closed.Single().Cause);
        Assert.InRange(answers, 2, 10);
    }

    [Fact]
    public void A_group_that_was_not_offered_ends_the_attempt()
    {
        using var pair = new Pair(
            4,
            static c => c with { IkeProposals = [Ike(Pair.Toy)] },
            static c => c with { IkeProposals = [Ike(OtherToy)] });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.NoIkeProposalChosen, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(CloseCause.NoIkeProposalChosen, pair.Responder.Log.OfType<IkeOutput.AttemptRefused>().Single().Reason.Cause);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void Different_secrets_are_named_at_both_ends()
    {
        using var pair = new Pair(5, static c => c with { Credential = Psk("another") });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.AuthenticationRefusedByPeer, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(CloseCause.SecretMismatch, pair.Responder.Closed.Single().Cause);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void An_identity_that_no_connection_names_is_named_at_both_ends()
    {
        using var pair = new Pair(6, static c => c with { LocalIdentity = Identification.Fqdn("stranger.lab") });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.AuthenticationRefusedByPeer, pair.Initiator.Closed.Single().Cause);
        var refused = pair.Responder.Log.OfType<IkeOutput.AttemptRefused>().Single();
        Assert.Equal(CloseCause.IdentityMismatch, refused.Reason.Cause);
        Assert.Contains("stranger.lab", refused.Reason.Detail);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void A_responder_that_is_not_who_was_asked_for_refuses()
    {
        using var pair = new Pair(7, static c => c with { RemoteIdentity = Identification.Fqdn("elsewhere.lab") });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.AuthenticationRefusedByPeer, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(CloseCause.IdentityMismatch, pair.Responder.Log.OfType<IkeOutput.AttemptRefused>().Single().Reason.Cause);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void No_common_ESP_proposal_closes_the_attempt_at_both_ends()
    {
        using var pair = new Pair(8, static c => c with
        {
            EspProposals = [new Proposal(1, ProtocolId.Esp, [], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128), Transform.Esn(EsnTransform.None)])],
        });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.NoEspProposalChosen, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(CloseCause.NoEspProposalChosen, pair.Responder.Log.OfType<IkeOutput.ChildSaFailed>().Single().Reason.Cause);
        AssertNothingLeft(pair);
    }

    [Theory, InlineData(128), InlineData(192), InlineData(256)]
    public void Integrity_without_secrecy_is_agreed_where_both_name_it_and_only_there(ushort bits)
    {
        IkeConnection Gmac(IkeConnection connection) => connection with
        {
            EspProposals = [new Proposal(1, ProtocolId.Esp, [], [Transform.Encryption(EncryptionAlgorithm.NullAuthAesGmac, bits), Transform.Esn(EsnTransform.None)])],
        };

        using var pair = Pair.Connected((ulong)bits, Gmac);
        var child = Assert.Single(pair.Responder.Log.OfType<IkeOutput.InstallChildSa>());
        Assert.Equal((EncryptionAlgorithm.NullAuthAesGmac, bits, false), (child.Inbound.Suite.Encryption, child.Inbound.Suite.KeyLength, child.Inbound.Suite.Encrypts));
        Assert.Equal((bits / 8) + 4, child.Inbound.EncryptionKey.Length); // RFC 4543 §5.1

        using var alone = new Pair(1, initiator: Gmac);
        alone.Initiator.Initiate(alone.Now);
        alone.Drive();
        Assert.Equal(CloseCause.NoEspProposalChosen, alone.Initiator.Closed.Single().Cause);
    }

    [Fact]
    public void Selectors_without_overlap_close_the_attempt_at_both_ends()
    {
        using var pair = new Pair(9, static c => c with { RemoteSelectors = [TrafficSelector.Prefix(IpAddress.Parse("10.99.0.0"), 24)] });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(CloseCause.TrafficSelectorsUnacceptable, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(CloseCause.TrafficSelectorsUnacceptable, pair.Responder.Log.OfType<IkeOutput.ChildSaFailed>().Single().Reason.Cause);
        AssertNothingLeft(pair);
    }

    [Theory]
    [InlineData(ExchangeType.IkeSaInit, false, CloseCause.PeerSilent)]
    [InlineData(ExchangeType.IkeAuth, false, CloseCause.PeerSilentAfterSaInit)]
    [InlineData(ExchangeType.IkeAuth, true, CloseCause.PeerSilentAfterNat)]
    public void A_peer_that_falls_silent_is_given_up_within_30_seconds(ExchangeType silentFrom, bool nat, CloseCause cause)
    {
        using var pair = new Pair(10);
        if (nat) pair.Nat = new Nat(IpAddress.Parse("198.51.100.7"));
        pair.ToInitiator.Drops = datagram => datagram[18] == (byte)silentFrom;
        pair.Initiator.Initiate(pair.Now);
        var begun = pair.Now;
        while (!pair.Initiator.Closed.Any() && pair.Now - begun < TimeSpan.FromMinutes(2)) pair.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(cause, pair.Initiator.Closed.Single().Cause);
        Assert.InRange((pair.Now - begun).TotalSeconds, 25, 30.2);
        AssertNothingLeft(pair);
    }

    [Fact]
    public void A_hundred_failed_attempts_leave_nothing_behind()
    {
        using var pair = new Pair(11);
        pair.ToInitiator.Drops = static datagram => datagram[18] == (byte)ExchangeType.IkeAuth;
        for (var i = 0; i < 100; i++)
        {
            pair.Initiator.Initiate(pair.Now);
            pair.Run(TimeSpan.FromMinutes(2));
        }

        Assert.All(pair.Initiator.Closed, static reason => Assert.Equal(CloseCause.PeerSilentAfterSaInit, reason.Cause));
        Assert.Equal(100, pair.Initiator.Closed.Count());
        pair.Run(TimeSpan.FromMinutes(2));
        AssertNothingLeft(pair);
    }

    [Fact]
    public void Both_ends_initiating_at_once_end_with_one_SA()
    {
        var gone = 0;
        for (ulong seed = 0; seed < 100; seed++)
        {
            using var pair = new Pair(seed);
            pair.Both(new LinkConditions(seed < 50 ? 0 : 0.3, 0.1, 0.3));
            pair.Initiator.Initiate(pair.Now);
            if (seed % 3 == 0) pair.Run(TimeSpan.FromMilliseconds(seed * 7));
            pair.Responder.Initiate(pair.Now);
            pair.Run(TimeSpan.FromSeconds(30));
            pair.Both(LinkConditions.Perfect);
            pair.Run(TimeSpan.FromSeconds(5));
            if (seed >= 50 && pair.Sides.Any(static side => side.Closed.Any(static reason => reason.Cause == CloseCause.PeerGone))) gone++; // the link lost seven in a row
            else pair.AssertAgreement();
        }

        Assert.InRange(gone, 0, 2);
    }

    [Fact]
    public void A_restarted_peer_replaces_what_it_forgot()
    {
        using var pair = Pair.Connected(12);
        pair.Run(TimeSpan.FromMinutes(2));
        pair.Initiator.Restart();
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(CloseCause.Superseded, pair.Responder.Closed.Single().Cause);
    }

    [Fact]
    public void A_half_open_SA_is_forgotten_after_its_time()
    {
        using var pair = new Pair(13);
        pair.ToInitiator.Drops = static _ => true;
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Single(pair.Responder.Endpoint.Sas);
        pair.Run(TimeSpan.FromSeconds(31));
        Assert.Empty(pair.Responder.Endpoint.Sas);
    }

    private static Pair DisagreeingAboutGroups(ulong seed = 2, Func<IkeEndpointOptions, IkeEndpointOptions>? options = null) => new(
        seed,
        static c => c with { IkeProposals = [Ike(Pair.Toy, OtherToy)] },
        static c => c with { IkeProposals = [Ike(OtherToy)] },
        options);

    private static Proposal Ike(params Transform[] groups) => new(
        1, ProtocolId.Ike, [], [Transform.Encryption(EncryptionAlgorithm.AesGcm16, 128), Transform.Prf(PrfAlgorithm.HmacSha256), .. groups]);

    private static AuthenticationCredential.PreSharedKey Psk(string secret) => new(new Secret(System.Text.Encoding.UTF8.GetBytes(secret)));

    private static void AssertNothingLeft(Pair pair)
    {
        pair.Run(TimeSpan.FromMinutes(2));
        foreach (var side in pair.Sides)
        {
            Assert.Empty(side.Endpoint.Sas);
            Assert.Equal(0, side.Endpoint.EspSpisInUse);
            Assert.Empty(side.Installed);
            Assert.Null(side.Endpoint.NextDeadline);
        }
    }
}
