using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Tests.Proposals;

public class ProposalTranslatorTests
{
    /// <summary>The vocabulary's numbers against the engine's registry, by name: neither side checks the other at compile time.</summary>
    [Theory]
    [InlineData("aes256gcm16", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesGcm16, 256)]
    [InlineData("aes192gcm12", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesGcm12, 192)]
    [InlineData("aes128gcm8", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesGcm8, 128)]
    [InlineData("aes256ccm16", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesCcm16, 256)]
    [InlineData("aes256ccm12", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesCcm12, 256)]
    [InlineData("aes256ccm8", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesCcm8, 256)]
    [InlineData("aes256ctr", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesCtr, 256)]
    [InlineData("aes128", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.AesCbc, 128)]
    [InlineData("3des", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.TripleDes, 0)]
    [InlineData("des", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.Des, 0)]
    [InlineData("null", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.Null, 0)]
    [InlineData("aes256gmac", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.NullAuthAesGmac, 256)]
    [InlineData("chacha20poly1305", TransformType.EncryptionAlgorithm, (int)EncryptionAlgorithm.ChaCha20Poly1305, 0)]
    [InlineData("sha1", TransformType.IntegrityAlgorithm, (int)IntegrityAlgorithm.HmacSha1_96, 0)]
    [InlineData("sha256", TransformType.IntegrityAlgorithm, (int)IntegrityAlgorithm.HmacSha256_128, 0)]
    [InlineData("sha384", TransformType.IntegrityAlgorithm, (int)IntegrityAlgorithm.HmacSha384_192, 0)]
    [InlineData("sha512", TransformType.IntegrityAlgorithm, (int)IntegrityAlgorithm.HmacSha512_256, 0)]
    [InlineData("md5", TransformType.IntegrityAlgorithm, (int)IntegrityAlgorithm.HmacMd5_96, 0)]
    [InlineData("prfsha1", TransformType.PseudorandomFunction, (int)PrfAlgorithm.HmacSha1, 0)]
    [InlineData("prfsha256", TransformType.PseudorandomFunction, (int)PrfAlgorithm.HmacSha256, 0)]
    [InlineData("prfsha384", TransformType.PseudorandomFunction, (int)PrfAlgorithm.HmacSha384, 0)]
    [InlineData("prfsha512", TransformType.PseudorandomFunction, (int)PrfAlgorithm.HmacSha512, 0)]
    [InlineData("prfmd5", TransformType.PseudorandomFunction, (int)PrfAlgorithm.HmacMd5, 0)]
    [InlineData("modp768", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp768, 0)]
    [InlineData("modp1024", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp1024, 0)]
    [InlineData("modp1536", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp1536, 0)]
    [InlineData("modp2048", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp2048, 0)]
    [InlineData("modp3072", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp3072, 0)]
    [InlineData("modp4096", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp4096, 0)]
    [InlineData("modp6144", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp6144, 0)]
    [InlineData("modp8192", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp8192, 0)]
    [InlineData("modp1024s160", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp1024s160, 0)]
    [InlineData("modp2048s224", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp2048s224, 0)]
    [InlineData("modp2048s256", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Modp2048s256, 0)]
    [InlineData("ecp192", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Ecp192, 0)]
    [InlineData("ecp224", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Ecp224, 0)]
    [InlineData("ecp256", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Ecp256, 0)]
    [InlineData("ecp384", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Ecp384, 0)]
    [InlineData("ecp521", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Ecp521, 0)]
    [InlineData("x25519", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Curve25519, 0)]
    [InlineData("x448", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.Curve448, 0)]
    [InlineData("mlkem512", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.MlKem512, 0)]
    [InlineData("mlkem768", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.MlKem768, 0)]
    [InlineData("mlkem1024", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.MlKem1024, 0)]
    [InlineData("none", TransformType.KeyExchangeMethod, (int)KeyExchangeMethod.None, 0)]
    [InlineData("ke1_mlkem768", TransformType.AdditionalKeyExchange1, (int)KeyExchangeMethod.MlKem768, 0)]
    [InlineData("ke7_ecp384", TransformType.AdditionalKeyExchange7, (int)KeyExchangeMethod.Ecp384, 0)]
    [InlineData("esn", TransformType.ExtendedSequenceNumbers, (int)EsnTransform.Extended, 0)]
    [InlineData("noesn", TransformType.ExtendedSequenceNumbers, (int)EsnTransform.None, 0)]
    public void Words_and_registry_have_the_same_numbers(string word, TransformType type, int id, int bits)
    {
        var transform = AlgorithmKeyword.Find(word)!.Transform;
        Assert.Equal((type, id, bits), ((TransformType)transform.Kind, transform.Id, transform.KeyLength));
    }

