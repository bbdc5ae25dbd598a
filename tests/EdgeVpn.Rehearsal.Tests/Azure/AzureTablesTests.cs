using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Azure;

namespace EdgeVpn.Rehearsal.Tests.Azure;

/// <summary>The tables against Microsoft's "About VPN devices".</summary>
public class AzureTablesTests
{
    [Fact]
    public void Azure_offers_six_and_accepts_twenty_six()
    {
        Assert.Equal(6, AzureTables.Ike.Length);
        Assert.Equal(6, AzureTables.EspOffer.Length);
        Assert.Equal(26, AzureTables.EspAccept.Distinct().Count());
        Assert.Equal(AzureTables.EspOffer, AzureTables.EspAccept.Take(6));
    }

    [Fact]
    public void Numbers_are_the_documented_ones()
    {
        Assert.Equal((28_800, 27_000, 45), ((int)AzureTables.IkeLifetime.TotalSeconds, (int)AzureTables.ChildLifetime.TotalSeconds, (int)AzureTables.DpdTimeout.TotalSeconds));
        Assert.Equal((100, 102_400_000), (AzureTables.MaxChildren, AzurePolicy.DefaultKilobytes));
    }

    /// <summary>RFC 8221 §5, §6, RFC 8247 §2.4: MUST NOT.</summary>
    [Fact]
    public void What_the_engine_refuses_of_azures_table_is_des_and_group_1_and_nothing_else()
    {
        var refused = AzureTables.EspAccept.Where(text => ProposalParser.Parse(text, ProposalUse.Esp, out _) is null).ToList();
        Assert.Equal(6, refused.Count);
        Assert.All(refused, text => Assert.True(text == "des-sha1" || text.EndsWith("-modp768", StringComparison.Ordinal)));
        Assert.Equal(20, AzureProposals.Default.Esp.Count());
        Assert.Equal(6, AzureProposals.Default.Ike.Length);
    }

    [Fact]
    public void Every_esp_offer_of_the_defaults_is_one_of_the_twenty_six_best_first()
    {
        Assert.All(DefaultProposals.EspOffer, offer => Assert.Contains(offer, AzureTables.EspAccept));
        Assert.Equal(["aes256gcm16", "aes256-sha256", "aes256-sha1", "aes128-sha256", "aes128-sha1"], DefaultProposals.EspOffer);
    }

    [Theory]
    [InlineData("GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384", "aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp384")]
    [InlineData("AES256/SHA256/DHGroup14/AES256/SHA256/PFS2048", "aes256-sha256-modp2048", "aes256-sha256-modp2048")]
    [InlineData("AES192/SHA1/DHGroup2/AES192/SHA1/None", "aes192-sha1-modp1024", "aes192-sha1")]
    [InlineData("aes128/sha384/dhgroup24/gcmaes128/gcmaes128/pfs24", "aes128-sha384-modp2048s256", "aes128gcm16-modp2048s256")]
    [InlineData("GCMAES128/SHA256/ECP256/GCMAES192/GCMAES192/ECP256/3600/1024", "aes128gcm16-prfsha256-ecp256", "aes192gcm16-ecp256")]
    [InlineData("DES3/SHA1/DHGroup2/DES3/SHA256/PFSMM", "3des-sha1-modp1024", "3des-sha256-modp1024")]
    public void A_policy_in_azures_names_is_a_pair_of_proposals(string text, string ike, string esp)
    {
        Assert.True(AzurePolicy.TryParse(text, out var policy, out _));
        Assert.Equal((ike, esp), (policy.IkeProposal, policy.EspProposal));
    }

