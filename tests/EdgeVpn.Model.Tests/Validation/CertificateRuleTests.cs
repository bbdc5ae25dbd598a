using System.Text.Json;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Model.Tests.Validation;

public sealed class CertificateRuleTests
{
    [Theory]
    [InlineData("box.pem", "root.pem", "privateKey", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", null)]
    [InlineData("box.p12", "root.pem", "password", "p", null)]
    [InlineData("box.p12", "root.pem", "privateKey", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", "$.connections[0].authentication.key")]
    [InlineData("../box.pem", "root.pem", "password", "p", "$.connections[0].authentication.certificate")]
    [InlineData("box.pem", "/etc/root.pem", "privateKey", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", "$.connections[0].authentication.authorities[0]")]
    [InlineData("box.pem", "root.pem", "privateKey", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----", "$.secrets.key.privateKey")]
    public void Certificates_are_text_or_plain_names_and_keys_fit_their_files(string certificate, string authority, string kind, string secret, string? problem)
    {
        var document = Documents.With("connections[0].authentication", JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["type"] = "certificate",
            ["certificate"] = certificate,
            ["key"] = "key",
            ["authorities"] = new[] { authority },
        }));
        document = Documents.With("secrets", JsonSerializer.Serialize(new Dictionary<string, object> { ["key"] = new Dictionary<string, string> { [kind] = secret } }), document);
        var errors = ConfigurationReader.Read(document).Errors.Select(static e => e.Path.Text);
        if (problem is null) Assert.Empty(errors);
        else Assert.Contains(problem, errors);
    }

    [Theory]
    [InlineData("initiator", "box.pem", "privateKey", "", null)]
    [InlineData("initiator", "box.p12", "password", "", null)]
    [InlineData("initiator", "box.pem", "privateKey", ", \"user\": \"branch-042\", \"server\": \"radius.example\", \"revocation\": \"require\"", null)]
    [InlineData("default", "box.pem", "privateKey", "", "$.connections[0].mode")]
    [InlineData("initiator", "box.p12", "privateKey", "", "$.connections[0].authentication.key")]
    [InlineData("initiator", "box.pem", "privateKey", ", \"user\": \"\"", "$.connections[0].authentication.user")]
    [InlineData("initiator", "box.pem", "privateKey", ", \"server\": \" radius\"", "$.connections[0].authentication.server")]
    [InlineData("initiator", "box.pem", "privateKey", ", \"ppk\": { \"id\": \"q\", \"secret\": \"key\" }", "$.connections[0].authentication.ppk")]
    public void EAP_TLS_is_for_the_end_that_calls(string mode, string certificate, string kind, string more, string? problem)
    {
        var document = Documents.With(
            "connections[0].authentication", $$"""{ "type": "eap-tls", "certificate": "{{certificate}}", "key": "key", "authorities": ["root.pem"]{{more}} }""");
        document = Documents.With("connections[0].mode", $"\"{mode}\"", document);
        var secret = kind == "password" ? "p" : "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----";
        document = Documents.With("secrets", JsonSerializer.Serialize(new Dictionary<string, object> { ["key"] = new Dictionary<string, string> { [kind] = secret } }), document);
        var result = ConfigurationReader.Read(document);
        var errors = result.Errors.Select(static e => e.Path.Text);
        if (problem is null) Assert.Empty(errors);
        else Assert.Contains(problem, errors);
        Assert.DoesNotContain(result.Problems, static p => p.Kind == ProblemKind.NotActedOn);
    }

    [Fact]
    public void EAP_TLS_survives_being_written_and_names_what_changed()
    {
        var document = Documents.With(
            "connections[0].authentication",
            """{ "type": "eap-tls", "certificate": "box.pem", "key": "key", "authorities": ["root.pem"], "user": "branch-042", "server": "radius.example", "revocation": "require" }""");
        document = Documents.With("connections[0].mode", "\"initiator\"", document);
        document = Documents.With("secrets", """{ "key": { "privateKey": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----" } }""", document);
        var configuration = ConfigurationReader.Read(document).Configuration!;
        var again = ConfigurationReader.Read(ConfigurationWriter.WriteForStorage(configuration), DocumentBounds.File).Configuration!;
        var eap = Assert.IsType<EapTlsAuthentication>(again.Connections[0].Authentication);
        Assert.Equal(("branch-042", "radius.example", RevocationPolicy.Require), (eap.User, eap.Server, eap.Revocation));
        var other = configuration with { Connections = [configuration.Connections[0] with { Authentication = eap with { Server = null } }] };
        var change = Assert.Single(ConfigurationDiff.Between(configuration, other).Connections);
        Assert.Equal(["authentication.server"], change.Fields);
        Assert.True(change.NeedsNewSas);
    }
}
