using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Ike;

/// <summary>Our list, the peer's list, what comes of it. Proposals are separated by a comma; within one, several of a type are alternatives.</summary>
public sealed class ProposalSelectionTests
{
    private const string None = "";

    [Theory]
    [InlineData("gcm128 prf256 g14", "gcm128 prf256 g14", "gcm128 prf256 g14")] // the same
    [InlineData("gcm128 prf256 g14", "gcm256 prf256 g14", None)] // another key length
    [InlineData("gcm256 gcm128 prf256 g14", "gcm128 gcm256 prf256 g14", "gcm256 prf256 g14")] // our order of transforms
    [InlineData("gcm128 prf256 g14, gcm256 prf384 g20", "gcm256 prf384 g20, gcm128 prf256 g14", "gcm128 prf256 g14")] // our order of proposals
    [InlineData("gcm128 prf256 g14", "gcm128 none3 prf256 g14", "gcm128 prf256 none3 g14")] // RFC 5282 §8: INTEG NONE beside an AEAD
    [InlineData("gcm128 none3 prf256 g14", "gcm128 prf256 g14", "gcm128 prf256 g14")]
    [InlineData("gcm128 prf256 g14", "gcm128 sha256 prf256 g14", None)] // integrity beside an AEAD
    [InlineData("cbc128 sha256 prf256 g14", "cbc128 prf256 g14", None)] // CBC without integrity
    [InlineData("cbc128 sha256 sha1 prf256 g14", "cbc128 sha1 prf256 g14", "cbc128 prf256 sha1 g14")]
    [InlineData("gcm128 prf256 g14 g19", "gcm128 prf256 g19", "gcm128 prf256 g19")]
    [InlineData("gcm128 prf256 g14", "gcm128 prf256 g14 type99", None)] // §3.3.6: a type that we do not know
    [InlineData("gcm128 prf256 g14", "gcm128 prf256 g14 none99", None)] // what 0 means there we do not know either
    [InlineData("gcm128 prf256 g14", "gcm128 prf256 g14 ke1:35", None)] // RFC 9370: it insists on a second key exchange
    [InlineData("gcm128 prf256 g14", "gcm128 prf256 g14 ke1:35 none6", "gcm128 prf256 g14 none6")] // it can do without
    [InlineData("gcm128 prf256 g14 ke1:35", "gcm128 prf256 g14 ke1:35", "gcm128 prf256 g14 ke1:35")]
    [InlineData("gcm128 prf256 g14 ke1:35", "gcm128 prf256 g14", None)] // we insist
    [InlineData("gcm128 prf256 g14 ke1:35 none6", "gcm128 prf256 g14", "gcm128 prf256 g14")] // we can do without
    [InlineData("gcm128 prf256 g31 ke1:31 ke1:35", "gcm128 prf256 g31 ke1:31 ke1:35", "gcm128 prf256 g31 ke1:35")] // RFC 9370 §2.2.1: no method twice
    [InlineData("gcm128 prf256 g31 ke1:31", "gcm128 prf256 g31 ke1:31", None)]
    [InlineData("gcm128 prf256 g14", "gcm128? prf256 g14", None)] // an attribute that we do not know
    [InlineData("gcm128 gcm256 prf256 g14", "gcm128? gcm256 prf256 g14", "gcm256 prf256 g14")] // spoils its transform only
    [InlineData("gcm128 prf256 g14", "esp gcm128 prf256 g14", None)] // another protocol
    public void An_IKE_proposal_is_chosen_by_our_order(string ours, string theirs, string chosen) =>
        Assert.Equal(chosen, Words(ProposalSelection.Choose(List(ours), List(theirs))));

    [Theory]
    [InlineData("esp gcm256 noesn", "esp gcm256 noesn", "gcm256 noesn")]
    [InlineData("esp gcm256 noesn", "esp gcm256", "gcm256")] // §3.3.3: no ESN transform is no ESN
    [InlineData("esp gcm256 esn", "esp gcm256", None)]
    [InlineData("esp gcm256 esn noesn", "esp gcm256 noesn esn", "gcm256 esn")]
    [InlineData("esp gcm256 noesn", "esp gcm256 noesn g14", None)] // PFS: none of ours, required by the peer
    [InlineData("esp gcm256 noesn", "esp gcm256 noesn g14 none4", "gcm256 none4 noesn")] // optional for the peer
    [InlineData("esp gcm256 noesn g14", "esp gcm256 noesn", None)] // required by us
    [InlineData("esp gcm256 noesn g14 none4", "esp gcm256 noesn", "gcm256 noesn")] // optional for us
    [InlineData("esp gcm256 noesn g14 none4", "esp gcm256 noesn g14", "gcm256 g14 noesn")]
    [InlineData("esp gcm256 noesn g14", "esp gcm256 noesn g19 g14", "gcm256 g14 noesn")]
    public void An_ESP_proposal_is_chosen_by_our_order(string ours, string theirs, string chosen) =>
        Assert.Equal(chosen, Words(ProposalSelection.Choose(List(ours), List(theirs))));

