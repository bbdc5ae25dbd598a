using System.Net;
using System.Text;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Model.Tests.Validation;

public class ConfigurationReaderTests
{
    [Fact]
    public void The_published_example_is_valid_and_says_what_it_says()
    {
        var result = ConfigurationReader.Read(Documents.Example);
        Assert.Empty(result.Errors);
        var warning = Assert.Single(result.Warnings);
        Assert.Equal("$.connections[0].ike.proposals[0]", warning.Path.Text);
        Assert.Equal(ProblemKind.Weak, warning.Kind);

        var config = result.Configuration!;
        Assert.Equal("branch-042", config.Device.Name);
        Assert.Equal(InterfaceRole.Lan, config.Interfaces[1].Role);
        Assert.Equal("10.10.0.1/24", config.Interfaces[1].Ipv4.Address.ToString());
        var hub = config.Connections[0];
        Assert.Equal(IPAddress.Parse("203.0.113.2"), hub.Remote.Endpoints[0].Address.Address);
        Assert.Equal(IPNetwork.Parse("10.20.0.0/24"), hub.Remote.Networks[0]);
        Assert.True(hub.TrafficSelectors.IsAny);
        Assert.Equal("hub", Assert.IsType<PskAuthentication>(hub.Authentication).Secret);
        Assert.Equal(Documents.Psk, config.Secrets["hub"].Psk!.Reveal());
        Assert.True(hub.Tunnel.Mtu.IsAuto);
        Assert.Equal(TimeSpan.FromMinutes(5), config.Cloud!.CommitConfirm);
    }

    [Fact]
    public void Absent_fields_take_the_defaults_that_reach_azure()
    {
        var result = ConfigurationReader.Read(Documents.Shortest);
        Assert.Empty(result.Problems);
        var hub = result.Configuration!.Connections[0];
        Assert.Equal(ConnectionMode.Default, hub.Mode);
        Assert.Equal(TimeSpan.FromSeconds(28_800), hub.Ike.Lifetime);
        Assert.Equal(TimeSpan.FromSeconds(27_000), hub.Esp.Lifetime);
        Assert.Equal(102_400_000, hub.Esp.LifetimeKilobytes);
        Assert.Equal(1024, hub.Esp.ReplayWindow);
        Assert.Equal(TimeSpan.FromSeconds(45), hub.Dpd.Timeout);
        Assert.True(hub.TrafficSelectors.IsAny);
        Assert.Empty(hub.Ike.Proposals);
        Assert.Equal(InternetAccess.Nat, result.Configuration.Internet.Access);
        Assert.Equal(ResetTarget.Factory, result.Configuration.Button.Reset);
        Assert.Equal(BoxConfig.CurrentSchema, result.Configuration.Schema);
    }

    [Fact]
    public void The_operator_restricts_the_button_and_that_survives_writing()
    {
        var config = ConfigurationReader.Read(Documents.With("button", """{ "reset": "confirmed" }""")).Configuration!;
        Assert.Equal(ResetTarget.Confirmed, config.Button.Reset);
        Assert.Equal(ResetTarget.Confirmed, ConfigurationReader.Read(ConfigurationWriter.WriteRedacted(config with { Connections = [], Secrets = config.Secrets.Clear() })).Configuration!.Button.Reset);
    }

    [Fact]
    public void Partly_written_records_keep_the_defaults_of_what_is_absent()
    {
        var config = ConfigurationReader.Read(Documents.With("connections[0].esp", """{ "replayWindow": 64 }""")).Configuration!;
        Assert.Equal(64, config.Connections[0].Esp.ReplayWindow);
        Assert.Equal(TimeSpan.FromSeconds(27_000), config.Connections[0].Esp.Lifetime);
    }

    [Fact]
    public void What_was_stored_reads_back_the_same()
    {
        var config = ConfigurationReader.Read(Documents.Example).Configuration!;
        var stored = ConfigurationWriter.WriteForStorage(config);
        var again = ConfigurationReader.Read(stored, DocumentBounds.File);
        Assert.Empty(again.Errors);
        Assert.Equal(Encoding.UTF8.GetString(stored), Encoding.UTF8.GetString(ConfigurationWriter.WriteForStorage(again.Configuration!)));
        Assert.Equal(Documents.Psk, again.Configuration!.Secrets["hub"].Psk!.Reveal());
    }

