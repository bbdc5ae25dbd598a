using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>RFC 7383 between two ends whose packets must not be longer than 200 octets.</summary>
public sealed class FragmentationTests
{
    private const int PacketOctets = 200;
    private const int MessageOctets = PacketOctets - 20 - 8;

    [Fact]
    public void A_whole_life_in_fragments()
    {
        using var pair = Pair.Connected(1, options: Small);
        pair.Initiator.RekeyIke(pair.Now);
        pair.Drive();
        pair.Responder.RekeyChildren(pair.Now); // the successor inherits the agreement
        pair.Drive();
        pair.AssertAgreement();
        foreach (var link in new[] { pair.ToInitiator, pair.ToResponder })
        {
            var isProtected = link.Sent.Where(static d => d[18] != (byte)ExchangeType.IkeSaInit).ToList();
            Assert.All(isProtected, static d => Assert.InRange(d.Length, 1, MessageOctets));
            Assert.Contains(isProtected, static d => IsFragment(d) && d[18] == (byte)ExchangeType.IkeAuth);
            Assert.Contains(isProtected, static d => IsFragment(d) && d[18] == (byte)ExchangeType.CreateChildSa);
            Assert.Contains(isProtected, static d => !IsFragment(d)); // what fits is not fragmented
        }
    }

