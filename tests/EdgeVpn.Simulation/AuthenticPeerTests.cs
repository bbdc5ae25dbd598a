using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>What a peer with the keys may say against the rules: a value comes of it, never an exception.</summary>
public sealed class AuthenticPeerTests
{
    private static readonly Transform Gcm = Transform.Encryption(EncryptionAlgorithm.AesGcm16, 256);
    private static readonly TsPayload Tsi = new(true, [TrafficSelector.Prefix(IpAddress.Parse("10.10.0.0"), 24)]);
    private static readonly TsPayload Tsr = new(false, [TrafficSelector.Prefix(IpAddress.Parse("10.20.0.0"), 24)]);
    private static readonly NoncePayload Nonce = new(new byte[32]);

    [Fact]
    public void Every_octet_of_every_inner_chain_changed_to_every_kind_of_value_is_survived()
    {
        // Requests of a full life, opened with their sender's key, changed and sealed again: what only an authentic peer can send.
        foreach (var (exchange, original) in Requests())
        {
            for (var at = -1; at < original.Inner.Length; at++)
            {
                foreach (var change in new byte[] { 0x01, 0x80, 0xff })
                {
                    using var pair = Pair.Connected(1);
                    var sa = pair.Initiator.Endpoint.Sas.Single();
                    var inner = (byte[])original.Inner.Clone();
                    var first = at < 0 ? (PayloadType)((byte)original.First ^ change) : original.First;
                    if (at >= 0) inner[at] ^= change;
                    Send(pair, Forger.Seal(sa, exchange, false, sa.NextRequestId, first, inner));
                    if (at >= 0) Send(pair, Forger.Seal(sa, exchange, false, sa.NextRequestId + 1, original.First, inner.AsSpan(0, at)));
                }
            }
        }
    }

    [Fact]
    public void Every_octet_of_every_answer_changed_is_survived_and_leaves_no_orphan()
    {
        foreach (var act in new Action<Pair>[]
            { static p => p.Initiator.RekeyChildren(p.Now), static p => p.Initiator.RekeyIke(p.Now), static p => p.Initiator.Close(p.Now), static p => p.Initiator.CheckLiveness(p.Now) })
        {
            for (var at = 0; at < 250; at++)
            {
                using var pair = Pair.Connected(2);
                var responder = pair.Responder.Endpoint.Sas.Single();
                var tampered = false;
                pair.ToInitiator.Tamper = datagram =>
                {
                    if (tampered || (datagram[19] & 0x20) == 0) return datagram;
                    tampered = true;
                    var (first, inner) = Forger.Open(responder, datagram);
                    if (at >= inner.Length) return datagram;
                    inner[at] ^= (byte)(at % 2 == 0 ? 0xff : 0x01);
                    _ = IkeHeader.TryRead(datagram, out var header);
                    return Forger.Seal(responder, header.Exchange, true, header.MessageId, first, inner);
                };
                act(pair);
                pair.Run(TimeSpan.FromMinutes(4)); // what the ends disagree about is deleted or found dead, save an SPI that only the peer knew
                foreach (var side in pair.Sides)
                    Assert.True(side.Endpoint.EspSpisInUse == side.ChildSas.Count(), pair.Explain($"octet {at}: {side.Name} leaks an SPI"));
            }
        }
    }

    [Theory]
    [InlineData(ExchangeType.IkeAuth)]
    [InlineData(ExchangeType.IkeSaInit)]
    [InlineData(ExchangeType.IkeIntermediate)]
    [InlineData((ExchangeType)240)]
    public void An_exchange_that_has_no_place_here_ends_the_SA_at_both_ends(ExchangeType exchange)
    {
        using var pair = Pair.Connected(3);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        Send(pair, Forger.Seal(sa, exchange, false, sa.NextRequestId));
        Assert.Contains(NotifyType.InvalidSyntax, Answers(pair, sa));
        Assert.Equal(CloseCause.ProtocolError, pair.Responder.Closed.Single().Cause);
    }

    [Fact]
    public void INVALID_SYNTAX_from_the_peer_ends_the_SA_without_a_Delete()
    {
        using var pair = Pair.Connected(4);
        var responder = pair.Responder.Endpoint.Sas.Single();
        pair.ToInitiator.Tamper = datagram => Forger.Seal(
            responder, (ExchangeType)datagram[18], true, 2, new NotifyPayload(ProtocolId.None, [], NotifyType.InvalidSyntax, []));
        var sent = pair.ToResponder.Sent.Count;
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive(5);
        Assert.Equal(CloseCause.ProtocolError, pair.Initiator.Closed.Single().Cause);
        Assert.Equal(sent + 1, pair.ToResponder.Sent.Count);
        Assert.Equal(0, pair.Initiator.Endpoint.EspSpisInUse);
    }

