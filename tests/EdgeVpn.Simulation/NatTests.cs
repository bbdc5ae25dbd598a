using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>RFC 7296 §2.23: four situations, and a mapping that moves.</summary>
public sealed class NatTests
{
    private static readonly IpAddress Public = IpAddress.Parse("198.51.100.7");
    private static readonly IpAddress Forwarded = IpAddress.Parse("198.51.100.8");

    [Theory]
    [InlineData(false, false, NatSituation.None, NatSituation.None)]
    [InlineData(true, false, NatSituation.Local, NatSituation.Remote)]
    [InlineData(false, true, NatSituation.Remote, NatSituation.Local)]
    [InlineData(true, true, NatSituation.Local | NatSituation.Remote, NatSituation.Local | NatSituation.Remote)]
    public void Both_ends_see_the_same_NATs_and_encapsulate_alike(bool initiator, bool responder, NatSituation atInitiator, NatSituation atResponder)
    {
        using var pair = Behind(initiator, responder);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(atInitiator, pair.Initiator.IkeSas.Single().Nat);
        Assert.Equal(atResponder, pair.Responder.IkeSas.Single().Nat);
        var encapsulated = initiator || responder;
        foreach (var side in pair.Sides)
        {
            var install = side.Log.OfType<IkeOutput.InstallChildSa>().Single();
            Assert.Equal(encapsulated, install.UdpEncapsulated);
            Assert.Equal(encapsulated ? 4500 : 500, install.Path.Local.Port);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Either_end_alone_can_have_ESP_encapsulated(bool byInitiator)
    {
        using var pair = new Pair(
            2,
            c => c with { ForceUdpEncapsulation = byInitiator },
            c => c with { ForceUdpEncapsulation = !byInitiator });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.All(pair.Sides, static side => Assert.True(side.Log.OfType<IkeOutput.InstallChildSa>().Single().UdpEncapsulated));
    }

    [Fact]
    public void A_mapping_that_moved_is_followed_with_the_next_authentic_message()
    {
        using var pair = Behind(initiator: true, responder: false);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.Nat = pair.Nat with { PortOffset = 20_000 };
        pair.Initiator.CheckLiveness(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        var moved = pair.Responder.Log.OfType<IkeOutput.MoveChildSas>().Last();
        Assert.Equal(4500 + 20_000, moved.Path.Remote.Port);
        Assert.Equal(moved.Path, pair.Responder.IkeSas.Single().Path);
        pair.Responder.RekeyChildren(pair.Now); // and what we ask finds the way
        pair.Drive(5);
        pair.AssertAgreement();
    }

    [Fact]
    public void Nobody_moves_an_SA_with_copies_or_forgeries()
    {
        using var pair = Behind(initiator: true, responder: false);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.Initiator.CheckLiveness(pair.Now);
        pair.Drive();
        var path = pair.Responder.IkeSas.Single().Path;
        var thief = new Path(path.Local, IpEndpoint.Parse("198.51.100.66:4500"));
        foreach (var sent in pair.ToResponder.Sent.ToList())
        {
            pair.Responder.Endpoint.Receive(sent, thief, pair.Now);
            var forged = (byte[])sent.Clone();
            forged[23]++; // the next message ID
            pair.Responder.Endpoint.Receive(forged, thief, pair.Now);
        }

        Assert.Equal(path, pair.Responder.IkeSas.Single().Path);
    }

    [Fact]
    public void Without_a_NAT_the_peer_s_address_is_never_followed()
    {
        using var pair = Pair.Connected(3);
        var path = pair.Responder.IkeSas.Single().Path;
        pair.Nat = new Nat(Public);
        pair.Initiator.CheckLiveness(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(path, pair.Responder.IkeSas.Single().Path);
    }

    [Fact]
    public void An_authentic_ESP_packet_moves_the_SA_too()
    {
        using var pair = Behind(initiator: true, responder: false);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        var sa = pair.Responder.IkeSas.Single();
        var moved = new Path(sa.Path.Local, IpEndpoint.Parse("198.51.100.7:7777"));
        pair.Responder.Endpoint.Handle(new IkeInput.PeerMoved(sa.Children.Single().Id, moved), pair.Now);
        Assert.Equal(moved, pair.Responder.IkeSas.Single().Path);
    }

    private static Pair Behind(bool initiator, bool responder)
    {
        var pair = new Pair(1) { Nat = new Nat(initiator ? Public : null, responder ? Forwarded : null) };
        if (responder) pair.Initiator.Path = new Path(pair.Initiator.Path.Local, new IpEndpoint(Forwarded, 500));
        return pair;
    }
}