    [Theory]
    [InlineData("DES/SHA1/DHGroup2/AES256/SHA1/None", "\"des\" is broken", "use \"aes256gcm16\"")]
    [InlineData("AES256/MD5/DHGroup2/AES256/SHA1/None", "\"md5\" is broken", "use \"sha256\"")]
    [InlineData("AES256/SHA1/DHGroup1/AES256/SHA1/None", "\"modp768\" is broken", "use \"modp2048\"")]
    [InlineData("AES256/SHA1/DHGroup2/None/SHA1/None", "\"null\" is no encryption", "use \"aes256gcm16\"")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/SHA1/PFS1", "\"modp768\" is broken", "use \"modp2048\"")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/MD5/None", "\"md5\" is broken", "use \"sha256\"")]
    [InlineData("AES256/SHA1/DHGroup2/GCMAES256/SHA256/None", "GCMAES256 with integrity SHA256", "the same name")]
    [InlineData("AES256/SHA1/DHGroup2/GCMAES256/GCMAES128/None", "GCMAES256 with integrity GCMAES128", "the same name")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/GCMAES256/None", "AES256 with integrity GCMAES256", "the same name")]
    [InlineData("GCMAES192/SHA256/ECP256/AES256/SHA1/None", "no IKE encryption GCMAES192", "GCMAES256")]
    [InlineData("AES256/SHA256/ECP256/AES256/SHA384/None", "no IPsec integrity SHA384", "SHA256")]
    [InlineData("AES512/SHA1/DHGroup2/AES256/SHA1/None", "AES512", "unknown")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/SHA1/None/299", "300 seconds", "refuses")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/SHA1/None/300/1023", "1024 kilobytes", "refuses")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/SHA1", "is no policy", "six names")]
    [InlineData("AES256/SHA1/DHGroup2/AES256/SHA1/None/soon", "as numbers", "seconds")]
    public void A_policy_that_azure_or_the_engine_would_not_take_is_named(string text, string what, string mend)
    {
        Assert.False(AzurePolicy.TryParse(text, out _, out var problem));
        Assert.Contains(what, problem, StringComparison.Ordinal);
        Assert.Contains(mend, problem, StringComparison.Ordinal);
    }

    public static TheoryData<string> EveryPolicy() =>
    [
        .. from ike in new[] { "GCMAES256", "GCMAES128", "AES256", "AES192", "AES128", "DES3" }
           from prf in new[] { "SHA384", "SHA256", "SHA1" }
           from dh in new[] { "DHGroup24", "ECP384", "ECP256", "DHGroup14", "DHGroup2" }
           select $"{ike}/{prf}/{dh}/GCMAES256/GCMAES256/None",
        .. from esp in new[] { "GCMAES256/GCMAES256", "GCMAES192/GCMAES192", "GCMAES128/GCMAES128", "AES256/SHA256", "AES192/SHA256", "AES128/SHA1", "DES3/SHA1" }
           from pfs in new[] { "PFS24", "ECP384", "ECP256", "PFS2048", "PFS2", "None" }
           select $"AES256/SHA256/DHGroup14/{esp}/{pfs}",
    ];

    /// <summary>From Azure's names to keywords and back: what the box is told is what Azure was told.</summary>
    [Theory]
    [MemberData(nameof(EveryPolicy))]
    public void Every_policy_comes_back_from_its_own_proposals(string text)
    {
        Assert.True(AzurePolicy.TryParse(text, out var policy, out _));
        var ike = ProposalParser.ParseAll([policy.IkeProposal], ProposalUse.Ike)[0];
        var esp = ProposalParser.ParseAll([policy.EspProposal], ProposalUse.Esp)[0];
        Assert.Equal(policy, AzurePolicy.From(ike, esp));
    }

    [Theory]
    [InlineData("aes256-sha512-modp2048", "aes256gcm16", "SHA-512 has no name at Azure")]
    [InlineData("aes192gcm16-prfsha256-ecp256", "aes256gcm16", "GCMAES192 is no IKE cipher")]
    [InlineData("aes256-sha256-modp3072", "aes256gcm16", "group 15 has no name at Azure")]
    [InlineData("chacha20poly1305-prfsha256-x25519", "aes256gcm16", "neither has ChaCha20")]
    [InlineData("aes256-sha256-modp2048", "aes256-sha384", "ESP takes no SHA-384")]
    [InlineData("aes256-sha256-modp2048", "aes256gcm16-x25519", "no PFS group of that name")]
    [InlineData("aes256-sha256-modp2048", "aes256gcm16-esn", "no extended sequence numbers")]
    public void What_azure_has_no_name_for_makes_no_policy(string ike, string esp, string why) =>
        Assert.True(AzurePolicy.From(ProposalParser.ParseAll([ike], ProposalUse.Ike)[0], ProposalParser.ParseAll([esp], ProposalUse.Esp)[0]) is null, why);

    [Fact]
    public void The_az_line_names_every_field() => Assert.Equal(
        "az network vpn-connection ipsec-policy add --resource-group GROUP --connection-name hub --ike-encryption GCMAES256 --ike-integrity SHA384 --dh-group ECP384 --ipsec-encryption GCMAES256 --ipsec-integrity GCMAES256 --pfs-group ECP384 --sa-lifetime 27000 --sa-max-size 102400000",
        AzurePolicy.Recommended.AzCommand("hub"));
}