    [Theory]
    [InlineData("esp gcm256 noesn g14", "esp gcm256 noesn", "gcm256 noesn")]
    [InlineData("esp gcm256 noesn", "esp gcm256 noesn g14", "gcm256 noesn")]
    [InlineData("esp gcm256 noesn g14", "esp gcm256 noesn g19", "gcm256 noesn")]
    [InlineData("esp gcm256 noesn g14", "esp gcm256 noesn g14 ke1:35", "gcm256 noesn")]
    public void In_IKE_AUTH_groups_do_not_count(string ours, string theirs, string chosen) =>
        Assert.Equal(chosen, Words(ProposalSelection.Choose(List(ours), List(theirs), ignoreKeyExchange: true)));

    [Theory]
    [InlineData(KeyExchangeMethod.Modp2048, "g14")]
    [InlineData(KeyExchangeMethod.Ecp256, "g19")]
    [InlineData(KeyExchangeMethod.Curve25519, "g14")] // not common: our order again
    [InlineData(KeyExchangeMethod.None, "g14")]
    public void The_group_of_the_peer_s_KE_payload_saves_a_round_trip(KeyExchangeMethod preferred, string group) => Assert.Equal(
        $"gcm128 prf256 {group}",
        Words(ProposalSelection.Choose(List("gcm128 prf256 g14 g19"), List("gcm128 prf256 g31 g19 g14"), preferredMethod: preferred)));

    [Theory]
    [InlineData("gcm128 prf256 g14 ke1:35", "gcm128 prf256 g14 ke1:35", None)]
    [InlineData("gcm128 prf256 g14 ke1:35 none6", "gcm128 prf256 g14 ke1:35 none6", "gcm128 prf256 g14 none6")]
    [InlineData("gcm128 prf256 g14 ke1:35 none6", "gcm128 prf256 g14 ke1:35", None)]
    public void Without_IKE_INTERMEDIATE_no_further_key_exchange_is_chosen(string ours, string theirs, string chosen) =>
        Assert.Equal(chosen, Words(ProposalSelection.Choose(List(ours), List(theirs), allowAdditional: false)));

    [Theory]
    [InlineData("esp gcm256 noesn none4 g14 ke1:35 none6", "esp gcm256 noesn none4 ke1:35", None)] // none behind a first that does not happen
    [InlineData("esp gcm256 noesn g14 ke1:35", "esp gcm256 noesn g14 ke1:35", "gcm256 g14 noesn ke1:35")]
    public void A_child_has_further_key_exchanges_behind_a_first(string ours, string theirs, string chosen) =>
        Assert.Equal(chosen, Words(ProposalSelection.Choose(List(ours), List(theirs))));

    [Fact]
    public void The_choice_keeps_the_peer_s_number_and_SPI()
    {
        var theirs = List("esp gcm128 noesn, esp gcm256 noesn")[1] with { Spi = [1, 2, 3, 4] };
        var chosen = ProposalSelection.Choose(List("esp gcm256 noesn"), [theirs]);
        Assert.Equal(2, chosen!.Number);
        Assert.Equal([1, 2, 3, 4], chosen.Spi);
    }

    [Theory]
    [InlineData("esp gcm256 noesn", true)]
    [InlineData("esp gcm256", true)] // ESN left out
    [InlineData("esp gcm256 none3 noesn", true)] // INTEG NONE added
    [InlineData("esp gcm256 gcm128 noesn", false)] // two of a type
    [InlineData("esp gcm256 noesn esn", false)]
    [InlineData("esp gcm192 noesn", false)] // never offered
    [InlineData("esp gcm256 noesn g14", false)] // a group that was not offered
    [InlineData("esp gcm256 sha256 noesn", false)]
    [InlineData("esp noesn", false)] // no encryption
    [InlineData("esp gcm256 esn", false)]
    [InlineData("esp gcm256? noesn", false)] // an attribute that we did not send
    [InlineData("esp gcm256 noesn type99", false)]
    [InlineData("ah gcm256 noesn", false)]
    [InlineData("gcm256 noesn", false)]
    public void Only_an_offer_of_ours_is_an_answer(string answer, bool isAnswer)
    {
        var offers = List("esp gcm256 gcm128 noesn");
        Assert.Equal(isAnswer, ProposalSelection.IsAnswerTo(offers, List(answer)[0] with { Number = 1 }));
        Assert.False(ProposalSelection.IsAnswerTo(offers, List(answer)[0] with { Number = 2 }));
    }

