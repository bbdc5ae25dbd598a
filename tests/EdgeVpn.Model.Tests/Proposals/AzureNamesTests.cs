using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Tests.Proposals;

public class AzureNamesTests
{
    [Theory]
    [InlineData("GCMAES256", "SHA384", "ECP384", "aes256gcm16-prfsha384-ecp384")]
    [InlineData("AES256", "SHA256", "DHGroup14", "aes256-sha256-modp2048")]
    [InlineData("AES256", "SHA256", "DHGroup2048", "aes256-sha256-modp2048")]
    [InlineData("aes128", "sha1", "dhgroup2", "aes128-sha1-modp1024")]
    [InlineData("AES192", "SHA384", "DHGroup24", "aes192-sha384-modp2048s256")]
    [InlineData("GCMAES128", "GCMAES128", "ECP256", "aes128gcm16-ecp256")]
    [InlineData("DES3", "SHA1", "DHGroup2", "3des-sha1-modp1024")]
    public void An_ike_policy_becomes_a_proposal(string encryption, string integrity, string group, string expected)
    {
        Assert.True(AzureNames.TryIke(encryption, integrity, group, out var proposal, out _));
        Assert.Equal(expected, proposal);
        Assert.NotNull(ProposalParser.Parse(proposal, ProposalUse.Ike, out _));
    }

    [Theory]
    [InlineData("GCMAES256", "GCMAES256", "None", "aes256gcm16")]
    [InlineData("GCMAES256", "GCMAES256", "ECP384", "aes256gcm16-ecp384")]
    [InlineData("AES256", "SHA256", "PFS2048", "aes256-sha256-modp2048")]
    [InlineData("AES128", "SHA1", "PFS24", "aes128-sha1-modp2048s256")]
    [InlineData("AES256", "SHA1", "PFSMM", "aes256-sha1-modp2048")]
    public void An_ipsec_policy_becomes_a_proposal(string encryption, string integrity, string group, string expected)
    {
        Assert.True(AzureNames.TryEsp(encryption, integrity, group, "DHGroup14", out var proposal, out _));
        Assert.Equal(expected, proposal);
        Assert.NotNull(ProposalParser.Parse(proposal, ProposalUse.Esp, out _));
    }

    [Theory]
    [InlineData("AES257", "SHA256", "DHGroup14", "AES257")]
    [InlineData("AES256", "SHA3", "DHGroup14", "SHA3")]
    [InlineData("AES256", "SHA256", "None", "None")]
    public void An_unknown_name_is_said(string encryption, string integrity, string group, string name)
    {
        Assert.False(AzureNames.TryIke(encryption, integrity, group, out _, out var problem));
        Assert.Contains($"\"{name}\"", problem, StringComparison.Ordinal);
    }

    /// <summary>What differs from GCMAES256 by two swapped letters would be a tunnel that anybody reads: it is not guessed at.</summary>
    [Fact]
    public void A_mistyped_GCM_is_not_taken_for_GMAC()
    {
        Assert.False(AzureNames.TryEsp("GMACAES256", "GMACAES256", "None", "DHGroup2", out _, out var problem));
        Assert.Equal("Azure's ESP cipher \"GMACAES256\" is unknown. (did you mean \"GCMAES256\"?)", problem);
    }

    [Theory]
    [InlineData("DES", "SHA1", "None")]
    [InlineData("None", "SHA256", "None")]
    [InlineData("AES256", "MD5", "None")]
    [InlineData("AES256", "SHA256", "PFS1")]
    public void What_azure_still_lists_and_we_refuse_is_refused_by_name(string encryption, string integrity, string group)
    {
        Assert.True(AzureNames.TryEsp(encryption, integrity, group, "DHGroup2", out var proposal, out _));
        Assert.Null(ProposalParser.Parse(proposal, ProposalUse.Esp, out var remarks));
        Assert.Contains(remarks, r => r is { IsError: true, IsWeak: true });
    }

    [Fact]
    public void Names_lead_back()
    {
        Assert.Equal("GCMAES256", AzureNames.Cipher("aes256gcm16"));
        Assert.Equal("SHA384", AzureNames.Hash("prfsha384"));
        Assert.Equal("DHGroup14", AzureNames.Group("modp2048"));
        Assert.Equal("PFS2048", AzureNames.PfsGroup("modp2048"));
        Assert.Equal("None", AzureNames.PfsGroup("none"));
        Assert.Null(AzureNames.Group("x25519"));
    }
}
