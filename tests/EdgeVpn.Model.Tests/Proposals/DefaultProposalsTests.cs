using System.Collections.Immutable;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Tests.Proposals;

/// <summary>The defaults against what Microsoft documents for a route-based gateway ("About VPN devices", IKE/IPsec parameters).</summary>
public class DefaultProposalsTests
{
    /// <summary>Azure's phase 1, in its order; the same list as responder and initiator.</summary>
    public static TheoryData<string> AzureIke =>
        ["aes256-sha1-modp1024", "aes256-sha256-modp1024", "aes128-sha1-modp1024", "aes128-sha256-modp1024"];

    /// <summary>Azure's phase 2 as initiator without 3DES, in its order: no PFS, no ESN.</summary>
    public static TheoryData<string> AzureEspOffers => ["aes256gcm16", "aes256-sha1", "aes256-sha256", "aes128-sha1"];

    /// <summary>Azure's phase 2 as responder, DES and 3DES left out.</summary>
    public static TheoryData<string> AzureEspAccepts =>
    [
        "aes256gcm16", "aes256-sha1", "aes256-sha256", "aes128-sha1",
        "aes256-sha1-modp1024", "aes256-sha1-modp2048", "aes128-sha1-modp1024", "aes128-sha1-modp2048",
        "aes256-sha256-modp1024", "aes256-sha256-modp2048", "aes256-sha1-modp2048s256", "aes256-sha256-modp2048s256",
        "aes128-sha256", "aes128-sha256-modp1024", "aes128-sha256-modp2048",
    ];

    [Theory]
    [MemberData(nameof(AzureIke))]
    public void Ike_meets_each_of_azures_offers(string azure) => Assert.True(Meets(DefaultProposals.Ike, azure, ProposalUse.Ike));

    [Theory]
    [MemberData(nameof(AzureEspOffers))]
    [MemberData(nameof(AzureEspAccepts))]
    public void Esp_accepts_whatever_azure_may_offer(string azure) =>
        Assert.True(Meets([.. DefaultProposals.EspOffer, .. DefaultProposals.EspAccept], azure, ProposalUse.Esp));

    [Fact]
    public void Esp_offers_stay_inside_what_azure_accepts()
    {
        foreach (var offer in ProposalParser.ParseAll(DefaultProposals.EspOffer, ProposalUse.Esp))
            Assert.Contains(offer, ProposalParser.ParseAll(AzureEspAccepts.Select(r => r.Data), ProposalUse.Esp));
    }

    [Fact]
    public void Defaults_begin_with_gcm_and_never_name_3des_or_anything_refused()
    {
        foreach (var (list, use) in new[] { (DefaultProposals.Ike, ProposalUse.Ike), (DefaultProposals.EspOffer, ProposalUse.Esp), (DefaultProposals.EspAccept, ProposalUse.Esp) })
        {
            Assert.StartsWith("aes256gcm16", list[0], StringComparison.Ordinal);
            Assert.DoesNotContain(list, t => t.Contains("3des", StringComparison.Ordinal));
            foreach (var text in list)
            {
                Assert.NotNull(ProposalParser.Parse(text, use, out var remarks));
                Assert.DoesNotContain(remarks, r => !r.IsWeak);
            }
        }
    }

    /// <summary>True if some proposal of ours has every algorithm of Azure's single combination.</summary>
    private static bool Meets(ImmutableArray<string> ours, string azure, ProposalUse use)
    {
        var wanted = ProposalParser.ParseAll([azure], use)[0];
        return ProposalParser.ParseAll(ours, use).Any(spec =>
            wanted.Transforms.All(spec.Transforms.Contains)
            && spec.Transforms.All(t => wanted.Of(t.Kind).Any() || (t.Kind == TransformKind.KeyExchange && spec.Transforms.Contains(new(TransformKind.KeyExchange, 0)))));
    }
}
