using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Post-quantum preshared keys (RFC 8784) and IKE SAs without a first child (RFC 6023).</summary>
public sealed class PpkTests
{
    /// <summary>Initiator's key, responder's key; "!" requires it. What comes of it: used, not used, refused.</summary>
    [Theory]
    [InlineData("a!", "a!", "used")]
    [InlineData("a", "a!", "used")]
    [InlineData("a!", "a", "used")]
    [InlineData("a", "a", "used")]
    [InlineData("a", "", "unused")]
    [InlineData("", "a", "unused")]
    [InlineData("a!", "", "refused")]
    [InlineData("", "a!", "refused")]
    [InlineData("a", "b", "unused")] // another name: NO_PPK_AUTH counts
    [InlineData("a", "b!", "refused")]
    [InlineData("a!", "b", "refused")]
    [InlineData("a!", "a?", "refused")] // the same name, another key
    [InlineData("a", "a?", "refused")]
    public void It_is_used_where_both_have_it_and_missed_where_one_requires_it(string initiator, string responder, string outcome)
    {
        using var pair = new Pair(1, c => c with { Ppk = Key(initiator) }, c => c with { Ppk = Key(responder) });
        pair.Initiator.Initiate(pair.Now);
        pair.Drive(20);
        if (outcome == "refused")
        {
            Assert.Empty(pair.Initiator.IkeSas);
            Assert.Empty(pair.Responder.IkeSas);
            Assert.Contains(pair.Sides.SelectMany(static s => s.Closed), static r => r.Cause is CloseCause.SecretMismatch);
            Assert.Equal(0, pair.Initiator.Endpoint.EspSpisInUse + pair.Responder.Endpoint.EspSpisInUse);
            return;
        }

        pair.AssertAgreement();
        var answer = pair.Initiator.Log.OfType<IkeOutput.MessageSeen>().Single(static m => m is { Sent: false, Exchange: ExchangeType.IkeAuth });
        Assert.Equal(outcome == "used", answer.Payloads.Contains("N(PpkIdentity)"));
        pair.Initiator.RekeyIke(pair.Now);
        pair.Drive();
        pair.Responder.RekeyChildren(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
    }

    [Fact]
    public void It_is_in_the_keys_of_children_and_not_in_those_of_the_messages()
    {
        using var with = new Pair(2, c => c with { Ppk = Key("a!") }, c => c with { Ppk = Key("a!") });
        using var without = new Pair(2);
        foreach (var pair in new[] { with, without })
        {
            pair.Initiator.Initiate(pair.Now);
            pair.Drive();
        }

        var (a, b) = (with.Initiator.Endpoint.Sas.Single().Keys, without.Initiator.Endpoint.Sas.Single().Keys);
        Assert.Equal(a.SkEi.Octets, b.SkEi.Octets); // the same seed, the same IKE_SA_INIT
        Assert.NotEqual(a.SkD.Octets.ToArray(), b.SkD.Octets.ToArray());
        Assert.NotEqual(with.Initiator.Installed[0].InboundKey.ToArray(), without.Initiator.Installed[0].InboundKey.ToArray());
    }

    [Fact]
    public void A_childless_IKE_SA_gets_its_first_child_with_a_key_exchange_of_its_own()
    {
        using var pair = new Pair(3, c => Pair.WithFurtherKeyExchanges(c) with { Childless = true }, Pair.WithFurtherKeyExchanges);
        pair.Initiator.Initiate(pair.Now);
        pair.Drive();
        pair.AssertAgreement();
        var auth = pair.Initiator.Log.OfType<IkeOutput.MessageSeen>().Where(static m => m.Exchange == ExchangeType.IkeAuth);
        Assert.All(auth, static m => Assert.DoesNotContain("SA", m.Payloads));
        Assert.Equal(ToyKeyExchange.Number, pair.Responder.ChildSas.Single().KeyExchange);
        Assert.DoesNotContain(pair.Sides.SelectMany(static s => s.Log), static o => o is IkeOutput.IkeSaClosed or IkeOutput.ChildSaFailed);
    }

    [Fact]
    public void A_childless_set_up_survives_every_single_loss()
    {
        for (var lost = -1; lost < 8; lost++)
        {
            using var pair = new Pair(4, c => c with { Childless = true });
            var sent = 0;
            pair.ToInitiator.Drops = pair.ToResponder.Drops = _ => sent++ == lost;
            pair.Initiator.Initiate(pair.Now);
            pair.Drive();
            pair.AssertAgreement();
        }
    }

    private static Ppk? Key(string text) => text.Length == 0
        ? null
        : new Ppk(text[..1], new Secret(text.EndsWith('?') ? "another post-quantum key"u8 : "a post-quantum key"u8), text.EndsWith('!'));
}
