using System.Collections.Immutable;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Scenarios;
using EdgeVpn.Model.Reasons;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Interop.Engine;

/// <summary>The rows speak our product's language. Needs no root.</summary>
public sealed class ApplianceDocumentTests
{
    public static TheoryData<string> AllRows => [.. Rows.All.Select(scenario => scenario.Row)];

    [Theory, MemberData(nameof(AllRows))]
    public void Both_ends_of_a_row_are_documents_without_an_error(string row)
    {
        foreach (var end in new[] { Rows.Named(row).Branch, Rows.Named(row).Cloud })
            Assert.Empty(ConfigurationReader.Read(ApplianceConfig.Document(end).ToJsonString()).Errors);
    }

    [Theory, MemberData(nameof(AllRows))]
    public void The_reasons_that_a_row_expects_are_in_the_catalogue(string row)
    {
        ImmutableArray<int> codes = Rows.Named(row).Expect is Expectation.Refused refused ? [.. refused.InitiatorReasons, .. refused.ResponderReasons] : [];
        Assert.All(codes, code => Assert.NotNull(ReasonCatalog.ByDigits(code)));
    }
}
