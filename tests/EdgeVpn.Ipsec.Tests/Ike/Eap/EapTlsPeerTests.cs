using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Eap;
using EdgeVpn.Ipsec.Ike.Eap.Tls;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire.Payloads;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike.Eap;

public sealed class EapTlsPeerTests
{
    private static readonly byte[] Success = [3, 9, 0, 4];
    private static readonly byte[] Failure = [4, 9, 0, 4];
    private TlsConversation? _conversation;
    private byte[] _records = [];

    [Theory]
    [InlineData(false, SignatureKeyKind.EcP256)]
    [InlineData(false, SignatureKeyKind.EcP521)]
    [InlineData(false, SignatureKeyKind.Rsa)]
    [InlineData(true, SignatureKeyKind.EcP256)]
    [InlineData(true, SignatureKeyKind.EcP384)]
    [InlineData(true, SignatureKeyKind.Rsa)]
    public void The_whole_conversation_ends_with_one_key_at_both_ends(bool tls13, SignatureKeyKind kind)
    {
        var gateway = new TestTlsGateway(tls13);
        var credentials = new TestTlsGateway.Credentials(kind);
        using var peer = Peer(kind);
        Assert.IsType<EapStep.Done>(Play(peer, gateway, credentials));
        using var msk = peer.Msk();
        Assert.Equal(gateway.Msk, msk.Octets.ToArray());
        using var certificate = TestTlsGateway.Certificate("gateway.lab", SignatureKeyKind.EcP256);
        Assert.Equal("CN=gateway.lab", System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(Assert.Single(credentials.Judged)).Subject);
    }

    [Fact]
    public void Identity_is_told_and_other_methods_are_declined()
    {
        using var peer = Peer();
        Assert.Equal([2, 7, 0, 11, 1, .. "branch"u8], Reply(peer.Answer([1, 7, 0, 5, 1])));
        Assert.Equal([2, 8, 0, 6, 3, 13], Reply(peer.Answer([1, 8, 0, 6, 26, 0])));
    }

    [Fact]
    public void Long_flights_go_in_fragments_both_ways()
    {
        var gateway = new TestTlsGateway(tls13: false, fragment: 97);
        using var peer = Peer(SignatureKeyKind.Rsa, intermediates: 3);
        Assert.IsType<EapStep.Done>(Play(peer, gateway, new TestTlsGateway.Credentials(SignatureKeyKind.Rsa)));
        Assert.InRange(gateway.Heard, 10, 40);
        Assert.InRange(gateway.Largest, 1_000, 1_020);
    }

