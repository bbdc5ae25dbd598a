using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

public sealed class SignatureChoiceTests
{
    private static readonly Identification Peer = Identification.Fqdn("cloud.lab");

    [Theory]
    [InlineData(SignatureKeyKind.Rsa, SignatureAlgorithm.RsaPss, SignatureHashAlgorithm.Sha256)]
    [InlineData(SignatureKeyKind.EcP256, SignatureAlgorithm.Ecdsa, SignatureHashAlgorithm.Sha256)]
    [InlineData(SignatureKeyKind.EcP384, SignatureAlgorithm.Ecdsa, SignatureHashAlgorithm.Sha384)]
    [InlineData(SignatureKeyKind.EcP521, SignatureAlgorithm.Ecdsa, SignatureHashAlgorithm.Sha512)]
    [InlineData(SignatureKeyKind.Ed25519, SignatureAlgorithm.Ed25519, SignatureHashAlgorithm.Identity)]
    public void A_peer_that_announced_hashes_gets_method_14(SignatureKeyKind key, SignatureAlgorithm algorithm, SignatureHashAlgorithm hash)
    {
        var choice = SignatureChoice.For(key, SignatureChoice.Accepted);
        Assert.Equal(AuthenticationMethod.DigitalSignature, choice!.Value.Method);
        Assert.Equal((algorithm, hash), (choice.Value.Scheme.Algorithm, choice.Value.Scheme.Hash));
    }

    [Theory]
    [InlineData(SignatureKeyKind.Rsa, AuthenticationMethod.RsaDigitalSignature)]
    [InlineData(SignatureKeyKind.EcP256, AuthenticationMethod.EcdsaSha256P256)]
    [InlineData(SignatureKeyKind.EcP384, AuthenticationMethod.EcdsaSha384P384)]
    [InlineData(SignatureKeyKind.EcP521, AuthenticationMethod.EcdsaSha512P521)]
    public void A_peer_that_announced_none_gets_the_older_methods(SignatureKeyKind key, AuthenticationMethod method) =>
        Assert.Equal(method, SignatureChoice.For(key, [])!.Value.Method);

    [Fact]
    public void What_the_peer_cannot_verify_is_not_signed()
    {
        Assert.Null(SignatureChoice.For(SignatureKeyKind.Ed25519, []));
        Assert.Null(SignatureChoice.For(SignatureKeyKind.Ed25519, [SignatureHashAlgorithm.Sha256]));
        Assert.Null(SignatureChoice.For(SignatureKeyKind.Rsa, [SignatureHashAlgorithm.Sha1]));
    }

    [Fact]
    public void SHA_1_is_not_announced() => Assert.DoesNotContain(SignatureHashAlgorithm.Sha1, SignatureChoice.Accepted);

    [Fact]
    public void The_announcement_is_read_as_it_was_written()
    {
        var read = SignatureChoice.AnnouncedIn(Read(SignatureChoice.Announcement));
        Assert.Equal(SignatureChoice.Accepted, read);
        Assert.Empty(SignatureChoice.AnnouncedIn(Read(new NoncePayload(new byte[16]))));
    }

    [Theory]
    [InlineData(CertificateEncoding.HashAndUrlOfX509Certificate, "hash and URL")]
    [InlineData(CertificateEncoding.Pgp, "encoding Pgp")]
    public void Only_certificates_in_place_are_looked_at(CertificateEncoding encoding, string words)
    {
        Assert.Null(ToVerify([new CertPayload(encoding, new byte[30])], out var fault));
        Assert.Contains(words, fault);
    }

    [Fact]
    public void Certificates_are_bounded_in_count_and_octets()
    {
        Assert.Null(ToVerify([.. Enumerable.Repeat(Certificate(10), 9)], out var fault));
        Assert.Contains("9 certificates", fault);
        Assert.Null(ToVerify([Certificate(20_000), Certificate(20_000)], out fault));
        Assert.Contains("octets", fault);
        Assert.Null(ToVerify([], out fault));
        Assert.Contains("no certificate", fault);
        Assert.NotNull(ToVerify([Certificate(1_000), Certificate(1_000)], out fault));
        Assert.Null(fault);
    }

    private static CertPayload Certificate(int octets) => new(CertificateEncoding.X509Signature, new byte[octets]);

    private static VerifyPeerErrand? ToVerify(Payload[] payloads, out string? fault)
    {
        var asked = CertificateProof.ToVerify(
            "hub", Peer, Read(payloads), new AuthPayload(AuthenticationMethod.DigitalSignature, [1]), [], out var reason);
        fault = reason?.Detail;
        return asked;
    }

    private static PayloadList Read(params Payload[] payloads)
    {
        var octets = new byte[65_535];
        var length = PayloadChain.Write(payloads, octets, out var first);
        Assert.Equal(WireError.None, PayloadList.TryRead(first, octets.AsSpan(0, length), out var list));
        return list!;
    }
}
