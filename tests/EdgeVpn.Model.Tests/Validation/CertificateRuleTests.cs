using System.Text.Json;
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
            ["type"] = "certificate", ["certificate"] = certificate, ["key"] = "key", ["authorities"] = new[] { authority },
        }));
        document = Documents.With("secrets", JsonSerializer.Serialize(new Dictionary<string, object> { ["key"] = new Dictionary<string, string> { [kind] = secret } }), document);
        var errors = ConfigurationReader.Read(document).Errors.Select(static e => e.Path.Text);
        if (problem is null) Assert.Empty(errors);
        else Assert.Contains(problem, errors);
    }
}