    [Fact]
    public void A_gateway_that_is_not_believed_gets_an_alert_and_no_certificate_of_ours()
    {
        var gateway = new TestTlsGateway(tls13: false);
        using var peer = Peer();
        var failed = Assert.IsType<EapStep.Failed>(Play(peer, gateway, new TestTlsGateway.Credentials(
            SignatureKeyKind.EcP256, new CloseReason(CloseCause.CertificateRefused, Detail: "unknown authority"))));
        Assert.Equal((CloseCause.CertificateRefused, "unknown authority"), (failed.Reason.Cause, failed.Reason.Detail));
        Assert.Equal(failed.Reason, peer.Fault);
        Assert.Null(gateway.Msk);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_gateway_that_refuses_our_certificate_is_heard(bool tls13)
    {
        using var peer = Peer();
        var failed = Assert.IsType<EapStep.Failed>(Play(peer, new TestTlsGateway(tls13, refuses: true), new TestTlsGateway.Credentials(SignatureKeyKind.EcP256)));
        Assert.Equal(CloseCause.CertificateRefusedByPeer, failed.Reason.Cause);
        Assert.Contains("unknown_ca", failed.Reason.Detail);
    }

    [Fact]
    public void EAP_TLS_success_out_of_turn_is_not_believed()
    {
        using var peer = Peer();
        Assert.IsType<EapStep.Failed>(peer.Answer(Success));
        Assert.Throws<InvalidOperationException>(() => peer.Msk());

        var gateway = new TestTlsGateway(tls13: false);
        using var begun = Peer();
        var hello = Reply(Step(begun, gateway.Start(), new TestTlsGateway.Credentials(SignatureKeyKind.EcP256)));
        Step(begun, gateway.Answer(hello), new TestTlsGateway.Credentials(SignatureKeyKind.EcP256));
        Assert.IsType<EapStep.Failed>(begun.Answer(Success));
    }

    [Fact]
    public void TLS_1_3_is_not_over_before_the_gateway_says_so()
    {
        using var peer = Peer();
        var failed = Assert.IsType<EapStep.Failed>(Play(peer, new TestTlsGateway(tls13: true, saysOver: false), new TestTlsGateway.Credentials(SignatureKeyKind.EcP256)));
        Assert.Contains("before TLS has come to its end", failed.Reason.Detail);
    }

    [Fact]
    public void A_flight_beyond_the_bound_is_not_kept()
    {
        var chunk = new byte[4_000];
        using var peer = Peer();
        Step(peer, [1, 1, 0, 6, 13, 0x20], new TestTlsGateway.Credentials(SignatureKeyKind.EcP256));
        var rounds = 0;
        while (peer.Answer(Message((byte)(2 + rounds), [0x40, .. chunk])) is EapStep.Reply) Assert.True(++rounds <= 16);
        Assert.Equal(16, rounds);

        using var announced = Peer();
        Step(announced, [1, 1, 0, 6, 13, 0x20], new TestTlsGateway.Credentials(SignatureKeyKind.EcP256));
        Assert.IsType<EapStep.Failed>(announced.Answer(Message(2, [0xC0, 0, 1, 0, 1, 22])));
    }

    [Fact]
    public void Failure_without_a_word_is_about_our_certificate()
    {
        using var peer = Peer();
        Assert.Equal(CloseCause.CertificateRefusedByPeer, Assert.IsType<EapStep.Failed>(peer.Answer(Failure)).Reason.Cause);
    }

    [Fact]
    public void Flipped_octets_of_the_gateway_s_flights_never_throw_and_never_give_another_key()
    {
        var random = new Random(11);
        for (var i = 0; i < 60; i++)
        {
            var gateway = new TestTlsGateway(tls13: i % 2 == 0, fragment: 4_000);
            var credentials = new TestTlsGateway.Credentials(SignatureKeyKind.EcP256);
            using var peer = Peer();
            var step = Step(peer, gateway.Start(), credentials);
            for (var round = 0; round < 6 && step is EapStep.Reply reply; round++)
            {
                var request = gateway.Answer(reply.Message);
                if (request.Length > 12) request[random.Next(10, request.Length)] ^= (byte)(1 << random.Next(8));
                step = Step(peer, request, credentials);
            }

            if (step is not EapStep.Done) continue; // a record's version octets, say, mean nothing
            using var msk = peer.Msk();
            Assert.Equal(gateway.Msk, msk.Octets.ToArray());
        }
    }

    private EapStep Play(EapPeer peer, TestTlsGateway gateway, ITlsCredentials credentials)
    {
        var step = Step(peer, gateway.Start(), credentials);
        while (step is EapStep.Reply reply) step = Step(peer, gateway.Answer(reply.Message), credentials);
        return step;
    }

    /// <summary>One message, with the shell's part done at once.</summary>
    private EapStep Step(EapPeer peer, byte[] request, ITlsCredentials credentials)
    {
        var step = peer.Answer(request);
        if (step is not EapStep.Away away) return step;
        Assert.True(away.Errand.TryTake(new IkeInput.TlsSpoken(new WorkId(1), _conversation!.Take(_records, credentials))));
        return away.Then();
    }

    private EapTlsPeer Peer(SignatureKeyKind kind = SignatureKeyKind.EcP256, int intermediates = 0)
    {
        using var certificate = TestTlsGateway.Certificate("branch", kind);
        byte[][] chain = [certificate.RawData, .. Enumerable.Repeat(certificate.RawData, intermediates)];
        return new EapTlsPeer(
            "branch",
            new TlsConversation(new Crypto.SeededEntropy(5), [.. chain], kind),
            (conversation, records) =>
            {
                (_conversation, _records) = (conversation, records);
                return new TlsErrand("hub", Identification.Fqdn("gateway.lab"), conversation, records);
            });
    }

    private static byte[] Reply(EapStep step) => Assert.IsType<EapStep.Reply>(step).Message;

    private static byte[] Message(byte id, byte[] data) => [1, id, (byte)((data.Length + 5) >> 8), (byte)(data.Length + 5), 13, .. data];
}