    [Fact]
    public void Text_becomes_a_wire_proposal_and_text_again()
    {
        var spec = ProposalParser.ParseAll(["aes256-aes128-sha256-modp2048-ecp384"], ProposalUse.Ike)[0];
        var wire = ProposalTranslator.ToWire(spec);
        Assert.Equal(ProtocolId.Ike, wire.Protocol);
        Assert.Equal(
            [
                Transform.Encryption(EncryptionAlgorithm.AesCbc, 256), Transform.Encryption(EncryptionAlgorithm.AesCbc, 128), Transform.Prf(PrfAlgorithm.HmacSha256),
                Transform.Integrity(IntegrityAlgorithm.HmacSha256_128), Transform.KeyExchange(KeyExchangeMethod.Modp2048), Transform.KeyExchange(KeyExchangeMethod.Ecp384),
            ],
            wire.Transforms);
        Assert.Equal("aes256-aes128-prfsha256-sha256-modp2048-ecp384", ProposalTranslator.ToText(wire));
        Assert.Equal(spec, ProposalParser.ParseAll([ProposalTranslator.ToText(wire)], ProposalUse.Ike)[0]);
    }

    [Fact]
    public void What_came_without_a_name_is_shown_by_its_numbers() =>
        Assert.Equal("1:99:256-4:1000", ProposalTranslator.ToText(new(1, ProtocolId.Ike, [], [new(TransformType.EncryptionAlgorithm, 99, 256), new(TransformType.KeyExchangeMethod, 1000)])));

    [Fact]
    public void The_engine_has_everything_the_defaults_name()
    {
        foreach (var spec in ProposalParser.ParseAll(DefaultProposals.Ike, ProposalUse.Ike)
            .Concat(ProposalParser.ParseAll(DefaultProposals.EspOffer, ProposalUse.Esp))
            .Concat(ProposalParser.ParseAll(DefaultProposals.EspAccept, ProposalUse.Esp)))
            Assert.Empty(EngineSupport.Missing(spec, AlgorithmCatalog.Default));
    }

    [Fact]
    public void A_post_quantum_proposal_is_offered_whole()
    {
        var proposals = ConnectionProposals.Of(Connection(["aes256gcm16-prfsha256-x25519-ke1_mlkem768"], ["aes256gcm16-x25519-ke1_mlkem768"]), AlgorithmCatalog.Default);
        Assert.Empty(proposals.Missing);
        Assert.Contains(Transform.AdditionalKeyExchange(1, KeyExchangeMethod.MlKem768), Assert.Single(proposals.IkeOffer).Transforms);
        Assert.Contains(Transform.AdditionalKeyExchange(1, KeyExchangeMethod.MlKem768), Assert.Single(proposals.EspOffer).Transforms);
    }

    [Fact]
    public void What_the_engine_lacks_is_left_out_and_said()
    {
        var connection = Connection(["aes256ctr-aes256-sha256-modp8192-modp2048", "aes256ctr-sha256-modp2048"], []);
        var proposals = ConnectionProposals.Of(connection, AlgorithmCatalog.Default);
        Assert.Equal(["aes256ctr", "modp8192"], proposals.Missing);
        Assert.Equal("aes256-prfsha256-sha256-modp2048", ProposalTranslator.ToText(Assert.Single(proposals.IkeOffer)));
    }

    [Fact]
    public void A_connection_that_names_nothing_accepts_more_than_it_offers()
    {
        var proposals = ConnectionProposals.Of(Connection([], []), AlgorithmCatalog.Default);
        Assert.Equal(DefaultProposals.Ike.Length, proposals.IkeOffer.Length);
        Assert.DoesNotContain(proposals.EspOffer.SelectMany(p => p.Transforms), t => t.Type == TransformType.KeyExchangeMethod);
        Assert.Contains(proposals.EspAccept.SelectMany(p => p.Transforms), t => t == Transform.KeyExchange(KeyExchangeMethod.Modp2048));
        Assert.Empty(proposals.Missing);
    }

    [Fact]
    public void A_connection_that_names_its_proposals_accepts_nothing_else()
    {
        var proposals = ConnectionProposals.Of(Connection(["aes256gcm16-ecp384"], ["aes256gcm16-ecp384"]), AlgorithmCatalog.Default);
        Assert.Single(proposals.EspOffer);
        Assert.Empty(proposals.EspAccept);
        Assert.Empty(proposals.IkeAccept);
    }

    private static ConnectionConfig Connection(string[] ike, string[] esp) => new()
    {
        Name = "hub",
        Remote = new() { Endpoints = [] },
        Authentication = new PskAuthentication { Secret = "hub" },
        Ike = new() { Proposals = [.. ike] },
        Esp = new() { Proposals = [.. esp] },
    };
}