    [Fact]
    public void A_critical_payload_that_we_do_not_know_is_refused_by_its_number_and_the_SA_lives_on()
    {
        using var pair = Pair.Connected(5);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        byte[] critical = [0, 0x80, 0, 4];
        Send(pair, Forger.Seal(sa, ExchangeType.Informational, false, sa.NextRequestId, (PayloadType)200, critical));
        var notify = Read(pair, sa).Notify(NotifyType.UnsupportedCriticalPayload);
        Assert.Equal([200], notify!.Data);
        Assert.Empty(pair.Responder.Closed);
        byte[] harmless = [0, 0, 0, 4];
        Send(pair, Forger.Seal(sa, ExchangeType.Informational, false, sa.NextRequestId + 1, (PayloadType)200, harmless));
        Assert.Empty(Read(pair, sa));
    }

    [Fact]
    public void A_rekey_of_a_child_that_is_not_there_is_CHILD_SA_NOT_FOUND()
    {
        using var pair = Pair.Connected(6);
        Assert.Equal([NotifyType.ChildSaNotFound], Ask(pair, Rekey([9, 9, 9, 9]), Sa(), Nonce, Tsi, Tsr));
        Assert.Equal([NotifyType.ChildSaNotFound], Ask(pair, Rekey([]), Sa(), Nonce, Tsi, Tsr, after: 1));
        pair.AssertAgreement();
    }

    [Fact]
    public void A_child_is_refused_by_its_reason()
    {
        using var pair = Pair.Connected(7);
        Assert.Equal([NotifyType.NoProposalChosen], Ask(pair, Sa(Transform.Encryption(EncryptionAlgorithm.AesCbc, 128)), Nonce, Tsi, Tsr));
        Assert.Equal([NotifyType.NoProposalChosen], Ask(pair, Sa(Gcm, Pair.Toy), Nonce, new KePayload(ToyKeyExchange.Number, new byte[8]), Tsi, Tsr, after: 1));
        Assert.Equal([NotifyType.TsUnacceptable], Ask(pair, Sa(), Nonce, Tsi, Tsr with { Selectors = [TrafficSelector.Prefix(IpAddress.Parse("10.99.0.0"), 24)] }, after: 2));
        Assert.Equal([NotifyType.TsUnacceptable], Ask(pair, Sa(), Nonce, Tsi, Tsr with { Selectors = [] }, after: 3));
        Assert.Equal(3 + 1, pair.Responder.Log.Count(static o => o is IkeOutput.ChildSaFailed));
        pair.AssertAgreement();
        Assert.Equal([NotifyType.InvalidSyntax], Ask(pair, Sa(), Nonce, after: 4)); // no selectors at all
    }

    [Fact]
    public void A_public_value_outside_the_group_is_refused()
    {
        using var pair = Pair.Connected(8);
        pair.Responder.Configure(pair.Responder.Connection with { EspProposals = [new Proposal(1, ProtocolId.Esp, [], [Gcm, Pair.Toy])] }, pair.Now);
        Assert.Equal([NotifyType.InvalidKePayload], Ask(pair, Sa(Gcm, Pair.Toy), Nonce, new KePayload(ToyKeyExchange.OtherNumber, new byte[8]), Tsi, Tsr));
        Assert.Equal([NotifyType.InvalidKePayload], Ask(pair, Sa(Gcm, Pair.Toy), Nonce, Tsi, Tsr, after: 1));
        Assert.Equal([NotifyType.InvalidSyntax], Ask(pair, Sa(Gcm, Pair.Toy), Nonce, new KePayload(ToyKeyExchange.Number, new byte[8]), Tsi, Tsr, after: 2));
    }

    [Fact]
    public void No_peer_makes_more_children_than_the_bound()
    {
        using var pair = Pair.Connected(9, options: static o => o with { MaxChildrenPerIkeSa = 5 });
        for (uint i = 0; i < 4; i++) Assert.Empty(Ask(pair, Sa(), Nonce, Tsi, Tsr, after: i));
        Assert.Equal([NotifyType.NoAdditionalSas], Ask(pair, Sa(), Nonce, Tsi, Tsr, after: 4));
        Assert.Equal(5, pair.Responder.ChildSas.Count());
    }

    [Fact]
    public void Selectors_by_the_hundred_are_answered_with_as_many_as_fit()
    {
        using var pair = Pair.Connected(10, options: static o => o with { FragmentOctets = 0 });
        pair.Responder.Configure(
            pair.Responder.Connection with { LocalSelectors = [.. Tsr.Selectors, TrafficSelector.Prefix(IpAddress.Parse("10.21.0.0"), 24)] }, pair.Now);
        var many = Enumerable.Range(1, 255).Select(static p => TrafficSelector.AnyIPv4 with { IpProtocol = (byte)p }).ToImmutableArray();
        Assert.Empty(Ask(pair, Sa(), Nonce, Tsi with { Selectors = many }, Tsr with { Selectors = many }));
        Assert.Equal(255, Read(pair, pair.Initiator.Endpoint.Sas.Single()).TrafficSelectors(isInitiator: false)!.Selectors.Length);
    }

