using System.Buffers.Binary;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Messages outside of any SA, outside of the window, or against the composition rules (RFC 7296 §1.5, §2.3, §2.5, §2.21).</summary>
public sealed class StrayTests
{
    [Fact]
    public void A_request_for_an_SPI_that_is_not_ours_is_answered_INVALID_IKE_SPI_and_the_asker_only_looks_whether_the_peer_lives()
    {
        using var pair = Pair.Connected(1);
        pair.Responder.Restart();
        var answers = pair.ToInitiator.Sent.Count;
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        var answer = pair.ToInitiator.Sent[answers];
        Assert.Equal(WireError.None, IkeHeader.TryRead(answer, out var header));
        var request = pair.Initiator.Endpoint.Sas.Single();
        Assert.Equal((request.InitiatorSpi, request.ResponderSpi), (header.InitiatorSpi, header.ResponderSpi));
        Assert.True(header.IsResponse && !header.IsFromOriginalInitiator);
        Assert.Equal(NotifyType.InvalidIkeSpi, Clear(answer).All<NotifyPayload>().Single().NotifyType);
        Assert.True(pair.Initiator.Endpoint.Counters.InvalidSpiHints > 0);
        Assert.Single(pair.Initiator.IkeSas); // a hint ends nothing
        pair.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(CloseCause.PeerGone, pair.Initiator.Closed.Single().Cause); // the silence to its questions does
    }

    [Fact]
    public void A_forged_INVALID_IKE_SPI_makes_one_question_in_ten_seconds_and_nothing_else()
    {
        using var pair = Pair.Connected(2);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var forged = PayloadChain.WriteMessage(
            new IkeHeader(sa.InitiatorSpi, sa.ResponderSpi, PayloadType.None, IkeHeader.Version2, ExchangeType.Informational, IkeHeaderFlags.Response, 7, 0),
            [new NotifyPayload(ProtocolId.None, [], NotifyType.InvalidIkeSpi, [])]);
        var sent = pair.ToResponder.Sent.Count;
        for (var i = 0; i < 200; i++)
        {
            pair.Initiator.Endpoint.Receive(forged, pair.Initiator.Path, pair.Now);
            pair.Run(TimeSpan.FromMilliseconds(100)); // 20 s in all, questions of the usual kind come after 15
        }

        Assert.InRange(pair.ToResponder.Sent.Count - sent, 2, 4);
        pair.AssertAgreement();
    }

    [Fact]
    public void Strays_are_answered_ten_at_once_then_one_a_second_never_longer_and_never_in_answer_to_an_answer()
    {
        using var pair = Pair.Connected(3);
        var responder = pair.Responder;
        foreach (var length in new[] { 28, 32, 35, 36, 80, 400 })
        {
            foreach (var response in new[] { false, true })
            {
                foreach (var version in new byte[] { 0x10, 0x20, 0x30, 0xff })
                {
                    var before = pair.ToInitiator.Sent.Count;
                    responder.Endpoint.Receive(Stray(length, version, response), responder.Path, pair.Now);
                    responder.Serve(pair.ToInitiator, pair.Now);
                    var answers = pair.ToInitiator.Sent.Skip(before).ToList();
                    Assert.Equal(!response && length >= 36 && version >= 0x20 ? 1 : 0, answers.Count);
                    Assert.All(answers, answer => Assert.True(answer.Length <= length));
                    if (answers.Count > 0)
                    {
                        Assert.Equal(
                            version == 0x20 ? NotifyType.InvalidIkeSpi : NotifyType.InvalidMajorVersion,
                            Clear(answers[0]).All<NotifyPayload>().Single().NotifyType);
                        Assert.Equal(IkeHeader.Version2, answers[0][17]);
                    }

                    pair.Run(TimeSpan.FromSeconds(2));
                }
            }
        }

        pair.Run(TimeSpan.FromSeconds(20));
        var answered = responder.Endpoint.Counters.StraysAnswered;
        for (var i = 0; i < 10_000; i++) responder.Endpoint.Receive(Stray(80, 0x20, false), responder.Path, pair.Now);
        Assert.InRange(responder.Endpoint.Counters.StraysAnswered - answered, 1, 10);
        while (responder.Endpoint.TryTransmit(new byte[65_535], out _)) continue;
        pair.AssertAgreement();
    }

