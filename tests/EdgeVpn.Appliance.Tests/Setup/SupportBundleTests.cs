using System.Collections.Immutable;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Setup;
using EdgeVpn.Appliance.Tests.Local;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Setup;

public sealed class SupportBundleTests
{
    /// <summary>Every kind of secret that a configuration can hold, each where it is used.</summary>
    [Fact]
    public void No_kind_of_secret_goes_in()
    {
        const string mark = "Zq81Lkd72Mnb39Xc5TgY";
        using var rsa = System.Security.Cryptography.RSA.Create(2048);
        var key = rsa.ExportPkcs8PrivateKeyPem();
        var configuration = new Model.Configuration.BoxConfig
        {
            Secrets = new Dictionary<string, Model.Configuration.SecretConfig>
            {
                ["psk"] = new() { Psk = new(mark + "1") },
                ["provider"] = new() { Password = new(mark + "2") },
                ["pin"] = new() { Password = new("4711990") },
                ["key"] = new() { PrivateKey = new(key) },
                ["sealed"] = new() { Sealed = new(mark + "3") },
            }.ToImmutableDictionary(),
            Interfaces =
            [
                new() { Name = "dsl0", Role = Model.Configuration.InterfaceRole.Wan, Pppoe = new() { Parent = "eth0", User = "branch", Secret = "provider" } },
                new() { Name = "wwan0", Role = Model.Configuration.InterfaceRole.Wan, Lte = new() { Apn = "internet", Secret = "provider", Pin = "pin" } },
            ],
        };
        var text = Unpack(SupportBundle.Make(Samples.Status, new WhyAnswer { Reports = [] }, configuration, [], [], Samples.Now))["edgevpn-support/configuration.json"];
        Assert.Contains("wwan0", text, StringComparison.Ordinal);
        foreach (var secret in new[] { mark, "4711990", key[40..100], "PRIVATE KEY" }) Assert.DoesNotContain(secret, text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_holds_what_helps_and_no_secret()
    {
        var configuration = ConfigurationReader.Read("""
            { "connections": [{ "name": "hub", "remote": { "endpoints": [{ "address": "203.0.113.2" }], "networks": ["10.20.0.0/24"] }, "authentication": { "type": "psk", "secret": "hub" } }],
              "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } } }
            """).Configuration!;
        var archive = SupportBundle.Make(Samples.Status, new WhyAnswer { Reports = [Samples.WrongSecret] }, configuration, [Samples.Event()], ["confirmed.json is missing"], Samples.Now);

        var files = Unpack(archive);
        Assert.Equal(
            ["edgevpn-support/configuration.json", "edgevpn-support/events.jsonl", "edgevpn-support/machine.txt", "edgevpn-support/notices.txt", "edgevpn-support/status.json", "edgevpn-support/why.json"],
            files.Keys.Order(StringComparer.Ordinal));
        Assert.All(files.Values, text => Assert.DoesNotContain("Zq81Lkd72Mnb39Xc5TgY", text, StringComparison.Ordinal));
        Assert.Contains("203.0.113.2", files["edgevpn-support/configuration.json"], StringComparison.Ordinal);
        Assert.Contains("IKE_AUTH", files["edgevpn-support/events.jsonl"], StringComparison.Ordinal);
        Assert.Contains("confirmed.json is missing", files["edgevpn-support/notices.txt"], StringComparison.Ordinal);
        Assert.Contains("wrong-secret", files["edgevpn-support/why.json"], StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Unpack(byte[] archive)
    {
        var files = new Dictionary<string, string>();
        using var tar = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } entry) files[entry.Name] = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8).ReadToEnd();
        return files;
    }
}
