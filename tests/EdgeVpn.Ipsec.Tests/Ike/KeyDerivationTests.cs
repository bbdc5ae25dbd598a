using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Tests.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>
/// NIST CAVS 14.1, "IKE v2" (SP 800-135), HMAC-SHA1, key material for AES-128-CBC with HMAC-SHA1. What the vector does not hold (the keys
/// after a rekey, child keys, AUTH) was computed from it with Python's hmac by RFC 7296 §2.14–2.18.
/// </summary>
public sealed class KeyDerivationTests
{
    private const ulong SpiI = 0x34c9e7c188868785;
    private const ulong SpiR = 0x3ff77d760d2b2199;

    private static readonly byte[] Ni = Hex.Octets("32b50d5f4a3763f3");
    private static readonly byte[] Nr = Hex.Octets("9206a04b26564cb1");
    private static readonly byte[] Shared = Hex.Octets("4b2c1f971981a8ad8d0abeafabf38cf7 5fc8349c148142465ed9c8b516b8be52");
    private static readonly byte[] NewShared = Hex.Octets("863f3c9d06efd39d2b907b97f8699e5d d5251ef64a2a176f36ee40c87d4f9330");

    private static readonly Prf Prf = AlgorithmCatalog.Default.Prf(PrfAlgorithm.HmacSha1)!;

    private static readonly IkeSuite Suite = new(
        EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96, PrfAlgorithm.HmacSha1, KeyExchangeMethod.None);

    [Fact]
    public void Seven_keys_in_the_order_of_RFC_7296_section_2_14()
    {
        using var keys = Derive();
        AssertKeys(
            keys,
            d: "a14293677cc80ff8f9cc0eee30d895da9d8f4056",
            ai: "66e30ef0dfcb63c634a46002a2a63080e514a062",
            ar: "768b76606f9fa5e992204fc5a670bde3f10d6b02",
            ei: "7113936a5c55b648a194ae587b0088d5",
            er: "2204b702c979fa280870d2ed41efa9c5",
            pi: "49fd11198af1670b143d384bd275c5f594cf266b",
            pr: "05ebadca855e4249520a441a81157435a7a56cc4");
    }

    [Fact]
    public void Seven_keys_of_a_rekeyed_SA_by_section_2_18()
    {
        using var old = Derive();
        using var shared = new Secret(NewShared);
        using var keys = IkeKeys.DeriveRekeyed(Prf, old.SkD, Prf, Suite, shared, Ni, Nr, SpiI, SpiR);
        AssertKeys(
            keys,
            d: "25bed3c6e133ce57281cd88cc2de69f5df7316ce",
            ai: "c5561803d967d94f599f630f4b2908e5593bde57",
            ar: "89be2017d6ea7832ca65f86d3105f9875ee18209",
            ei: "cb658fcb7ae3ede88f725c30138b1818",
            er: "e6f4b3eddcdf439bd54c43476b533d3f",
            pi: "7f749f82ca284209b74f001b5585840a39a10571",
            pr: "759dafaff736ac3de46235506e1e683d157b3de9");
    }

    [Theory]
    [InlineData(false, "8059e3ee8810e6c3a91bc8bcd2a7a411", "51b8d0e6ae239c7b38093ad85ef4c5811a8e7b5d", "1cdabd9560b2d5e092d1f24e2d4b85ec", "cdf0ad0dc9abd94b51ee71814ca6dbc8bb51b630")]
    [InlineData(true, "bb43244c1860ad65ee1e211ffe8bb366", "1750c8f89cb9f547df7f4fa61d37301628190e38", "c66232eab4b3ab14c400a5197dd3730e", "d4820a8a10394d51e1c0400052f63ebd36b0e7ef")]
    public void Child_keys_are_the_initiator_s_first_encryption_before_integrity(bool pfs, string ei, string ai, string er, string ar)
    {
        using var ike = Derive();
        using var shared = pfs ? new Secret(NewShared) : null;
        var keys = ChildKeys.Derive(
            Prf, ike.SkD, shared, Ni, Nr, new EspSuite(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96));
        Assert.Equal(ei, Hex.Of(keys.InitiatorEncryption.Octets));
        Assert.Equal(ai, Hex.Of(keys.InitiatorIntegrity.Octets));
        Assert.Equal(er, Hex.Of(keys.ResponderEncryption.Octets));
        Assert.Equal(ar, Hex.Of(keys.ResponderIntegrity.Octets));
    }

    [Theory]
    [InlineData(true, "e2fe0e24ff7e66d1fc2fe84b627eaa34af6d25fb")]
    [InlineData(false, "64ef1402d1da58b08faeb93b6e1b712ebc25ec4f")]
    public void The_AUTH_of_a_shared_secret_covers_message_nonce_and_identity(bool asInitiator, string mic)
    {
        using var keys = Derive();
        using var secret = new Secret("simulation only"u8);
        var psk = new AuthenticationCredential.PreSharedKey(secret);
        var identity = Identification.Fqdn("branch.lab");
        var transcript = new SaInitTranscript([.. Enumerable.Repeat((byte)0x11, 100)], [.. Enumerable.Repeat((byte)0x33, 90)], Ni, Nr);
        var authenticator = new Authenticator(Prf, keys, transcript);

        var auth = authenticator.Produce(psk, identity, asInitiator);
        Assert.Equal(mic, Hex.Of(auth.Data));
        Assert.Equal(identity, authenticator.Verify(auth, psk, identity, asInitiator)?.Identity);
        Assert.Null(authenticator.Verify(auth, psk, identity, !asInitiator));
        Assert.Null(authenticator.Verify(auth, psk, Identification.Fqdn("cloud.lab"), asInitiator));
        Assert.Null(authenticator.Verify(auth with { Data = auth.Data[..^1] }, psk, identity, asInitiator));
        Assert.Null(authenticator.Verify(auth with { Method = AuthenticationMethod.DigitalSignature }, psk, identity, asInitiator));
    }

    private static IkeKeys Derive()
    {
        using var shared = new Secret(Shared);
        return IkeKeys.Derive(Prf, Suite, shared, Ni, Nr, SpiI, SpiR);
    }

    private static void AssertKeys(IkeKeys keys, string d, string ai, string ar, string ei, string er, string pi, string pr)
    {
        Assert.Equal(d, Hex.Of(keys.SkD.Octets));
        Assert.Equal(ai, Hex.Of(keys.SkAi.Octets));
        Assert.Equal(ar, Hex.Of(keys.SkAr.Octets));
        Assert.Equal(ei, Hex.Of(keys.SkEi.Octets));
        Assert.Equal(er, Hex.Of(keys.SkEr.Octets));
        Assert.Equal(pi, Hex.Of(keys.SkPi.Octets));
        Assert.Equal(pr, Hex.Of(keys.SkPr.Octets));
    }
}