    [Fact]
    public void CBC_with_HMAC_in_fragments()
    {
        using var pair = new Pair(2, Cbc, Cbc, Small);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.All(pair.ToResponder.Sent.Skip(1), static d => Assert.InRange(d.Length, 1, MessageOctets));
        Assert.Contains(pair.ToResponder.Sent, IsFragment);

        static IkeConnection Cbc(IkeConnection c) => c with
        {
            IkeProposals =
            [
                new Proposal(1, ProtocolId.Ike, [],
                [
                    Transform.Encryption(EncryptionAlgorithm.AesCbc, 256), Transform.Integrity(IntegrityAlgorithm.HmacSha256_128),
                    Transform.Prf(PrfAlgorithm.HmacSha256), Pair.Toy,
                ]),
            ],
        };
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_end_that_does_not_offer_fragments_gets_none(bool initiatorOffers)
    {
        using var pair = new Pair(3);
        using var willing = new IkeEndpoint(new SeededEntropy(1), Small(pair.Initiator.Options));
        using var unwilling = new IkeEndpoint(new SeededEntropy(2), pair.Initiator.Options with { FragmentOctets = 0 });
        var initiator = initiatorOffers ? willing : unwilling;
        var responder = initiatorOffers ? unwilling : willing;
        initiator.Handle(new IkeInput.Configure([pair.Initiator.Connection]), pair.Now);
        responder.Handle(new IkeInput.Configure([pair.Responder.Connection]), pair.Now);
        initiator.Handle(new IkeInput.Initiate("hub", pair.Initiator.Path), pair.Now);
        var buffer = new byte[65_535];
        var datagrams = 0;
        for (var i = 0; i < 10; i++)
        {
            while (initiator.TryTransmit(buffer, out var sent)) Pass(responder, pair.Responder.Path, sent.Length);
            while (responder.TryTransmit(buffer, out var sent)) Pass(initiator, pair.Initiator.Path, sent.Length);
        }

        Assert.Equal(4, datagrams);
        Assert.Equal("Established", initiator.Status().Single().State);

        void Pass(IkeEndpoint to, Path path, int length)
        {
            datagrams++;
            Assert.False(IsFragment(buffer));
            to.Receive(buffer.AsSpan(0, length), path, pair.Now);
        }
    }

    [Fact]
    public void Every_single_lost_or_doubled_fragment_is_repaired()
    {
        for (var n = 0; n < 25; n++)
        {
            foreach (var lose in new[] { true, false })
            {
                using var pair = new Pair(4, both: Small);
                var sent = 0;
                if (lose)
                    pair.ToInitiator.Drops = pair.ToResponder.Drops = _ => sent++ == n;
                else
                    pair.Both(new LinkConditions(Duplication: 0.5, MaxDelaySeconds: 0.4)); // and out of order
                pair.Initiator.Initiate(pair.Now);
                pair.Drive();
                pair.Responder.RekeyIke(pair.Now);
                pair.Drive();
                pair.Run(TimeSpan.FromSeconds(40));
                pair.AssertAgreement();
            }
        }
    }

    [Fact]
    public void A_repeated_request_in_fragments_is_answered_once_per_first_fragment()
    {
        using var pair = Pair.Connected(5, options: Small);
        var begun = pair.ToResponder.Sent.Count;
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Run(TimeSpan.FromMilliseconds(1));
        var request = pair.ToResponder.Sent.Skip(begun).ToList();
        Assert.True(request.Count > 1);
        foreach (var fragment in request) Receive(pair, fragment);
        var answer = pair.ToInitiator.Sent.Count;
        foreach (var fragment in request) Receive(pair, fragment);
        var again = pair.ToInitiator.Sent.Skip(answer).ToList();
        Assert.Equal(pair.ToInitiator.Sent.Skip(answer - again.Count).Take(again.Count), again);
        Assert.Equal(1, pair.Responder.Endpoint.Counters.RepeatedRequests);
    }

    [Fact]
    public void A_request_repeated_in_smaller_fragments_is_put_together_from_those()
    {
        using var pair = Pair.Connected(6, options: Small);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var inner = Chain(new NotifyPayload(ProtocolId.None, [], NotifyType.InitialContact, new byte[300]));
        Receive(pair, Fragment(sa, 1, 2, inner.First, inner.Octets.AsSpan(0, 200)));
        for (ushort n = 1; n <= 4; n++)
        {
            Receive(pair, Fragment(sa, 2, 2, PayloadType.None, inner.Octets.AsSpan(200))); // of the sending before
            Receive(pair, Fragment(sa, n, 4, n == 1 ? inner.First : PayloadType.None, inner.Octets.AsSpan((n - 1) * 80, n == 4 ? inner.Octets.Length - 240 : 80)));
        }

        Assert.Empty(pair.Responder.Closed);
        Assert.Contains(pair.Responder.Log, static o => o is IkeOutput.MessageSeen { Sent: false, Exchange: ExchangeType.Informational, Payloads: ["N(InitialContact)"] });
    }

    [Fact]
    public void A_message_that_never_becomes_whole_is_dropped_and_the_next_is_read()
    {
        using var pair = Pair.Connected(7, options: Small);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        Receive(pair, Fragment(sa, 1, 3, PayloadType.Notify, new byte[100]));
        Receive(pair, Fragment(sa, 1, ushort.MaxValue, PayloadType.Notify, new byte[100])); // more than we keep
        var responder = pair.Responder.Endpoint.Sas.Single();
        Assert.True(responder.Timers.IsRunning(IkeTimer.Reassembly));
        pair.Run(FragmentBuffer.Patience + TimeSpan.FromSeconds(1));
        Assert.False(responder.Timers.IsRunning(IkeTimer.Reassembly));
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
    }

    [Fact]
    public void Fragments_that_together_are_not_a_chain_are_INVALID_SYNTAX()
    {
        using var pair = Pair.Connected(8, options: Small);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        Receive(pair, Fragment(sa, 2, 2, PayloadType.None, new byte[50]));
        Assert.Empty(pair.Responder.Closed);
        Receive(pair, Fragment(sa, 1, 2, PayloadType.SecurityAssociation, new byte[50]));
        Assert.Equal(CloseCause.ProtocolError, pair.Responder.Closed.Single().Cause);
    }

    [Fact]
    public void A_stranger_s_fragments_are_not_kept()
    {
        using var pair = Pair.Connected(9, options: Small);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var fragment = Fragment(sa, 1, 3, PayloadType.Notify, new byte[100]);
        for (var bit = 0; bit < fragment.Length * 8; bit++)
        {
            var flipped = (byte[])fragment.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Receive(pair, flipped);
        }

        Assert.False(pair.Responder.Endpoint.Sas.First(s => s.InitiatorSpi == sa.InitiatorSpi).Timers.IsRunning(IkeTimer.Reassembly));
        pair.AssertAgreement();
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(63, true)]
    [InlineData(64, false)] // more payloads than a message may have
    [InlineData(10_000, false)]
    public void What_stands_in_clear_before_a_fragment_is_not_kept(int outer, bool isRead)
    {
        using var pair = Pair.Connected(10, options: Small);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var inner = Chain(new NotifyPayload(ProtocolId.None, [], NotifyType.InitialContact, new byte[100]));
        for (ushort n = 1; n <= 2; n++)
        {
            Receive(pair, Forger.SealFragment(
                sa, ExchangeType.Informational, false, sa.NextRequestId, n, 2, n == 1 ? inner.First : PayloadType.None, inner.Octets.AsSpan((n - 1) * 50, n == 1 ? 50 : inner.Octets.Length - 50), outer));
        }

        Assert.Equal(isRead, pair.Responder.Log.Any(static o => o is IkeOutput.MessageSeen { Sent: false, Exchange: ExchangeType.Informational, Payloads: ["N(InitialContact)"] }));
        Assert.Empty(pair.Responder.Closed);
    }

    private static IkeEndpointOptions Small(IkeEndpointOptions options) => options with { FragmentOctets = PacketOctets };

    private static bool IsFragment(byte[] datagram) => datagram[16] == (byte)PayloadType.EncryptedFragment;

    private static void Receive(Pair pair, byte[] datagram)
    {
        pair.Responder.Endpoint.Receive(datagram, pair.Responder.Path, pair.Now);
        pair.Responder.Serve(pair.ToInitiator, pair.Now);
    }

    private static (PayloadType First, byte[] Octets) Chain(params Payload[] payloads)
    {
        var octets = new byte[2000];
        var length = PayloadChain.Write(payloads, octets, out var first);
        return (first, octets[..length]);
    }

    private static byte[] Fragment(IkeSa from, ushort number, ushort total, PayloadType first, ReadOnlySpan<byte> plaintext) =>
        Forger.SealFragment(from, ExchangeType.Informational, false, from.NextRequestId, number, total, first, plaintext);
}
