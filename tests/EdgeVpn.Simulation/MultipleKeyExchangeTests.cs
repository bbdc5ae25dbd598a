using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Exchanges;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>IKE_INTERMEDIATE (RFC 9242) and more than one key exchange per SA (RFC 9370).</summary>
public sealed class MultipleKeyExchangeTests
{
    [Theory]
    [InlineData(1_280)]
    [InlineData(200)]
    [InlineData(0)]
    public void X25519_with_ML_KEM_768_sets_up_and_rekeys_both_SAs(int fragmentOctets)
    {
        using var pair = Pair.Connected(1, PostQuantum, o => o with { FragmentOctets = fragmentOctets });
        Assert.Equal([KeyExchangeMethod.MlKem768], pair.Initiator.IkeSas.Single().Suite!.AdditionalKeyExchanges);
        Assert.Equal(2, Exchanges(pair, ExchangeType.IkeIntermediate));
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(2, Exchanges(pair, ExchangeType.IkeFollowupKe));
        pair.Responder.RekeyIke(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(4, Exchanges(pair, ExchangeType.IkeFollowupKe));
        Assert.Equal([KeyExchangeMethod.MlKem768], pair.Responder.IkeSas.Single().Suite!.AdditionalKeyExchanges);
        pair.Run(TimeSpan.FromMinutes(1)); // what was replaced lingers
        pair.AssertNoOrphans();
    }

    [Fact]
    public void Every_one_of_them_can_be_worked_out_by_a_slow_shell()
    {
        using var pair = Pair.Connected(10, Pair.WithFurtherKeyExchanges, SlowWorkTests.Slowly);
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.Responder.RekeyIke(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Equal(2 * (1 + 2), Exchanges(pair, ExchangeType.IkeFollowupKe));
    }

    [Fact]
    public void Several_key_exchanges_are_made_in_the_order_of_their_transforms()
    {
        using var pair = Pair.Connected(2, Pair.WithFurtherKeyExchanges);
        var intermediates = pair.Initiator.Log.OfType<IkeOutput.MessageSeen>().Where(static m => m is { Sent: true, Exchange: ExchangeType.IkeIntermediate }).ToList();
        Assert.Equal(["KE(1025)", "KE(1026)"], intermediates.SelectMany(static m => m.Payloads));
        Assert.Equal([1u, 2u], intermediates.Select(static m => m.MessageId));
    }

    [Theory]
    [InlineData(1_280)]
    [InlineData(200)]
    public void Set_up_survives_the_loss_of_any_one_or_two_datagrams(int fragmentOctets)
    {
        var sent = Set(3, fragmentOctets, []);
        for (var a = 0; a < sent; a++)
        {
            Set(3, fragmentOctets, [a]);
            for (var b = a + 1; b < sent + 2; b++) Set(3, fragmentOctets, [a, b]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void AUTH_covers_what_was_said_in_IKE_INTERMEDIATE(byte messageId)
    {
        using var pair = new Pair(4, Pair.WithFurtherKeyExchanges, Pair.WithFurtherKeyExchanges);
        pair.ToResponder.Tamper = datagram =>
            datagram[18] == (byte)ExchangeType.IkeIntermediate && datagram[23] == messageId
                ? Reseal(pair.Initiator.Endpoint.Sas.Single(), datagram) // as one could who had broken the first key exchange
                : datagram;
        pair.Initiator.Initiate(pair.Now);
        pair.Drive(10);
        Assert.Empty(pair.Initiator.IkeSas);
        Assert.Contains(pair.Sides.SelectMany(static s => s.Closed), static c => c.Cause is CloseCause.SecretMismatch or CloseCause.AuthenticationRefusedByPeer);
    }

    [Fact]
    public void Without_the_peer_s_word_nothing_is_negotiated_down_unless_configured_so()
    {
        foreach (var optional in new[] { false, true })
        {
            using var pair = new Pair(5, c => Optional(c, optional), c => Optional(c, optional));
            pair.ToResponder.Tamper = static datagram => datagram[18] == (byte)ExchangeType.IkeSaInit
                ? Without(datagram, NotifyType.IntermediateExchangeSupported)
                : datagram;
            pair.Initiator.Initiate(pair.Now);
            pair.Drive(10);
            Assert.Empty(pair.Initiator.IkeSas); // not even then: the request was changed on its way, and AUTH says so
            Assert.Equal(
                optional ? CloseCause.AuthenticationRefusedByPeer : CloseCause.NoIkeProposalChosen, pair.Initiator.Closed.Single().Cause);
        }

        using var old = new Pair(6, static c => Optional(c, true));
        old.Initiator.Initiate(old.Now);
        old.Drive();
        old.AssertAgreement();
        Assert.Empty(old.Initiator.IkeSas.Single().Suite!.AdditionalKeyExchanges);
    }

    [Fact]
    public void IKE_AUTH_before_the_key_exchanges_that_were_agreed_is_refused()
    {
        using var pair = new Pair(7, Pair.WithFurtherKeyExchanges, Pair.WithFurtherKeyExchanges);
        pair.ToResponder.Tamper = datagram => datagram[18] == (byte)ExchangeType.IkeIntermediate
            ? Forger.Seal(pair.Initiator.Endpoint.Sas.Single(), ExchangeType.IkeAuth, false, 1, new IdPayload(true, pair.Initiator.Connection.LocalIdentity))
            : datagram;
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.All(pair.Responder.Endpoint.Sas, static sa => Assert.True(sa.IsClosed));
        Assert.Empty(pair.Responder.Installed);
    }

    [Fact]
    public void A_follow_up_that_nobody_awaits_is_STATE_NOT_FOUND_and_only_one_is_awaited()
    {
        using var pair = Pair.Connected(8, Pair.WithFurtherKeyExchanges);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var id = sa.NextRequestId;
        using var ke = new ToyKeyExchange(ToyKeyExchange.OtherNumber).Initiate(new SeededEntropy(1));
        var link = new NotifyPayload(ProtocolId.None, [], NotifyType.AdditionalKeyExchange, [1, 2, 3]);
        Assert.Equal(NotifyType.StateNotFound, Ask(pair, sa, ExchangeType.IkeFollowupKe, id++, new KePayload(ToyKeyExchange.OtherNumber, ke.PublicValue), link));
        Assert.Equal(NotifyType.AdditionalKeyExchange, Ask(pair, sa, ExchangeType.CreateChildSa, id++, NewChild(pair)));
        Assert.Equal(2, pair.Responder.Endpoint.EspSpisInUse);
        Assert.Equal(NotifyType.TemporaryFailure, Ask(pair, sa, ExchangeType.CreateChildSa, id++, NewChild(pair)));
        Assert.Equal(NotifyType.StateNotFound, Ask(pair, sa, ExchangeType.IkeFollowupKe, id++, new KePayload(ToyKeyExchange.OtherNumber, ke.PublicValue), link));
        Assert.Single(pair.Responder.ChildSas);
        pair.ToInitiator.Drops = null;
        pair.Run(AwaitedFollowUps.Patience + TimeSpan.FromSeconds(1));
        Assert.Equal(1, pair.Responder.Endpoint.EspSpisInUse); // given up, the SPI is free again
    }

    [Fact]
    public void A_rekey_that_the_peer_never_finishes_is_forgotten_and_ours_works()
    {
        using var pair = Pair.Connected(9, Pair.WithFurtherKeyExchanges);
        pair.ToResponder.Drops = static d => d[18] == (byte)ExchangeType.IkeFollowupKe;
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Run(TimeSpan.FromSeconds(20));
        Assert.NotNull(pair.Responder.Endpoint.Sas.Single().Awaited);
        pair.Responder.RekeyChildren(pair.Now);
        pair.ToResponder.Drops = null;
        pair.Run(TimeSpan.FromMinutes(3));
        pair.AssertAgreement();
        pair.AssertNoOrphans();
        Assert.Null(pair.Responder.Endpoint.Sas.Single(static sa => sa.IsEstablished).Awaited);
    }

    private static int Set(ulong seed, int fragmentOctets, int[] lost)
    {
        using var pair = new Pair(seed, Pair.WithFurtherKeyExchanges, Pair.WithFurtherKeyExchanges, o => o with { FragmentOctets = fragmentOctets });
        var sent = 0;
        pair.ToInitiator.Drops = pair.ToResponder.Drops = _ => lost.Contains(sent++);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.Empty(pair.Initiator.Closed);
        return sent;
    }

    private static IkeConnection PostQuantum(IkeConnection connection) => connection with
    {
        IkeProposals =
        [
            new Proposal(1, ProtocolId.Ike, [],
            [
                Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Prf(PrfAlgorithm.HmacSha256),
                Transform.KeyExchange(KeyExchangeMethod.Curve25519), Transform.AdditionalKeyExchange(1, KeyExchangeMethod.MlKem768),
            ]),
        ],
        EspProposals =
        [
            new Proposal(1, ProtocolId.Esp, [],
            [
                Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256), Transform.Esn(EsnTransform.None),
                Transform.KeyExchange(KeyExchangeMethod.Curve25519), Transform.AdditionalKeyExchange(1, KeyExchangeMethod.MlKem768),
            ]),
        ],
    };

    private static IkeConnection Optional(IkeConnection connection, bool optional) => Pair.WithFurtherKeyExchanges(connection) with
    {
        EspProposals = connection.EspProposals,
        IkeProposals = [.. Pair.WithFurtherKeyExchanges(connection).IkeProposals.Select(p => p with
        {
            Transforms = optional
                ? [.. p.Transforms, new Transform(TransformType.AdditionalKeyExchange1, 0), new Transform(TransformType.AdditionalKeyExchange2, 0)]
                : p.Transforms,
        })],
    };

    private static int Exchanges(Pair pair, ExchangeType type) => pair.Initiator.Log.OfType<IkeOutput.MessageSeen>().Count(m => m.Exchange == type && !m.Retransmission);

    private static byte[] Without(byte[] datagram, NotifyType type)
    {
        _ = IkeHeader.TryRead(datagram, out var header);
        Assert.Equal(WireError.None, PayloadList.TryRead(header.NextPayload, datagram.AsSpan(IkeHeader.Size), out var list));
        return PayloadChain.WriteMessage(header, [.. list!.Where(p => p is not NotifyPayload n || n.NotifyType != type)]);
    }

    private static byte[] Reseal(IkeSa sa, byte[] datagram)
    {
        _ = IkeHeader.TryRead(datagram, out var header);
        var (first, inner) = Forger.Open(sa, datagram);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, inner, out var list));
        return Forger.Seal(sa, header.Exchange, header.IsResponse, header.MessageId, [.. list!, new NotifyPayload(ProtocolId.None, [], (NotifyType)40_000, [])]);
    }

    private static Payload[] NewChild(Pair pair)
    {
        using var ke = new ToyKeyExchange().Initiate(new SeededEntropy(1));
        return
        [
            new SaPayload([pair.Initiator.Connection.EspProposals[0] with { Number = 1, Spi = [1, 2, 3, 4] }]), new NoncePayload(new byte[32]),
            new KePayload(ToyKeyExchange.Number, ke.PublicValue),
            new TsPayload(true, pair.Initiator.Connection.LocalSelectors), new TsPayload(false, pair.Initiator.Connection.RemoteSelectors),
        ];
    }

    private static NotifyType? Ask(Pair pair, IkeSa sa, ExchangeType exchange, uint id, params Payload[] payloads)
    {
        pair.ToInitiator.Drops = static _ => true;
        pair.Responder.Endpoint.Receive(Forger.Seal(sa, exchange, false, id, payloads), pair.Responder.Path, pair.Now);
        pair.Responder.Serve(pair.ToInitiator, pair.Now);
        var (first, inner) = Forger.Open(pair.Responder.Endpoint.Sas.Single(), pair.ToInitiator.Sent[^1]);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, inner, out var list));
        return list!.Find<NotifyPayload>()?.NotifyType;
    }
}
