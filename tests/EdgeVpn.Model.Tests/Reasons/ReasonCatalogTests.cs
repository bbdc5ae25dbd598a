using System.Reflection;
using EdgeVpn.Model.Reasons;

namespace EdgeVpn.Model.Tests.Reasons;

public class ReasonCatalogTests
{
    public static TheoryData<string> Names => [.. ReasonCatalog.All.Select(r => r.Name)];

    [Fact]
    public void Every_reason_of_the_code_is_in_the_catalogue_once()
    {
        var fields = typeof(ReasonCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (Reason)f.GetValue(null)!).ToList();
        Assert.NotEmpty(fields);
        Assert.Equal(fields.Select(r => r.Name).Order(), ReasonCatalog.All.Select(r => r.Name).Order());
    }

    [Fact]
    public void Names_and_digits_are_unique_and_lead_back()
    {
        Assert.Equal(ReasonCatalog.All.Length, ReasonCatalog.All.Select(r => r.Digits).Distinct().Count());
        foreach (var reason in ReasonCatalog.All)
        {
            Assert.Same(reason, ReasonCatalog.ByName(reason.Name));
            Assert.Same(reason, ReasonCatalog.ByDigits(reason.Digits));
        }

        Assert.Equal(ReasonCatalog.All.Select(r => r.Digits).Order(), ReasonCatalog.All.Select(r => r.Digits));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Digits_can_be_blinked(string name)
    {
        var digits = ReasonCatalog.ByName(name)!.Digits;
        Assert.InRange(digits / 10, 1, 9);
        Assert.InRange(digits % 10, 1, 9);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Sentences_are_sentences_and_checks_help(string name)
    {
        var reason = ReasonCatalog.ByName(name)!;
        Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", reason.Name);
        Assert.NotEmpty(reason.Check);
        Assert.Equal(reason.Check.Distinct(), reason.Check);
        foreach (var text in reason.Check.Append(reason.Sentence))
        {
            Assert.Matches("^[A-Z`].*[.?]$", text);
            Assert.DoesNotContain("\n", text, StringComparison.Ordinal);
            Assert.True(text.Length <= 160, text);
        }
    }

    /// <summary>The published numbers: what technicians have on paper does not change.</summary>
    [Theory]
    [InlineData(11, "no-carrier")]
    [InlineData(12, "no-address")]
    [InlineData(14, "name-not-resolved")]
    [InlineData(21, "peer-silent")]
    [InlineData(22, "peer-silent-nat")]
    [InlineData(23, "peer-gone")]
    [InlineData(31, "no-proposal-ike")]
    [InlineData(32, "no-proposal-esp")]
    [InlineData(33, "wrong-secret")]
    [InlineData(34, "identity-refused")]
    [InlineData(35, "certificate-refused")]
    [InlineData(36, "selectors-refused")]
    [InlineData(37, "key-exchange-loop")]
    [InlineData(38, "child-refused")]
    [InlineData(41, "nothing-returns")]
    [InlineData(42, "path-mtu-black-hole")]
    [InlineData(43, "peer-deleted")]
    [InlineData(51, "broker-unreachable")]
    [InlineData(52, "document-refused")]
    [InlineData(53, "reverted")]
    [InlineData(61, "clock-wrong")]
    [InlineData(62, "disk-full")]
    [InlineData(63, "self-test-failed")]
    public void Published_numbers_keep_their_meaning(int digits, string name) => Assert.Equal(name, ReasonCatalog.ByDigits(digits)?.Name);

    [Theory]
    [InlineData("no-proposal-ike", 13868)]
    [InlineData("no-proposal-esp", 13868)]
    [InlineData("wrong-secret", 13801)]
    [InlineData("selectors-refused", 13805)]
    [InlineData("peer-deleted", 13885)]
    public void Azure_calls_it_by_its_own_number(string name, int code) => Assert.Equal(code, ReasonCatalog.ByName(name)!.Azure?.Code);

    [Fact]
    public void A_typed_code_is_found_by_digits_or_name_or_nearly()
    {
        Assert.Same(ReasonCode.WrongSecret, ReasonCatalog.Find("33", out _));
        Assert.Same(ReasonCode.WrongSecret, ReasonCatalog.Find("wrong-secret", out _));
        Assert.Null(ReasonCatalog.Find("worng-secret", out var meant));
        Assert.Equal("wrong-secret", meant);
        Assert.Null(ReasonCatalog.Find("99", out meant));
        Assert.Null(meant);
    }
}
