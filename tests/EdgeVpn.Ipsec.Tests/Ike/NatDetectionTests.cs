using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>RFC 7296 §2.23.</summary>
public sealed class NatDetectionTests
{
    private static readonly IpEndpoint A = IpEndpoint.Parse("192.0.2.2:500");
    private static readonly IpEndpoint B = IpEndpoint.Parse("203.0.113.2:500");
    private static readonly IpEndpoint Translated = IpEndpoint.Parse("198.51.100.7:1024");

    [Theory]
    [InlineData(false, false, NatSituation.None)]
    [InlineData(true, false, NatSituation.Remote)]
    [InlineData(false, true, NatSituation.Local)]
    [InlineData(true, true, NatSituation.Local | NatSituation.Remote)]
    public void The_receiver_sees_who_is_translated(bool sender, bool receiver, NatSituation situation)
    {
        var sent = NatDetection.Notifies(1, 0, new Path(A, receiver ? Translated : B));
        var arrived = new Path(B, sender ? Translated : A);
        Assert.Equal(situation, NatDetection.Evaluate(Read(sent), 1, 0, arrived));
    }

    [Fact]
    public void A_port_alone_is_a_translation()
    {
        var sent = NatDetection.Notifies(1, 0, new Path(A, B));
        Assert.Equal(NatSituation.Remote, NatDetection.Evaluate(Read(sent), 1, 0, new Path(B, A with { Port = 501 })));
    }

    [Fact]
    public void The_hashes_are_of_this_exchange()
    {
        var sent = Read(NatDetection.Notifies(1, 0, new Path(A, B)));
        Assert.Equal(NatSituation.Local | NatSituation.Remote, NatDetection.Evaluate(sent, 2, 0, new Path(B, A)));
        Assert.Equal(NatSituation.Local | NatSituation.Remote, NatDetection.Evaluate(sent, 1, 3, new Path(B, A)));
    }

    [Fact]
    public void One_of_several_source_hashes_is_enough()
    {
        var sent = NatDetection.Notifies(1, 0, new Path(Translated, B)).First();
        Assert.Equal(NatSituation.None, NatDetection.Evaluate(Read([sent, .. NatDetection.Notifies(1, 0, new Path(A, B))]), 1, 0, new Path(B, A)));
    }

    [Fact]
    public void A_peer_that_sends_no_hashes_does_no_NAT_traversal() =>
        Assert.Null(NatDetection.Evaluate(Read(NatDetection.Notifies(1, 0, new Path(A, B)).Take(1)), 1, 0, new Path(B, A)));

    [Fact]
    public void A_pretended_NAT_is_the_sender_s()
    {
        var sent = Read(NatDetection.Notifies(1, 0, new Path(A, B), pretend: true));
        Assert.Equal(NatSituation.Remote, NatDetection.Evaluate(sent, 1, 0, new Path(B, A)));
    }

    /// <summary>Computed with Python's hashlib: sha1(SPIi | SPIr | 192.0.2.2 | 500).</summary>
    [Fact]
    public void The_hash_is_SHA1_over_SPIs_address_and_port() => Assert.Equal(
        "e5911d28990efd7fb3f72591dfc526b169e814e0",
        Convert.ToHexStringLower(NatDetection.Notifies(0x0102030405060708, 0x1112131415161718, new Path(A, B)).First().Data));

    private static PayloadList Read(IEnumerable<Payload> payloads)
    {
        var octets = new byte[1000];
        var length = PayloadChain.Write([.. payloads], octets, out var first);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets.AsSpan(0, length), out var list));
        return list!;
    }
}
