using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>MOBIKE (RFC 4555): the initiator's address changes, its SAs stay.</summary>
public sealed class MobilityTests
{
    private static readonly IpAddress Elsewhere = IpAddress.Parse("192.0.2.77");
    private static readonly IpAddress Public = IpAddress.Parse("198.51.100.7");

    [Fact]
    public void A_new_address_is_told_proven_and_followed_by_IKE_and_ESP()
    {
        using var pair = Mobile(1);
        var before = pair.Initiator.Installed.Single().Id;
        Move(pair);
        pair.Drive();
        pair.AssertAgreement();
        pair.AssertSamePaths();
        Assert.Equal(before, pair.Initiator.Installed.Single().Id); // the same SA, not another
        Assert.Equal(Elsewhere, pair.Responder.IkeSas.Single().Path.Remote.Address);
        Assert.Contains(pair.Responder.Log.OfType<IkeOutput.MessageSeen>(), static m => m.Sent && m.Payloads.Contains("N(Cookie2)"));
        pair.Responder.RekeyIke(pair.Now);
        pair.Drive();
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        pair.AssertSamePaths();
    }

    [Fact]
    public void It_may_move_again_after_the_IKE_SA_was_rekeyed_by_the_other_end()
    {
        using var pair = Mobile(2);
        pair.Responder.RekeyIke(pair.Now);
        pair.Drive();
        Move(pair);
        pair.Drive();
        pair.Gone = Elsewhere;
        pair.Initiator.Move(IpAddress.Parse("192.0.2.78"), pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        pair.AssertSamePaths();
    }

    [Fact]
    public void No_ESP_goes_to_an_address_that_has_not_shown_that_it_hears_us()
    {
        using var pair = Mobile(3);
        pair.Initiator.Move(Elsewhere, pair.Now);
        pair.Run(TimeSpan.FromMilliseconds(1));
        pair.ToInitiator.Drops = static d => (d[19] & 0x20) == 0; // COOKIE2 never arrives there
        pair.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(Elsewhere, pair.Responder.Endpoint.Sas.Single().Path.Remote.Address);
        Assert.DoesNotContain(pair.Responder.Log, static o => o is IkeOutput.MoveChildSas);
        pair.ToInitiator.Drops = null;
        pair.Drive();
        pair.AssertSamePaths();
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_NAT_that_comes_or_goes_with_the_move_changes_the_encapsulation(bool before, bool after)
    {
        using var pair = new Pair(4, static c => c with { Mobike = true }) { Nat = new Nat(before ? Public : null) };
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        Assert.Equal(before, pair.Initiator.Log.OfType<IkeOutput.InstallChildSa>().Single().UdpEncapsulated);
        pair.Nat = new Nat(after ? Public : null);
        pair.Initiator.Move(IpAddress.Parse("192.0.2.2"), pair.Now); // no other address, no news
        Assert.DoesNotContain(pair.Initiator.Log.OfType<IkeOutput.MessageSeen>(), static m => m.Payloads.Contains("N(UpdateSaAddresses)"));
        pair.Initiator.Move(Elsewhere, pair.Now);
        if (after) pair.Nat = pair.Nat with { Inside = Elsewhere };
        pair.Drive();
        foreach (var side in pair.Sides) Assert.Equal(after, side.Log.OfType<IkeOutput.MoveChildSas>().Last().UdpEncapsulated);
        Assert.Equal(after ? NatSituation.Local : NatSituation.None, pair.Initiator.IkeSas.Single().Nat);
    }

    [Fact]
    public void IKE_on_port_4500_alone_does_not_encapsulate_ESP()
    {
        using var pair = Mobile(5);
        foreach (var side in pair.Sides)
        {
            var install = side.Log.OfType<IkeOutput.InstallChildSa>().Single();
            Assert.Equal(4500, install.Path.Remote.Port);
            Assert.False(install.UdpEncapsulated);
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Without_the_word_of_both_nothing_moves(bool offers, bool grants)
    {
        using var pair = new Pair(6, c => c with { Mobike = offers });
        if (!grants) pair.ToInitiator.Tamper = datagram => Forger.Without(pair.Responder, datagram, ExchangeType.IkeAuth, NotifyType.MobikeSupported);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.Initiator.Move(Elsewhere, pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(pair.Initiator.Log.OfType<IkeOutput.MessageSeen>(), static m => m.Payloads.Contains("N(UpdateSaAddresses)"));
    }

    [Fact]
    public void The_end_that_was_called_cannot_move_the_caller_s_SAs()
    {
        using var pair = Mobile(7);
        var responder = pair.Responder.Endpoint.Sas.Single();
        var path = pair.Initiator.IkeSas.Single().Path;
        pair.Initiator.Endpoint.Receive(
            Forger.Seal(responder, ExchangeType.Informational, false, responder.NextRequestId, new NotifyPayload(ProtocolId.None, [], NotifyType.UpdateSaAddresses, [])),
            path with { Remote = IpEndpoint.Parse("198.51.100.66:4500") },
            pair.Now);
        Assert.Equal(path, pair.Initiator.IkeSas.Single().Path);
    }

    private static Pair Mobile(ulong seed) => Pair.Connected(seed, static c => c with { Mobike = true });

    private static void Move(Pair pair)
    {
        pair.Gone = pair.Initiator.Path.Local.Address;
        pair.Initiator.Move(Elsewhere, pair.Now);
    }
}
