using System.Text;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

public sealed class IdentificationTests
{
    [Theory]
    [InlineData("192.0.2.1", IdentificationType.IPv4Address, "c0000201")]
    [InlineData("2001:db8::1", IdentificationType.IPv6Address, "20010db8000000000000000000000001")]
    [InlineData("branch.example", IdentificationType.Fqdn, "6272616e63682e6578616d706c65")]
    [InlineData("1", IdentificationType.Fqdn, "31")]
    [InlineData("10.1", IdentificationType.Fqdn, "31302e31")]
    [InlineData("192.0.2.256", IdentificationType.Fqdn, "3139322e302e322e323536")]
    [InlineData("@192.0.2.1", IdentificationType.Fqdn, "3139322e302e322e31")]
    [InlineData("js@example.com", IdentificationType.Rfc822Address, "6a73406578616d706c652e636f6d")]
    [InlineData("@#00ff", IdentificationType.KeyId, "00ff")]
    public void Text_means_what_users_mean_and_is_shown_as_they_wrote_it(string text, IdentificationType type, string hex)
    {
        var id = Identification.Parse(text);
        Assert.Equal(new Identification(type, Hex.Octets(hex)), id);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData("@branch.example", "branch.example")]
    [InlineData("@#00FF", "@#00ff")]
    [InlineData("2001:DB8:0::1", "2001:db8::1")]
    public void Other_spellings_of_one_identity_are_equal(string text, string usual)
    {
        Assert.Equal(Identification.Parse(usual), Identification.Parse(text));
        Assert.Equal(Identification.Parse(usual).GetHashCode(), Identification.Parse(text).GetHashCode());
        Assert.Equal(usual, Identification.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("@#0")]
    [InlineData("@#xy")]
    public void Text_that_is_no_identity_is_refused(string text) => Assert.Throws<FormatException>(() => Identification.Parse(text));

    [Fact]
    public void Same_octets_under_another_type_are_another_identity()
    {
        Assert.NotEqual(Identification.Fqdn("example.com"), new Identification(IdentificationType.Rfc822Address, "example.com"u8.ToArray()));
        Assert.NotEqual(Identification.Fqdn("example.com"), Identification.Fqdn("example.org"));
    }

    // A peer chooses the octets: they must neither break a log line nor pass for another identity, and never throw.
    [Theory]
    [InlineData(IdentificationType.Fqdn, "a\nb", "a\\u000ab")]
    [InlineData(IdentificationType.Fqdn, "\u001b[2Ja", "\\u001b[2Ja")]
    [InlineData(IdentificationType.Fqdn, "a\u202eb", "a\\u202eb")]
    [InlineData(IdentificationType.Fqdn, "192.0.2.1", "@192.0.2.1")]
    [InlineData(IdentificationType.Fqdn, "@#zz", "@@#zz")]
    [InlineData(IdentificationType.Fqdn, "js@example.com", "@js@example.com")]
    [InlineData(IdentificationType.Rfc822Address, "branch.example", "Rfc822Address:branch.example")]
    [InlineData(IdentificationType.Rfc822Address, "@#00", "Rfc822Address:@#00")]
    [InlineData(IdentificationType.DerAsn1Dn, "0", "DerAsn1Dn:30")]
    [InlineData((IdentificationType)99, "0", "99:30")]
    public void Identity_of_a_peer_is_shown_on_one_line_and_as_what_it_is(IdentificationType type, string text, string shown) =>
        Assert.Equal(shown, new Identification(type, Encoding.UTF8.GetBytes(text)).ToString());

    [Fact]
    public void Octets_that_are_no_text_are_shown_all_the_same() =>
        Assert.Equal("\ufffd\ufffd", new Identification(IdentificationType.Fqdn, [0xff, 0xfe]).ToString());
}