    [Theory]
    [InlineData("esp gcm256 noesn g14 none4", "esp gcm256 noesn", true)] // PFS was optional
    [InlineData("esp gcm256 noesn g14", "esp gcm256 noesn", false)] // PFS was required
    [InlineData("esp gcm256 noesn g14 g19", "esp gcm256 noesn g14 g19", false)]
    [InlineData("esp gcm256 noesn g14 g19", "esp gcm256 noesn g19", true)]
    public void An_answer_has_the_group_that_we_require(string offer, string answer, bool isAnswer) =>
        Assert.Equal(isAnswer, ProposalSelection.IsAnswerTo(List(offer), List(answer)[0]));

    [Fact]
    public void Offers_without_groups_are_not_repeated()
    {
        var offers = ProposalSelection.Offer(List("esp gcm256 noesn g14, esp gcm256 noesn g19, esp gcm128 noesn"), [9, 9, 9, 9], withKeyExchange: false);
        Assert.Equal(["gcm256 noesn", "gcm128 noesn"], offers.Select(Words));
        Assert.Equal([1, 2], offers.Select(static o => (int)o.Number));
        Assert.All(offers, static o => Assert.Equal([9, 9, 9, 9], o.Spi));
    }

    [Theory]
    [InlineData("gcm128 sha256 prf256 g14")] // an AEAD with integrity: no such cipher
    [InlineData("cbc128 prf256 g14")]
    [InlineData("gcm128 g14")]
    [InlineData("gcm128 prf256")]
    [InlineData("gcm999 prf256 g14")]
    public void An_IKE_suite_without_a_cipher_is_none(string proposal) =>
        Assert.False(ProposalSelection.TryReadIkeSuite(List(proposal)[0], out _));

    [Theory]
    [InlineData("esp gcm128 sha256")]
    [InlineData("esp cbc128")]
    [InlineData("esp sha256")]
    public void An_ESP_suite_without_a_cipher_is_none(string proposal) =>
        Assert.False(ProposalSelection.TryReadEspSuite(List(proposal)[0], out _, out _));

    private static ImmutableArray<Proposal> List(string text) =>
        [.. text.Split(',').Select((words, index) => Read((byte)(index + 1), words.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    private static Proposal Read(byte number, string[] words)
    {
        var protocol = words[0] switch { "esp" => ProtocolId.Esp, "ah" => ProtocolId.Ah, _ => ProtocolId.Ike };
        return new Proposal(number, protocol, [], [.. words.Where(static w => w is not ("esp" or "ah")).Select(Read)]);
    }

    private static Transform Read(string word)
    {
        if (word.EndsWith('?'))
            return Read(word[..^1]) with { UnknownAttributes = [new TransformAttribute((TransformAttributeType)99, true, [0, 1])] };
        var digits = word.Split(':')[^1].TrimStart([.. "abcdefghijklmnopqrstuvwxyz"]);
        var value = digits.Length == 0 ? (ushort)0 : ushort.Parse(digits);
        return word.Split(':')[0].TrimEnd([.. "0123456789"]) switch
        {
            "gcm" => Transform.Encryption(EncryptionAlgorithm.AesGcm16, value),
            "cbc" => Transform.Encryption(EncryptionAlgorithm.AesCbc, value),
            "sha" => Transform.Integrity(value == 1 ? IntegrityAlgorithm.HmacSha1_96 : IntegrityAlgorithm.HmacSha256_128),
            "prf" => Transform.Prf(value == 256 ? PrfAlgorithm.HmacSha256 : PrfAlgorithm.HmacSha384),
            "g" => Transform.KeyExchange((KeyExchangeMethod)value),
            "ke" => Transform.AdditionalKeyExchange(1, (KeyExchangeMethod)value),
            "noesn" => Transform.Esn(EsnTransform.None),
            "esn" => Transform.Esn(EsnTransform.Extended),
            "none" => new Transform((TransformType)value, 0),
            "type" => new Transform((TransformType)value, 7),
            _ => throw new ArgumentException(word),
        };
    }

    private static string Words(Proposal? proposal) => proposal is null ? None : string.Join(' ', proposal.Transforms.Select(Word));

    private static string Word(Transform t) => t.Type switch
    {
        TransformType.EncryptionAlgorithm => $"gcm{t.KeyLength}".Replace("gcm", t.Id == (ushort)EncryptionAlgorithm.AesCbc ? "cbc" : "gcm"),
        TransformType.IntegrityAlgorithm when t.Id != 0 => t.Id == (ushort)IntegrityAlgorithm.HmacSha1_96 ? "sha1" : "sha256",
        TransformType.PseudorandomFunction => t.Id == (ushort)PrfAlgorithm.HmacSha256 ? "prf256" : "prf384",
        TransformType.KeyExchangeMethod when t.Id != 0 => $"g{t.Id}",
        TransformType.ExtendedSequenceNumbers => t.Id == 0 ? "noesn" : "esn",
        TransformType.AdditionalKeyExchange1 when t.Id != 0 => $"ke1:{t.Id}",
        _ => $"none{(byte)t.Type}",
    };
}