    [Fact]
    public void A_request_ahead_of_the_window_is_not_answered_but_the_peer_is_told_once_a_minute_and_only_if_it_is_its_own()
    {
        using var pair = Pair.Connected(4);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var responder = pair.Responder.Endpoint.Sas.Single();
        pair.ToInitiator.Drops = static _ => false;
        var ahead = Forger.Seal(sa, ExchangeType.Informational, false, sa.NextRequestId + 5);
        var forged = (byte[])ahead.Clone();
        forged[^1] ^= 1;
        var before = pair.ToInitiator.Sent.Count;
        Deliver(pair, forged);
        Assert.Equal(before, pair.ToInitiator.Sent.Count);
        for (var i = 0; i < 5; i++) Deliver(pair, ahead);
        var told = pair.ToInitiator.Sent.Skip(before).Single();
        Assert.Equal(WireError.None, IkeHeader.TryRead(told, out var header));
        Assert.False(header.IsResponse);
        var (first, inner) = Forger.Open(responder, told);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, inner, out var list));
        Assert.Equal(sa.NextRequestId + 5, BinaryPrimitives.ReadUInt32BigEndian(list!.Notify(NotifyType.InvalidMessageId)!.Data));
        pair.Drive();
        Deliver(pair, ahead);
        Assert.False(responder.IsBusy);
        pair.Drive();
        pair.AssertAgreement();
    }

    [Theory]
    [InlineData(ExchangeType.CreateChildSa, 2, 1)]
    [InlineData(ExchangeType.CreateChildSa, 1, 2)]
    [InlineData(ExchangeType.CreateChildSa, 1, 0)]
    [InlineData(ExchangeType.CreateChildSa, 0, 1)]
    public void A_request_with_a_payload_twice_or_missing_is_INVALID_SYNTAX(ExchangeType exchange, int sas, int nonces)
    {
        using var pair = Pair.Connected(5);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        var proposal = new SaPayload([pair.Initiator.Connection.EspProposals[0] with { Spi = [1, 2, 3, 4] }]);
        Payload[] payloads =
        [
            .. Enumerable.Repeat(proposal, sas), .. Enumerable.Repeat(new NoncePayload(new byte[32]), nonces),
            new TsPayload(true, pair.Initiator.Connection.LocalSelectors), new TsPayload(false, pair.Initiator.Connection.RemoteSelectors),
        ];
        Deliver(pair, Forger.Seal(sa, exchange, false, sa.NextRequestId, payloads));
        Assert.Equal(CloseCause.ProtocolError, pair.Responder.Closed.Single().Cause);
        Assert.Equal(0, pair.Responder.Endpoint.EspSpisInUse);
    }

    [Fact]
    public void A_payload_that_has_no_place_in_a_request_is_not_read_and_does_no_harm()
    {
        using var pair = Pair.Connected(6);
        var sa = pair.Initiator.Endpoint.Sas.Single();
        Deliver(pair, Forger.Seal(sa, ExchangeType.Informational, false, sa.NextRequestId, new NoncePayload(new byte[32])));
        Assert.Empty(pair.Responder.Closed);
    }

    [Fact]
    public void IKE_SA_INIT_with_two_key_exchanges_is_dropped_before_anything_is_computed()
    {
        using var pair = new Pair(7);
        pair.ToResponder.Tamper = datagram =>
        {
            if (datagram[18] != (byte)ExchangeType.IkeSaInit) return datagram;
            _ = IkeHeader.TryRead(datagram, out var header);
            var payloads = Clear(datagram);
            return PayloadChain.WriteMessage(header, [.. payloads, payloads.Find<KePayload>()!]);
        };
        pair.Initiator.Initiate(pair.Now);
        pair.Run(TimeSpan.FromSeconds(3));
        Assert.Empty(pair.Responder.Endpoint.Sas);
        Assert.True(pair.Responder.Endpoint.Counters.MalformedMessages > 0);
    }

    private static void Deliver(Pair pair, byte[] datagram)
    {
        pair.Responder.Endpoint.Receive(datagram, pair.Responder.Path, pair.Now);
        pair.Responder.Serve(pair.ToInitiator, pair.Now);
    }

    private static PayloadList Clear(byte[] datagram)
    {
        Assert.Equal(WireError.None, PayloadList.TryRead((PayloadType)datagram[16], datagram.AsSpan(IkeHeader.Size), out var list));
        return list!;
    }

    private static byte[] Stray(int length, byte version, bool response)
    {
        var datagram = new byte[length];
        new IkeHeader(
            0x1111, 0x2222, PayloadType.Encrypted, version, ExchangeType.Informational, response ? IkeHeaderFlags.Response : IkeHeaderFlags.Initiator, 3, (uint)length)
            .Write(datagram);
        return datagram;
    }
}
