using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Json;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Configuration;

public class RedactionTests
{
    private const string Mark = "TOPSECRET";

    private static readonly BoxConfig s_config = new()
    {
        Secrets = new Dictionary<string, SecretConfig>
        {
            ["a"] = new() { Psk = new(Mark + "1") },
            ["b"] = new() { Password = new(Mark + "2") },
            ["c"] = new() { PrivateKey = new(Mark + "3") },
            ["d"] = new() { Sealed = new(Mark + "4") },
        }.ToImmutableDictionary(),
    };

    [Fact]
    public void Nothing_that_prints_a_configuration_prints_a_secret()
    {
        var secret = s_config.Secrets["a"];
        string[] printed =
        [
            ConfigurationWriter.WriteRedacted(s_config), JsonSerializer.Serialize(s_config, ConfigurationJson.Default.BoxConfig),
            s_config.ToString(), secret.ToString(), secret.Psk!.ToString(), $"{secret.Psk}", string.Join(' ', s_config.Secrets),
            .. ConfigurationReader.Check(s_config).Select(p => p.ToString()),
        ];
        foreach (var text in printed)
        {
            Assert.NotEmpty(text);
            Assert.DoesNotContain(Mark, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Only_storage_holds_them_all()
    {
        var stored = Encoding.UTF8.GetString(ConfigurationWriter.WriteForStorage(s_config));
        for (var i = 1; i <= 4; i++) Assert.Contains($"{Mark}{i}", stored, StringComparison.Ordinal);
    }

    /// <summary>A secret of another type than <see cref="SecretText"/> would escape: the fields of a secret are all of it.</summary>
    [Fact]
    public void Every_field_of_a_secret_is_secret_text() =>
        Assert.All(typeof(SecretConfig).GetProperties().Where(p => p.DeclaringType == typeof(SecretConfig) && p.Name != "EqualityContract"), p => Assert.Equal(typeof(SecretText), p.PropertyType));

    [Fact]
    public void What_was_redacted_is_not_taken_for_a_configuration()
    {
        var shown = ConfigurationWriter.WriteRedacted(ConfigurationReader.Read(Documents.Example).Configuration!);
        Assert.Contains(SecretText.Hidden, shown, StringComparison.Ordinal);
        Documents.OneError(shown, "$.secrets.hub.psk");
    }
}
