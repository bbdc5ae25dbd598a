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
    [Fact]
    public void It_holds_what_helps_and_no_secret()
    {
        var configuration = ConfigurationReader.Read("""
            { "connections": [{ "name": "hub", "remote": { "endpoints": [{ "address": "203.0.113.2" }], "networks": ["10.20.0.0/24"] }, "authentication": { "type": "psk", "secret": "hub" } }],
              "secrets": { "hub": { "psk": "Zq81Lkd72Mnb39Xc5TgY" } } }
            """).Configuration!;
        var archive = SupportBundle.Make(Samples.Status, new WhyAnswer { Reports = [Samples.WrongSecret] }, configuration, [Samples.Event()], ["confirmed.json is missing"], Samples.Now);

        var files = new Dictionary<string, string>();
        using (var tar = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress)))
        {
            while (tar.GetNextEntry() is { } entry) files[entry.Name] = new StreamReader(entry.DataStream ?? Stream.Null, Encoding.UTF8).ReadToEnd();
        }

        Assert.Equal(
            ["edgevpn-support/configuration.json", "edgevpn-support/events.jsonl", "edgevpn-support/machine.txt", "edgevpn-support/notices.txt", "edgevpn-support/status.json", "edgevpn-support/why.json"],
            files.Keys.Order(StringComparer.Ordinal));
        Assert.All(files.Values, text => Assert.DoesNotContain("Zq81Lkd72Mnb39Xc5TgY", text, StringComparison.Ordinal));
        Assert.Contains("203.0.113.2", files["edgevpn-support/configuration.json"], StringComparison.Ordinal);
        Assert.Contains("IKE_AUTH", files["edgevpn-support/events.jsonl"], StringComparison.Ordinal);
        Assert.Contains("confirmed.json is missing", files["edgevpn-support/notices.txt"], StringComparison.Ordinal);
        Assert.Contains("wrong-secret", files["edgevpn-support/why.json"], StringComparison.Ordinal);
    }
}
