using System.Text.Json.Nodes;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Configuration;

public class ConfigurationSchemaTests
{
    private static readonly JsonObject s_schema = ConfigurationSchema.Generate();

    [Fact]
    public void The_published_example_fits_and_so_does_what_we_write()
    {
        Assert.Empty(SimpleSchema.Violations(JsonNode.Parse(Documents.Example), s_schema));
        Assert.Empty(SimpleSchema.Violations(JsonNode.Parse(Documents.Shortest), s_schema));
        var config = ConfigurationReader.Read(Documents.Example).Configuration!;
        Assert.Empty(SimpleSchema.Violations(JsonNode.Parse(ConfigurationWriter.WriteRedacted(EffectiveConfiguration.Of(config))), s_schema));
    }

    /// <summary>What the schema can see, it and the reader see alike.</summary>
    [Theory]
    [InlineData("connections[0].mode", "\"responders\"")]
    [InlineData("connections[0].nonsense", "1")]
    [InlineData("connections[0].ike.lifetime", "\"28800\"")]
    [InlineData("connections[0].remote.endpoints[0]", "{}")]
    [InlineData("connections[0].authentication", "{ \"type\": \"psk\" }")]
    [InlineData("connections[0].authentication", "{ \"type\": \"pks\", \"secret\": \"hub\" }")]
    [InlineData("connections[0].authentication", "{ \"type\": \"psk\", \"secret\": \"hub\", \"key\": \"x\" }")]
    [InlineData("connections[0].trafficSelectors", "\"all\"")]
    [InlineData("connections[0].trafficSelectors", "[]")]
    [InlineData("connections[0].trafficSelectors", "[{ \"local\": \"10.0.0.0/8\" }]")]
    [InlineData("connections[0].tunnel.mtu", "\"1400\"")]
    [InlineData("connections[0].local.networks", "\"10.0.0.0/8\"")]
    [InlineData("secrets.hub", "\"Zq81Lkd72Mnb39Xc5TgY\"")]
    [InlineData("interfaces[0].ipv4.method", "\"bootp\"")]
    [InlineData("interfaces[0].ipv4.dhcpServer", "\"yes\"")]
    public void What_does_not_fit_the_schema_is_refused_by_the_reader_too(string path, string json)
    {
        var document = Documents.With(path, json);
        Assert.NotEmpty(SimpleSchema.Violations(JsonNode.Parse(document), s_schema));
        Assert.NotEmpty(ConfigurationReader.Read(document).Errors);
    }

    [Fact]
    public void Every_field_is_described_in_a_sentence()
    {
        var count = 0;
        Visit(s_schema, "$");
        Assert.True(count > 90, $"only {count} fields seen");

        void Visit(JsonNode? node, string path)
        {
            if (node is JsonArray list)
            {
                foreach (var item in list) Visit(item, path);
                return;
            }

            if (node is not JsonObject schema) return;
            foreach (var (name, field) in schema["properties"] as JsonObject ?? [])
            {
                if (field!["const"] is not null) continue; // the word that tells the cases of a union apart
                Assert.Matches("^[A-Za-z].*\\.$", field["description"]?.ToString() ?? $"{path}.{name}: no description");
                count++;
            }

            foreach (var (key, inner) in schema) Visit(inner, $"{path}.{key}");
        }
    }

    [Fact]
    public void Defaults_are_told()
    {
        var connection = s_schema["properties"]!["connections"]!["items"]!["properties"]!;
        Assert.Equal("07:30:00", connection["esp"]!["properties"]!["lifetime"]!["default"]!.ToString());
        Assert.Equal(1024, connection["esp"]!["properties"]!["replayWindow"]!["default"]!.GetValue<int>());
        Assert.Equal("any", connection["trafficSelectors"]!["default"]!.ToString());
        Assert.Null(connection["name"]!["default"]);
    }

    [Fact]
    public void The_text_is_json_that_people_can_read()
    {
        var text = ConfigurationSchema.Text();
        Assert.True(JsonNode.DeepEquals(s_schema, JsonNode.Parse(text)));
        Assert.DoesNotContain("\\u0027", text, StringComparison.Ordinal);
    }
}