    [Fact]
    public void Deletes_of_what_is_not_ours_name_nothing()
    {
        using var pair = Pair.Connected(11);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var spis = Enumerable.Range(0, 200).Select(static i => new byte[] { 1, 2, (byte)(i >> 8), (byte)i }).ToImmutableArray();
        Send(pair, Forger.Seal(sa, ExchangeType.Informational, false, sa.NextRequestId, new DeletePayload(ProtocolId.Esp, spis)));
        Assert.Empty(Read(pair, sa));
        Send(pair, Forger.Seal(sa, ExchangeType.Informational, false, sa.NextRequestId + 1, new DeletePayload(ProtocolId.Ah, spis)));
        Assert.Empty(Read(pair, sa));
        pair.AssertAgreement();
    }

    [Fact]
    public void An_authentic_answer_to_nothing_is_counted_and_forgotten()
    {
        using var pair = Pair.Connected(12);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var before = pair.Responder.Endpoint.Counters.UnexpectedResponses;
        for (uint id = 0; id < 5; id++) Send(pair, Forger.Seal(sa, ExchangeType.Informational, true, id));
        Assert.Equal(before + 5, pair.Responder.Endpoint.Counters.UnexpectedResponses);
        pair.AssertAgreement();
    }

    [Fact]
    public void A_responder_that_proves_the_wrong_identity_or_none_is_refused_by_the_initiator()
    {
        foreach (var withAuth in new[] { true, false })
        {
            using var pair = new Pair(13);
            pair.ToInitiator.Tamper = datagram =>
            {
                if (datagram[18] != (byte)ExchangeType.IkeAuth) return datagram;
                var responder = pair.Responder.Endpoint.Sas.Single();
                var (first, inner) = Forger.Open(responder, datagram);
                Assert.Equal(WireError.None, PayloadList.TryRead(first, inner, out var list));
                var changed = list!.Select(p => p is AuthPayload auth && withAuth ? auth with { Data = new byte[32] } : p)
                    .Where(p => withAuth || p is not AuthPayload);
                return Forger.Seal(responder, ExchangeType.IkeAuth, true, 1, [.. changed]);
            };
            pair.Initiator.Initiate(pair.Now);
            pair.Drive(10);
            Assert.Equal(withAuth ? CloseCause.SecretMismatch : CloseCause.ProtocolError, pair.Initiator.Closed.Single().Cause);
            if (withAuth) Assert.Equal(CloseCause.AuthenticationRefusedByPeer, pair.Responder.Closed.Single().Cause); // it is told (§2.21.2)
            Assert.Equal(0, pair.Initiator.Endpoint.EspSpisInUse);
        }
    }

    /// <summary>The answer's notifications to a CREATE_CHILD_SA request of the initiator's.</summary>
    private static List<NotifyType> Ask(Pair pair, Payload a, Payload b, Payload? c = null, Payload? d = null, Payload? e = null, uint after = 0)
    {
        var sa = pair.Initiator.Endpoint.Sas.Single();
        Payload[] payloads = [.. new[] { a, b, c, d, e }.OfType<Payload>()];
        Send(pair, Forger.Seal(sa, ExchangeType.CreateChildSa, false, sa.NextRequestId + after, payloads));
        return Answers(pair, sa);
    }

    private static List<NotifyType> Answers(Pair pair, IkeSa sa) => [.. Read(pair, sa).All<NotifyPayload>().Select(static n => n.NotifyType)];

    /// <summary>What the responder answered last.</summary>
    private static PayloadList Read(Pair pair, IkeSa initiator)
    {
        var responder = pair.Responder.Endpoint.Sas.Single(sa => sa.InitiatorSpi == initiator.InitiatorSpi);
        var (first, inner) = Forger.Open(responder, pair.ToInitiator.Sent[^1]);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, inner, out var list));
        return list!;
    }

    private static void Send(Pair pair, byte[] datagram)
    {
        pair.ToInitiator.Drops = static _ => true; // the initiator knows nothing of what is said in its name
        pair.Responder.Endpoint.Receive(datagram, new Path(pair.Responder.Path.Local, pair.Responder.Path.Remote), pair.Now);
        pair.Responder.Serve(pair.ToInitiator, pair.Now);
    }

    private static SaPayload Sa(params Transform[] transforms) =>
        new([new Proposal(1, ProtocolId.Esp, [1, 2, 3, 4], transforms.Length == 0 ? [Gcm, Transform.Esn(EsnTransform.None)] : [.. transforms])]);

    private static NotifyPayload Rekey(byte[] spi) => new(ProtocolId.Esp, spi, NotifyType.RekeySa, []);

    private static List<(ExchangeType Exchange, (PayloadType First, byte[] Inner) Message)> Requests()
    {
        var requests = new List<(ExchangeType, (PayloadType, byte[]))>();
        foreach (var act in new Action<Pair>[]
            { static p => p.Initiator.RekeyChildren(p.Now), static p => p.Initiator.RekeyIke(p.Now), static p => p.Initiator.ExhaustChildren(p.Now), static p => p.Initiator.Close(p.Now) })
        {
            using var pair = Pair.Connected(1);
            var sa = pair.Initiator.Endpoint.Sas.Single();
            var sent = pair.ToResponder.Sent.Count;
            act(pair);
            pair.Run(TimeSpan.FromMilliseconds(1));
            var request = pair.ToResponder.Sent[sent];
            requests.Add(((ExchangeType)request[18], Forger.Open(sa, request)));
        }

        return requests;
    }
}
