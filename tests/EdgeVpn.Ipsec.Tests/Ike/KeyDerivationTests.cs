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
/// after a rekey, child keys, AUTH) was computed from it with Python's hmac by RFC 7296 §2.14–2.18, RFC 8784 §3 and RFC 9370 §2.2.
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

    /// <summary>RFC 9370 §2.2.4: SK(1), of an IKE_FOLLOWUP_KE, stands behind the nonces in both seeds.</summary>
    [Fact]
    public void Rfc9370_section_2_2_4_further_key_exchanges()
    {
        using var old = Derive();
        using var shared = new Secret(NewShared);
        using var further = new Secret([.. Enumerable.Range(0, 32).Select(static i => (byte)i)]);
        using var keys = IkeKeys.DeriveRekeyed(Prf, old.SkD, Prf, Suite, shared, Ni, Nr, SpiI, SpiR, further);
        AssertKeys(
            keys,
            d: "e7628d7da1274fbe1e499b31878c037bfce4196f",
            ai: "2e2cafba8b3068d4f8cb3cd59c2f137366f4dc73",
            ar: "0bee2c3e92b70e5b6b4ff76ea8693c5b1acfef83",
            ei: "e52ba9dd4cc810adbd45e18d88920252",
            er: "10ae394550c609772951bd35a9a46a0f",
            pi: "25156e3226295770d86c27bce750df42366557ae",
            pr: "c6bfecf50f5312908d3862a2bbacde4778933d10");

        var child = ChildKeys.Derive(Prf, old.SkD, shared, Ni, Nr, new EspSuite(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96), further);
        Assert.Equal("18346eb1a93d66e9dd21d6207e88a21d", Hex.Of(child.InitiatorEncryption.Octets));
        Assert.Equal("dc849ba99dc4e6927e604fc4b266fade3a7be56c", Hex.Of(child.InitiatorIntegrity.Octets));
        Assert.Equal("3e31543689ab22a16cf861a3069dcca1", Hex.Of(child.ResponderEncryption.Octets));
        Assert.Equal("480bf0b2e6e90f96288567772c82a6f4a451041a", Hex.Of(child.ResponderIntegrity.Octets));
    }

    /// <summary>RFC 8784 §3: the PPK goes into SK_d, SK_pi and SK_pr, each by itself, and into nothing else.</summary>
    [Fact]
    public void Rfc8784_section_3_post_quantum_preshared_key()
    {
        using var keys = Derive();
        using var secret = new Secret("9sKq2LwVx7TzRb4mYc8NfGh3JdPe6UaZ5tQvXnBk1CrM"u8);
        using var mixed = keys.With(new Ppk("branch-2026", secret, IsRequired: true), Prf);
        AssertKeys(
            mixed,
            d: "2b6d23b1ce2227477dd358d9c4a2260810f82011",
            ai: Hex.Of(keys.SkAi.Octets),
            ar: Hex.Of(keys.SkAr.Octets),
            ei: Hex.Of(keys.SkEi.Octets),
            er: Hex.Of(keys.SkEr.Octets),
            pi: "2f7813d2b20e466fd9ed8a243c64bc707f4e0a23",
            pr: "f0805544b91680b2e7535a1602390f58864722b0");
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