    [Fact]
    public void Every_problem_is_named_at_once_with_its_place()
    {
        var result = ConfigurationReader.Read("""
            {
              "scema": 1,
              "device": { "name": "bad name!" },
              "interfaces": [{ "name": "wan0", "role": "vlan" }, { "name": "wan0", "role": "lan", "ipv4": { "address": "10.10.0.0/24" } }],
              "connections": [
                { "name": "hub", "remote": { "endpoints": [{ "address": "203.0.113.256" }], "networks": ["10.10.0.7/24", "10.10.0.0/25"] },
                  "authentication": { "type": "psk", "secret": "hubb" },
                  "esp": { "proposals": ["des-md5"], "lifetime": "00:01:00", "replayWindow": "1024" } }
              ],
              "secrets": { "hub": { "psk": "0123456789abcdefghij" } }
            }
            """);
        Assert.Null(result.Configuration);
        string[] expected =
        [
            "$.scema", "$.device.name", "$.interfaces[0].role", "$.interfaces[1].name", "$.interfaces[1].ipv4.address",
            "$.connections[0].remote.endpoints[0].address", "$.connections[0].remote.networks[0]", "$.connections[0].remote.networks[1]",
            "$.connections[0].authentication.secret", "$.connections[0].esp.proposals[0]", "$.connections[0].esp.lifetime", "$.connections[0].esp.replayWindow",
        ];
        Assert.Equal(expected.Order(), result.Errors.Select(e => e.Path.Text).Distinct().Order());
        Assert.Contains(result.Errors, e => e.Path.Text == "$.scema" && e.Mend == "did you mean \"schema\"?");
        Assert.Contains(result.Errors, e => e.Path.Text == "$.interfaces[0].role" && e.Mend == "did you mean \"lan\"?");
        Assert.Contains(result.Errors, e => e.Mend == "did you mean \"10.10.0.0/24\"?");
        Assert.Contains(result.Errors, e => e.Mend == "did you mean \"hub\"?");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{", "line 1")]
    [InlineData("{ \"schema\": 1, }", "line 1")]
    [InlineData("{ \"schema\": 1 } // done", "line 1")]
    [InlineData("{ \"schema\": 1 }\n{ }", "line 2")]
    [InlineData("nonsense", "line 1")]
    [InlineData("{ \"device\": { \"name\": \"\\ud800\" } }", "surrogate")]
    [InlineData("{ \"\\ud800\": 1 }", "surrogate")]
    public void What_is_not_json_is_refused_with_the_place(string document, string word)
    {
        var error = Documents.OneError(document, "$");
        Assert.Equal(ProblemKind.Syntax, error.Kind);
        Assert.Contains(word, error.Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("1")]
    public void A_document_that_is_no_object_is_refused(string document) =>
        Assert.Equal(ProblemKind.WrongType, Documents.OneError(document, "$").Kind);

    [Fact]
    public void Octets_that_are_not_utf8_are_refused() =>
        Assert.Equal(ProblemKind.Syntax, Assert.Single(ConfigurationReader.Read(new byte[] { 0x22, 0xff, 0x22 }, DocumentBounds.File).Errors).Kind);

    [Fact]
    public void A_byte_order_mark_is_no_obstacle()
    {
        byte[] document = [0xef, 0xbb, 0xbf, .. Encoding.UTF8.GetBytes(Documents.Example)];
        Assert.True(ConfigurationReader.Read(document, DocumentBounds.File).IsValid);
    }

    [Fact]
    public void A_desired_document_has_at_most_32_kilobytes_and_a_file_more()
    {
        var document = Encoding.UTF8.GetBytes(Documents.Example + new string(' ', DocumentBounds.Desired.Octets - Encoding.UTF8.GetByteCount(Documents.Example)));
        Assert.True(ConfigurationReader.Read(document, DocumentBounds.Desired).IsValid);
        byte[] oneMore = [.. document, (byte)' '];
        Assert.Equal(ProblemKind.TooLarge, Assert.Single(ConfigurationReader.Read(oneMore, DocumentBounds.Desired).Errors).Kind);
        Assert.True(ConfigurationReader.Read(oneMore, DocumentBounds.File).IsValid);
    }

    [Theory]
    [InlineData(16, ProblemKind.UnknownField)]
    [InlineData(17, ProblemKind.TooMuch)]
    [InlineData(30_000, ProblemKind.TooMuch)]
    public void Nesting_beyond_16_levels_is_not_looked_into(int levels, ProblemKind kind)
    {
        var document = "{\"x\":" + new string('[', levels - 1) + new string(']', levels - 1) + "}";
        Assert.Equal(kind, Assert.Single(ConfigurationReader.Read(document).Errors).Kind);
    }

    [Theory]
    [InlineData("{\"connections\":[", "{},", "{}]}")]
    [InlineData("{\"connections\":[", "7,", "7]}")]
    [InlineData("{\"secrets\":{\"s\":{}", ",\"s\":{}", "}}")]
    [InlineData("{\"schema\":1", ",\"schema\":1", "}")]
    [InlineData("{\"schema\":1", ",\"no\":1", "}")]
    public void A_document_of_nothing_but_mistakes_is_not_looked_through_to_its_end(string begin, string mistake, string end)
    {
        var document = Encoding.UTF8.GetBytes(begin + string.Concat(Enumerable.Repeat(mistake, (DocumentBounds.Desired.Octets / mistake.Length) - 20)) + end);
        _ = ConfigurationReader.Read(document, DocumentBounds.Desired); // what is made once
        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = ConfigurationReader.Read(document, DocumentBounds.Desired);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 64 * document.Length);
        Assert.Equal(101, result.Problems.Length);
        Assert.Equal(ProblemKind.TooMuch, result.Problems[^1].Kind);
        Assert.Equal("There are more problems than these 100.", result.Problems[^1].Sentence);
    }

    [Fact]
    public void Fields_written_twice_are_refused()
    {
        var document = Documents.Example.Replace("\"schema\": 1,", "\"schema\": 1, \"schema\": 1,", StringComparison.Ordinal);
        Assert.Equal(ProblemKind.DuplicateField, Documents.OneError(document, "$.schema").Kind);
        document = Documents.Example.Replace("\"secrets\": {", "\"secrets\": { \"hub\": { \"psk\": \"x\" },", StringComparison.Ordinal);
        Assert.Equal(ProblemKind.DuplicateField, ConfigurationReader.Read(document).Errors.Single().Kind);
    }

    [Theory]
    [InlineData("schema", "\"1\"", "write 1 without quotation marks")]
    [InlineData("schema", "1.5", null)]
    [InlineData("schema", "1e400", null)]
    [InlineData("connections[0].local.networks", "\"10.10.0.0/24\"", "put [ ] around it")]
    [InlineData("connections[0].ike", "null", null)]
    [InlineData("connections[0].ike", "[]", null)]
    [InlineData("connections[0].remote", "\"203.0.113.2\"", null)]
    [InlineData("connections[0].mode", "1", null)]
    [InlineData("cloud.insecure", "\"true\"", null)]
    public void Wrong_types_are_refused(string path, string json, string? mend)
    {
        var error = Documents.OneError(Documents.With(path, json), $"$.{path}");
        Assert.Equal(mend, error.Mend);
    }

    [Theory]
    [InlineData("connections[0].name")]
    [InlineData("connections[0].remote")]
    [InlineData("connections[0].remote.endpoints")]
    [InlineData("connections[0].authentication")]
    [InlineData("connections[0].authentication.type")]
    [InlineData("connections[0].authentication.secret")]
    [InlineData("connections[0].remote.endpoints[0].address")]
    [InlineData("interfaces[0].name")]
    [InlineData("interfaces[0].role")]
    [InlineData("cloud.broker")]
    public void A_missing_field_is_named_once(string path) =>
        Assert.Equal(ProblemKind.MissingField, Documents.OneError(Documents.Without(path), $"$.{path}").Kind);

    [Fact]
    public void A_misspelt_required_field_is_one_problem_not_two()
    {
        var document = Documents.Example.Replace("\"address\": \"203.0.113.2\"", "\"adress\": \"203.0.113.2\"", StringComparison.Ordinal);
        var error = Documents.OneError(document, "$.connections[0].remote.endpoints[0].adress");
        Assert.Equal("did you mean \"address\"?", error.Mend);
    }

    [Fact]
    public void A_misspelt_secret_is_one_problem_not_two()
    {
        var problems = ConfigurationReader.Read(Documents.With("connections[0].authentication.secret", "\"hup\"", Documents.Shortest)).Problems;
        Assert.Equal("did you mean \"hub\"?", Assert.Single(problems).Mend);
    }

    [Theory]
    [InlineData("connections[0].authentication.type", "\"pks\"", "did you mean \"psk\"?")]
    [InlineData("connections[0].authentication.type", "\"eap_tls\"", "did you mean \"eap-tls\"?")]
    [InlineData("connections[0].mode", "\"Responder\"", "did you mean \"responder\"?")]
    [InlineData("connections[0].remote.strategy", "\"failver\"", "did you mean \"failover\"?")]
    [InlineData("connections[0].ike.lifetime", "\"28800\"", "did you mean \"08:00:00\"?")]
    [InlineData("connections[0].ike.lifetime", "\"8h\"", "did you mean \"08:00:00\"?")]
    [InlineData("connections[0].tunnel.mtu", "\"1400\"", "write 1400 without quotation marks")]
    [InlineData("connections[0].local.networks[0]", "\"10.10.0.9\"", "a single host is \"10.10.0.9/32\"")]
    [InlineData("connections[0].remote.endpoints[0].address", "\"any\"", "did you mean \"%any\"?")]
    [InlineData("connections[0].probes[0].address", "\"10.20.0.10/32\"", "write \"10.20.0.10\", without prefix length")]
    public void A_slip_gets_its_mend(string path, string json, string mend)
    {
        var result = ConfigurationReader.Read(Documents.With(path, json));
        Assert.Contains(result.Errors, e => e.Path.Text == $"$.{path}" && e.Mend == mend);
    }

    [Theory]
    [InlineData("connections[0].local.networks[0]", "\"10.10.0.0/33\"")]
    [InlineData("connections[0].local.networks[0]", "\"10.0/8\"")]
    [InlineData("connections[0].local.networks[0]", "\"010.10.0.0/24\"")]
    [InlineData("connections[0].local.networks[0]", "\"fe80::1%eth0/64\"")]
    [InlineData("connections[0].remote.endpoints[0].address", "\"-bad-.example\"")]
    [InlineData("connections[0].remote.endpoints[0].address", "\"\"")]
    [InlineData("connections[0].ike.lifetime", "\"24:00:00\"")]
    [InlineData("connections[0].ike.lifetime", "\"-08:00:00\"")]
    [InlineData("connections[0].ike.lifetime", "\"99999999.00:00:00\"")]
    [InlineData("connections[0].trafficSelectors", "[]")]
    [InlineData("connections[0].trafficSelectors", "\"all\"")]
    [InlineData("connections[0].tunnel.mtu", "0")]
    [InlineData("cloud.broker", "\"broker.example\"")]
    public void Values_that_cannot_be_read_are_refused(string path, string json) => Documents.OneError(Documents.With(path, json), $"$.{path}");

    [Fact]
    public void Hostile_names_are_cut_and_escaped_in_paths()
    {
        var error = Assert.Single(ConfigurationReader.Read($"{{\"{new string('x', 500)}\\u001b[31m'\": 1}}").Errors);
        Assert.True(error.Path.Text.Length < 100);
        error = Assert.Single(ConfigurationReader.Read("{\"a\\u001b[31m'\": 1}").Errors);
        Assert.Equal("$['a\\u001b[31m\\'']", error.Path.Text);
    }
}
