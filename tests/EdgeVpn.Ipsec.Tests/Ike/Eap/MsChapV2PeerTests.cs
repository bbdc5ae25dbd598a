using System.Buffers.Binary;
using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Eap;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike.Eap;

public sealed class MsChapV2PeerTests
{
    private const string User = "branch";
    private const string Password = "pässword";
    private static readonly byte[] Challenge = [.. Enumerable.Range(1, 16).Select(static i => (byte)i)];

    [Fact]
    public void The_whole_conversation_ends_with_one_key_at_both_ends()
    {
        using var peer = Peer();
        Assert.Equal(Message(2, 1, 1, Encoding.UTF8.GetBytes(User)), Reply(peer.Answer(Message(1, 1, 1, []))));
        var response = Reply(peer.Answer(Message(1, 2, 26, Method(1, 9, [16, .. Challenge, .. "gateway"u8]))));
        Assert.Equal(26, response[4]);
        Assert.Equal((2, 9), (response[5], response[6]));
        Assert.Equal(response.Length - 5, BinaryPrimitives.ReadUInt16BigEndian(response.AsSpan(7)));
        Assert.Equal(User, Encoding.UTF8.GetString(response.AsSpan(59)));

        var (peerChallenge, ntResponse) = (response[10..26], response[34..58]);
        using var hash = MsChapV2.PasswordHash(new Secret(Encoding.UTF8.GetBytes(Password)));
        Assert.Equal(MsChapV2.NtResponse(Challenge, peerChallenge, User, hash), ntResponse);

        var proof = MsChapV2.AuthenticatorResponse(hash, ntResponse, peerChallenge, Challenge, User);
        var success = Reply(peer.Answer(Message(1, 3, 26, Method(3, 9, Encoding.ASCII.GetBytes(proof + " M=welcome")))));
        Assert.Equal(Message(2, 3, 26, [3]), success);
        Assert.IsType<EapStep.Done>(peer.Answer([3, 4, 0, 4]));
        using var ours = peer.Msk();
        using var theirs = MsChapV2.Msk(hash, ntResponse);
        Assert.Equal(theirs.Octets.ToArray(), ours.Octets.ToArray());
    }

    [Fact]
    public void A_gateway_that_does_not_know_the_password_is_not_believed()
    {
        using var peer = Peer();
        Reply(peer.Answer(Message(1, 2, 26, Method(1, 9, [16, .. Challenge]))));
        var failed = Assert.IsType<EapStep.Failed>(peer.Answer(Message(1, 3, 26, Method(3, 9, Encoding.ASCII.GetBytes("S=" + new string('0', 40))))));
        Assert.Contains("does not know the password", failed.Reason.Detail);
    }

    [Fact]
    public void Success_out_of_turn_is_not_believed()
    {
        using var peer = Peer();
        Assert.IsType<EapStep.Failed>(peer.Answer([3, 4, 0, 4]));
        Assert.IsType<EapStep.Failed>(peer.Answer(Message(1, 3, 26, Method(3, 9, "S="u8.ToArray()))));
        Assert.Throws<InvalidOperationException>(() => peer.Msk());
    }

    [Fact]
    public void What_the_gateway_refuses_for_is_told()
    {
        using var peer = Peer();
        Reply(peer.Answer(Message(1, 2, 26, Method(1, 9, [16, .. Challenge]))));
        Assert.Equal(Message(2, 3, 26, [4]), Reply(peer.Answer(Message(1, 3, 26, Method(4, 9, "E=648 R=0 C=00 V=3 M=x"u8.ToArray())))));
        Assert.Contains("expired", Assert.IsType<EapStep.Failed>(peer.Answer([4, 4, 0, 4])).Reason.Detail);
    }

    [Fact]
    public void Another_method_is_declined_in_favour_of_this_one()
    {
        using var peer = Peer();
        Assert.Equal(Message(2, 7, 3, [26]), Reply(peer.Answer(Message(1, 7, 13, [0x20]))));
    }

    [Fact]
    public void A_gateway_that_never_ends_is_left()
    {
        using var peer = Peer();
        var rounds = 0;
        while (peer.Answer(Message(1, 1, 2, "hello"u8.ToArray())) is EapStep.Reply) Assert.True(++rounds < 20);
    }

    [Fact]
    public void No_octets_make_it_throw()
    {
        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            using var peer = Peer();
            if (i % 2 == 0) peer.Answer(Message(1, 2, 26, Method(1, 9, [16, .. Challenge])));
            var octets = new byte[random.Next(0, 40)];
            random.NextBytes(octets);
            if (octets.Length > 5 && i % 3 == 0) (octets[0], octets[4], octets[5]) = (1, 26, (byte)random.Next(0, 6));
            Assert.NotNull(peer.Answer(octets));
        }
    }

    private static MsChapV2Peer Peer() => MsChapV2Peer.Of(User, new Secret(Encoding.UTF8.GetBytes(Password)), new Crypto.SeededEntropy(5));

    private static byte[] Reply(EapStep step) => Assert.IsType<EapStep.Reply>(step).Message;

    private static byte[] Method(byte opCode, byte id, byte[] body) => [opCode, id, (byte)((body.Length + 4) >> 8), (byte)(body.Length + 4), .. body];

    private static byte[] Message(byte code, byte id, byte type, byte[] data) => [code, id, (byte)((data.Length + 5) >> 8), (byte)(data.Length + 5), type, .. data];
}
