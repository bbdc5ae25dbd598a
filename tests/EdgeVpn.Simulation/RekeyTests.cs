using System.Buffers.Binary;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

public sealed class RekeyTests
{
    [Fact]
    public void Two_ends_agree_on_one_child_after_the_first_four_messages()
    {
        using var pair = Pair.Connected(seed: 1);
        Assert.Equal(2, pair.ToResponder.Sent.Count);
        Assert.Equal(2, pair.ToInitiator.Sent.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_child_rekey_from_either_side_leaves_one_new_child(bool byInitiator)
    {
        using var pair = Pair.Connected(seed: 2);
        var old = pair.Initiator.ChildSas.Single().Id;
        (byInitiator ? pair.Initiator : pair.Responder).RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.NotEqual(old, pair.Initiator.ChildSas.Single().Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_IKE_rekey_from_either_side_keeps_the_child(bool byInitiator)
    {
        using var pair = Pair.Connected(seed: 3);
        var ike = pair.Initiator.IkeSas.Single().Id;
        var child = pair.Initiator.ChildSas.Single().Id;
        (byInitiator ? pair.Initiator : pair.Responder).RekeyIke(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        Assert.NotEqual(ike, pair.Initiator.IkeSas.Single().Id);
        Assert.Equal(child, pair.Initiator.ChildSas.Single().Id);
    }

    [Fact]
    public void Lost_rekey_response_is_answered_from_the_message_window()
    {
        using var pair = Pair.Connected(seed: 7);
        pair.ToInitiator.DropNext();
        pair.Initiator.RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
    }

    [Fact]
    public void Simultaneous_child_rekeys_end_with_one_child()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            using var pair = Pair.Connected(seed);
            pair.Initiator.RekeyChildren(pair.Now);
            pair.Responder.RekeyChildren(pair.Now);
            pair.Drive();
            pair.AssertAgreement();
        }
    }

    [Fact]
    public void Simultaneous_IKE_rekeys_end_with_one_IKE_SA()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            using var pair = Pair.Connected(seed);
            pair.Initiator.RekeyIke(pair.Now);
            pair.Responder.RekeyIke(pair.Now);
            pair.Run(TimeSpan.FromSeconds(40)); // a loser that its maker never learned of is discarded
            pair.AssertAgreement();
        }
    }

    [Fact]
    public void Lifetimes_replace_every_SA_without_a_gap()
    {
        using var pair = Pair.Connected(seed: 5);
        for (var hour = 0; hour < 48; hour++)
        {
            pair.Run(TimeSpan.FromHours(1));
            pair.AssertAgreement();
        }

        Assert.Contains(pair.Initiator.Log, static output => output is IkeOutput.IkeSaEstablished { Replaces: not null });
    }

    [Fact]
    public void A_close_is_told_to_the_peer()
    {
        using var pair = Pair.Connected(seed: 6);
        pair.Initiator.Close(pair.Now);
        pair.Drive();
        pair.AssertSameSas();
        Assert.Empty(pair.Responder.IkeSas);
        Assert.Contains(pair.Responder.Log, static output => output is IkeOutput.IkeSaClosed { Reason.Cause: CloseCause.PeerDeleted });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_replaced_SA_whose_Delete_is_lost_goes_soon_after_its_successor(bool rekeyedTwice)
    {
        using var pair = Pair.Connected(seed: 8);
        var old = pair.Initiator.IkeSas.Single();
        pair.ToResponder.Drops = datagram => IsInformational(datagram, old.InitiatorSpi);
        pair.Initiator.RekeyIke(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        if (rekeyedTwice)
        {
            pair.Initiator.RekeyIke(pair.Now);
            pair.Run(TimeSpan.FromSeconds(1));
            Assert.Contains(pair.Responder.Endpoint.Status(), static sa => sa.State == "Replaced"); // it waits for the end of the line
        }

        pair.Initiator.Close(pair.Now);
        pair.Run(TimeSpan.FromSeconds(5.5));
        Assert.True(!pair.Responder.Endpoint.Status().Any(), pair.Explain("the responder still has SAs"));
        Assert.Equal(rekeyedTwice ? 2 : 1, pair.Responder.Closed.Count(static r => r.Cause == CloseCause.Rekeyed));
        Assert.DoesNotContain(pair.ToInitiator.Sent, datagram => IsInformational(datagram, old.InitiatorSpi)); // nobody is there who could be told
    }

    [Fact]
    public void A_replaced_SA_whose_Delete_nobody_answers_any_more_goes_soon_after_its_successor()
    {
        using var pair = Pair.Connected(seed: 9);
        var old = pair.Initiator.IkeSas.Single();
        pair.ToInitiator.Drops = datagram => IsInformational(datagram, old.InitiatorSpi); // the responder has no SA left to answer with
        pair.Initiator.RekeyIke(pair.Now);
        pair.Run(TimeSpan.FromSeconds(1));
        Assert.Contains(pair.Initiator.Endpoint.Status(), static sa => sa.State == "Closing");
        pair.Initiator.Close(pair.Now);
        pair.Run(TimeSpan.FromSeconds(5.5));
        Assert.True(!pair.Initiator.Endpoint.Status().Any(), pair.Explain("the initiator still has SAs"));
        Assert.Equal([CloseCause.LocalRequest, CloseCause.Rekeyed], pair.Initiator.Closed.Select(static r => r.Cause));
    }

    private static bool IsInformational(byte[] datagram, ulong initiatorSpi) =>
        datagram[18] == (byte)ExchangeType.Informational && BinaryPrimitives.ReadUInt64BigEndian(datagram) == initiatorSpi;
}
