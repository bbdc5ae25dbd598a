using System.Text.Json;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Model.Validation;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class ImportCommandTests : IDisposable
{
    private const string Psk = "Zq81Lkd72Mnb39Xc5TgY";

    private const string Script = $"""
        /Data/CONNECTION_NAME = lyon-hub
        /Data/VNG_GATEWAYIP   = 203.0.113.20
        /Data/LNG_GATEWAYIP   = 198.51.100.7
        /Data/VnetSubnets/Subnet/SP_NetworkIpRange = 10.20.0.0
          SP_NetworkCIDR         = 10.20.0.0/16
        /Data/CONNECTION_PSK = {Psk}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-import-").FullName;
    private readonly CommandBench _bench = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_is_missing_is_asked_for_by_its_option()
    {
        var ran = await _bench.RunAsync(["import", "azure", "-"], Script);
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains("missing: lyon-hub: The files do not name the networks behind the box.", ran.Error);
        Assert.Contains("--lan NETWORK", ran.Error);
        Assert.Empty(ran.Out);
    }

    [Fact]
    public async Task A_written_configuration_is_the_owners_alone_and_valid()
    {
        var file = Path.Combine(_folder, "config.json");
        var ran = await _bench.RunAsync(["import", "azure", "-", "--lan", "10.10.0.0/24", "-o", file], Script);
        Assert.Equal((ExitCode.Done, ""), (ran.Code, ran.Out));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var config = ConfigurationReader.Read(File.ReadAllBytes(file), DocumentBounds.File).Configuration!;
        Assert.Equal(Psk, config.Secrets["lyon-hub"].Psk!.Reveal());
        Assert.DoesNotContain(Psk, ran.Error);
        Assert.Equal(ExitCode.Done, (await _bench.RunAsync("config", "check", file)).Code);
    }

    [Fact]
    public async Task Without_a_file_secrets_are_hidden()
    {
        var ran = await _bench.RunAsync(["import", "azure", "-", "--lan", "10.10.0.0/24"], Script);
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Contains("\"(hidden)\"", ran.Out);
        Assert.DoesNotContain(Psk, ran.Out + ran.Error);
        Assert.Contains(Psk, (await _bench.RunAsync(["import", "azure", "-", "--lan", "10.10.0.0/24", "-o", "-"], Script)).Out);
    }

    [Fact]
    public async Task Json_tells_remarks_problems_and_the_hidden_configuration()
    {
        var ran = await _bench.RunAsync(["import", "azure", "-", "--lan", "10.10.0.0/24", "--json"], Script);
        var answer = JsonDocument.Parse(ran.Out).RootElement;
        Assert.True(answer.GetProperty("done").GetBoolean());
        Assert.Equal("lyon-hub", answer.GetProperty("configuration").GetProperty("connections")[0].GetProperty("name").GetString());
        Assert.DoesNotContain(Psk, ran.Out);
        var asked = JsonDocument.Parse((await _bench.RunAsync(["import", "azure", "-", "--json"], Script)).Out).RootElement;
        Assert.Equal("missing", asked.GetProperty("remarks")[0].GetProperty("kind").GetString());
    }

    [Fact]
    public async Task A_missing_file_and_a_folder_are_named()
    {
        Assert.Contains("cannot be read", (await _bench.RunAsync("import", "azure", Path.Combine(_folder, "nothing"))).Error);
        var ran = await _bench.RunAsync(["import", "azure", "-", "--lan", "10.10.0.0/24", "-o", Path.Combine(_folder, "no", "such", "folder")], Script);
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("cannot be written", ran.Error);
    }
}
