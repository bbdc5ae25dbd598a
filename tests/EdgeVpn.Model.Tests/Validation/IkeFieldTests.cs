using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Model.Tests.Validation;

/// <summary>Fields of <c>ike</c> and <c>authentication</c> beyond proposals and secrets.</summary>
public sealed class IkeFieldTests
{
    private const string LongKey = "9sKq2LwVx7TzRb4mYc8NfGh3JdPe6UaZ5tQvXnBk1CrM";

    [Fact]
    public void A_post_quantum_preshared_key_is_read_with_its_secret()
    {
        var result = Read("""{ "type": "psk", "secret": "hub", "ppk": { "id": "branch-2026", "secret": "quantum" } }""", LongKey);
        Assert.Empty(result.Problems);
        var ppk = result.Configuration!.Connections[0].Authentication.Ppk!;
        Assert.Equal(("branch-2026", "quantum", true), (ppk.Id, ppk.Secret, ppk.Required));
    }

    [Theory]
    [InlineData("""{ "id": "", "secret": "quantum" }""", "$.connections[0].authentication.ppk.id")]
    [InlineData("""{ "id": "a", "secret": "nobody" }""", "$.connections[0].authentication.ppk.secret")]
    [InlineData("""{ "secret": "quantum" }""", "$.connections[0].authentication.ppk.id")]
    [InlineData("""{ "id": "a", "secret": "quantum", "requird": true }""", "$.connections[0].authentication.ppk.requird")]
    public void What_is_wrong_with_it_is_named_by_its_path(string ppk, string path)
    {
        var result = Read($$"""{ "type": "psk", "secret": "hub", "ppk": {{ppk}} }""", LongKey);
        Assert.Contains(result.Errors, problem => problem.Path.ToString() == path);
    }

    [Fact]
    public void A_short_one_is_weak()
    {
        var result = Read("""{ "type": "psk", "secret": "hub", "ppk": { "id": "a", "secret": "quantum" } }""", "onlyTwentyCharacters");
        Assert.Contains(result.Warnings, problem => problem.Kind == ProblemKind.Weak && problem.Path.ToString().EndsWith("ppk.secret", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_key_under_the_same_name_needs_new_SAs()
    {
        const string With = """{ "type": "psk", "secret": "hub", "ppk": { "id": "a", "secret": "quantum" } }""";
        var diff = ConfigurationDiff.Between(Read(With, LongKey).Configuration!, Read(With, LongKey + "x").Configuration!);
        var change = Assert.Single(diff.Connections);
        Assert.Equal(["secrets.quantum"], change.Fields);
        Assert.True(change.NeedsNewSas);
    }

    private static ConfigurationResult Read(string authentication, string quantum) => ConfigurationReader.Read($$"""
        {
          "schema": 1,
          "connections": [ {
            "name": "hub", "remote": { "endpoints": [ { "address": "203.0.113.2", "identity": "cloud.lab" } ], "networks": [ "10.20.0.0/24" ] },
            "local": { "networks": [ "10.10.0.0/24" ] },
            "authentication": {{authentication}} } ],
          "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" }, "quantum": { "psk": "{{quantum}}" } }
        }
        """);
}
