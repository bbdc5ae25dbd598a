using System.Diagnostics;
using System.Text;
using EdgeVpn.Model.Azure;
using static EdgeVpn.Model.Tests.Azure.AzureShapes;

namespace EdgeVpn.Model.Tests.Azure;

/// <summary>Whatever the octets: a clear answer, within bounds, and no exception.</summary>
public class AzureHostileTests
{
    private static AzureImportResult Read(params AzureFile[] files) => AzureImport.Read(files, new AzureImportOptions());

    [Theory]
    [InlineData("", "empty")]
    [InlineData("   \n", "empty")]
    [InlineData("{", "not JSON")]
    [InlineData("{ \"a\": }", "line 1")]
    [InlineData("hello", "not JSON")]
    public void Malformed_text_is_refused_with_its_place(string text, string says) =>
        Assert.Contains(Read(File(text)).Remarks, r => r.Kind == ImportRemarkKind.Refused && r.Sentence.Contains(says, StringComparison.Ordinal));

    [Fact]
    public void Octets_that_are_no_text_are_refused() =>
        Assert.Contains(Read(new AzureFile("x", new byte[] { 0x80, 0x81, 0x00, 0xff })).Remarks, r => r.Sentence == "It is not text.");

    [Fact]
    public void Too_large_a_file_and_too_many_files_are_refused()
    {
        Assert.Contains(Read(new AzureFile("x", new byte[AzureImport.MaxFileOctets + 1])).Remarks, r => r.Sentence == $"It has more than {AzureImport.MaxFileOctets} octets.");
        Assert.Contains(Read([.. Enumerable.Range(0, AzureImport.MaxFiles + 1).Select(_ => File("[]"))]).Remarks, r => r.Sentence.Contains("files are more than", StringComparison.Ordinal));
    }

    [Fact]
    public void Deep_nesting_is_refused() =>
        Assert.Contains(Read(File(new string('[', 100_000))).Remarks, r => r.Kind == ImportRemarkKind.Refused && r.Sentence.Contains("nested deeper", StringComparison.Ordinal));

    [Fact]
    public void Templates_that_grow_or_circle_are_bounded()
    {
        var variables = string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"v{i}\": \"[concat(variables('v{i + 1}'), variables('v{i + 1}'))]\""));
        var circle = "\"v40\": \"[variables('v0')]\"";
        var deep = new string('(', 5_000);
        var template = $$"""
            { "$schema": "x", "variables": { {{variables}}, {{circle}} }, "resources": [
              { "type": "Microsoft.Network/connections", "name": "[variables('v0')]", "properties": { "sharedKey": "[concat{{deep}}]", "connectionType": "[format('{0}', variables('v3'))]" } },
              { "type": "Microsoft.Network/connections", "name": "[concat(concat(concat('a'", "copy": { "name": "c", "count": 9 } },
              { "type": "Microsoft.Resources/deployments", "name": "d", "properties": { "templateLink": { "uri": "https://example.com" } } } ] }
            """;
        var clock = Stopwatch.StartNew();
        var result = Read(File(template));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.Null(result.Configuration);
        Assert.Contains(result.Remarks, r => r.Sentence.Contains("copy loop", StringComparison.Ordinal));
        Assert.Contains(result.Remarks, r => r.Sentence.Contains("linked template", StringComparison.Ordinal));
    }

    [Fact]
    public void Half_characters_and_wrong_types_are_survived()
    {
        var broken = Connection(c => c["ipsecPolicies"] = "all").ToJsonString().Replace("\"Default\"", "\"\\ud800\"", StringComparison.Ordinal);
        Assert.NotNull(Read(File(broken), File(Gateway()), File(Site()), File(Network())).Configuration);
    }

    /// <summary>Cuts, drops and swaps of every file: never an exception, and what comes out is either valid or explained.</summary>
    [Fact]
    public void Mutations_never_throw()
    {
        var random = new Random(20_261_122);
        string[] whole = [Connection(c => c["ipsecPolicies"] = new System.Text.Json.Nodes.JsonArray(Policy())).ToJsonString(), Gateway(ActiveActive).ToJsonString(), Site().ToJsonString(), Template(Connection(), Gateway(), Site()).ToJsonString(), Script(bgp: "True")];
        for (var run = 0; run < 1_500; run++)
        {
            var files = whole.Select((text, i) =>
            {
                var octets = Encoding.UTF8.GetBytes(text);
                for (var n = random.Next(4); n > 0; n--)
                {
                    var at = random.Next(octets.Length);
                    switch (random.Next(3))
                    {
                        case 0: octets[at] = (byte)random.Next(256); break;
                        case 1: octets = [.. octets[..at], .. octets[Math.Min(octets.Length, at + random.Next(1, 30))..], (byte)' ']; break;
                        default: octets[at] = (byte)"{}[]\",:0x/'()"[random.Next(13)]; break;
                    }
                }

                return new AzureFile($"{i}", octets);
            }).OrderBy(_ => random.Next()).Take(random.Next(1, 6)).ToArray();
            var result = Read(files);
            Assert.True(result.Configuration is not null || result.Remarks.Any(r => r.IsFatal) || !result.Problems.IsEmpty, $"run {run}: nothing, and no reason");
        }
    }
}
