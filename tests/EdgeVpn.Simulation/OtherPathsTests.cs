using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>MOBIKE's lists of further addresses (RFC 4555 §3.4, §3.6) and the search for a way that works (§3.10).</summary>
public sealed class OtherPathsTests
{
    private static readonly IpAddress ResponderToo = IpAddress.Parse("203.0.113.3");
    private static readonly IpAddress InitiatorToo = IpAddress.Parse("192.0.2.99");

    [Theory]
    [InlineData("203.0.113.2")]
    [InlineData("192.0.2.2")]
    public void A_dead_address_is_left_for_another_and_that_for_the_first_again(string dead)
    {
        using var pair = WithTwoAddressesEach(1);
        var before = pair.Initiator.Installed.Single().Id;
        pair.Gone = IpAddress.Parse(dead);
        pair.Run(TimeSpan.FromSeconds(30)); // a third of the DPD timeout until the question, and some seconds of silence
        var path = pair.Initiator.IkeSas.Single().Path;
        Assert.DoesNotContain(pair.Gone.Value, new[] { path.Local.Address, path.Remote.Address });
        var seen = pair.Responder.IkeSas.Single().Path;
        Assert.Equal((path.Local.Address, path.Remote.Address), (seen.Remote.Address, seen.Local.Address));
        Assert.Equal(before, pair.Initiator.Installed.Single().Id);
        Assert.All(pair.Initiator.Installed, c => Assert.Equal(path, c.Path));
        Assert.All(pair.Responder.Installed, c => Assert.Equal(seen, c.Path));
        Assert.Empty(pair.Initiator.Closed);
        pair.Responder.RekeyIke(pair.Now); // the successor knows the lists, and goes back
        pair.Drive();
        pair.Gone = pair.Gone == pair.Initiator.Path.Local.Address ? path.Local.Address : path.Remote.Address;
        pair.Run(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(pair.Initiator.Closed, static r => r.Cause != CloseCause.Rekeyed);
        Assert.DoesNotContain(pair.Gone.Value, new[] { pair.Initiator.IkeSas.Single().Path.Local.Address, pair.Initiator.IkeSas.Single().Path.Remote.Address });
    }

    [Fact]
    public void While_the_peer_answers_no_other_way_is_tried()
    {
        using var pair = WithTwoAddressesEach(2);
        var paths = new HashSet<Path>();
        for (var i = 0; i < 3_000; i++)
        {
            pair.Run(TimeSpan.FromSeconds(1));
            paths.Add(pair.ToResponder.LastPath);
        }

        Assert.Equal(pair.Initiator.IkeSas.Single().Path, Assert.Single(paths));
    }

    [Fact]
    public void Where_every_way_is_dead_the_peer_is_given_up_in_time()
    {
        using var pair = WithTwoAddressesEach(3);
        pair.Both(LinkConditions.Cut);
        var sent = pair.ToResponder.Sent.Count;
        pair.Run(TimeSpan.FromSeconds(46));
        Assert.Equal(CloseCause.PeerGone, pair.Initiator.Closed.Single().Cause);
        Assert.InRange(pair.ToResponder.Sent.Count - sent, 10, 60); // seven transmissions, three other ways
    }

    [Fact]
    public void The_end_that_was_called_says_where_it_is_and_is_followed()
    {
        using var pair = WithTwoAddressesEach(4);
        var elsewhere = IpAddress.Parse("203.0.113.77");
        pair.Gone = pair.Responder.Path.Local.Address;
        pair.Responder.Move(elsewhere, pair.Now);
        pair.Run(TimeSpan.FromSeconds(8));
        Assert.Equal(elsewhere, pair.Initiator.IkeSas.Single().Path.Remote.Address);
        pair.AssertAgreement();
        pair.AssertSamePaths();
    }

    [Fact]
    public void A_changed_list_is_told_and_an_empty_one_too()
    {
        using var pair = WithTwoAddressesEach(5);
        pair.Responder.Configure(pair.Responder.Connection with { AdditionalAddresses = [] }, pair.Now);
        pair.Drive();
        Assert.Contains(pair.Initiator.Log.OfType<IkeOutput.MessageSeen>(), static m => !m.Sent && m.Payloads is ["N(AdditionalIp4Address)"]); // where it is
        pair.Initiator.Configure(pair.Initiator.Connection with { AdditionalAddresses = [] }, pair.Now);
        pair.Drive();
        Assert.Contains(pair.Responder.Log.OfType<IkeOutput.MessageSeen>(), static m => !m.Sent && m.Payloads is ["N(NoAdditionalAddresses)"]);
        var path = pair.Initiator.IkeSas.Single().Path;
        pair.Gone = path.Remote.Address;
        pair.Run(TimeSpan.FromSeconds(60));
        Assert.Equal(CloseCause.PeerGone, pair.Initiator.Closed.Single().Cause);
    }

    [Theory]
    [InlineData("203.0.113.3", true)]
    [InlineData("203.0.113.2", false)] // the one in use
    [InlineData("10.20.0.1", false)] // behind the tunnel
    [InlineData("172.16.0.9", false)]
    [InlineData("169.254.1.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("2001:db8::3", false)] // another family than ours
    public void What_cannot_be_the_peer_s_end_is_not_tried(string address, bool isTried)
    {
        var inUse = new Path(IpEndpoint.Parse("192.0.2.2:4500"), IpEndpoint.Parse("203.0.113.2:4500"));
        var connection = Pair.Connection("branch.lab", "cloud.lab", "10.10.0.0", "10.20.0.0");
        Assert.Equal(isTried, OtherPaths.Of(inUse, connection, [], [IpAddress.Parse(address)]).Length == 1);
    }

    [Fact]
    public void A_private_network_s_own_addresses_are_tried_within_it()
    {
        var inUse = new Path(IpEndpoint.Parse("172.16.0.2:4500"), IpEndpoint.Parse("172.16.0.3:4500"));
        var connection = Pair.Connection("branch.lab", "cloud.lab", "10.10.0.0", "10.20.0.0");
        Assert.Single(OtherPaths.Of(inUse, connection, [], [IpAddress.Parse("192.168.1.1"), IpAddress.Parse("203.0.113.9"), IpAddress.Parse("10.20.0.7")]));
    }

    [Fact]
    public void A_list_without_end_costs_eight_addresses_and_twelve_ways()
    {
        var notifies = Enumerable.Range(1, 60).Select(static i =>
            (Payload)new NotifyPayload(ProtocolId.None, [], NotifyType.AdditionalIp4Address, [198, 51, 100, (byte)i]));
        var octets = new byte[60_000];
        var length = PayloadChain.Write([.. notifies], octets, out var first);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets.AsSpan(0, length), out var message));
        var told = OtherPaths.ToldIn(message!)!.Value;
        Assert.Equal(8, told.Length);
        var inUse = new Path(IpEndpoint.Parse("192.0.2.2:4500"), IpEndpoint.Parse("203.0.113.2:4500"));
        var connection = Pair.Connection("branch.lab", "cloud.lab", "10.10.0.0", "10.20.0.0");
        Assert.Equal(12, OtherPaths.Of(inUse, connection, [InitiatorToo], told).Length);
    }

    [Fact]
    public void An_address_of_the_wrong_length_is_no_address()
    {
        var octets = new byte[100];
        var length = PayloadChain.Write([new NotifyPayload(ProtocolId.None, [], NotifyType.AdditionalIp4Address, [1, 2, 3])], octets, out var first);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets.AsSpan(0, length), out var message));
        Assert.Null(OtherPaths.ToldIn(message!));
    }

    private static Pair WithTwoAddressesEach(ulong seed) => Pair.Connected(seed, static c => c with
    {
        Mobike = true,
        AdditionalAddresses = c.LocalIdentity == Identification.Fqdn("branch.lab") ? [InitiatorToo] : [ResponderToo],
    });
}
