using System.Text.Json;
using EdgeVpn.Appliance.Capture;
using EdgeVpn.Appliance.Local;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Tests.Capture;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Local;

public sealed class CaptureCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-capture-").FullName;
    private readonly CommandBench _bench = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Out => Path.Combine(_folder, "out.pcapng");

    private static FlightLog Recorded()
    {
        using var pair = new RecordedPair(new FlightRecorder(TimeProvider.System), 500, "aes256-sha256-ecp256", "aes256gcm16");
        return pair.Recorder.Snapshot();
    }

    [Fact]
    public async Task The_daemons_recording_is_written_for_its_owner_alone()
    {
        await using var box = new ControlBench();
        var log = Recorded();
        box.Box.Answer = (request, _) => new(request.Command == ControlCommand.Recorder ? ControlAnswer.Of(log) : ControlAnswer.Failed(ControlErrorCode.UnknownCommand, "no"));
        var ran = await _bench.RunAsync("capture", Out, "--control", box.Options.Path, "--json");
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Equal(log.Records.Length, JsonDocument.Parse(ran.Out).RootElement.GetProperty("recorded").GetInt32());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Out));
        Assert.Equal([0x0a, 0x0d, 0x0d, 0x0a], File.ReadAllBytes(Out)[..4]);
        Assert.False(Directory.Exists(Out + ".keys"));
    }

    [Fact]
    public async Task Keys_are_asked_for_by_name_and_put_beside_it()
    {
        await using var box = new ControlBench();
        box.Box.Answer = (request, _) => new(request.Command == ControlCommand.Keys ? ControlAnswer.Of(new LentKeys(["row"], ["esp1", "esp2"], 0)) : ControlAnswer.Of(Recorded()));
        var ran = await _bench.RunAsync("capture", Out, "--keys", "--control", box.Options.Path);
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Equal("row\n", File.ReadAllText(Path.Combine(Out + ".keys", "ikev2_decryption_table")));
        Assert.Equal("esp1\nesp2\n", File.ReadAllText(Path.Combine(Out + ".keys", "esp_sa")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Out + ".keys", "esp_sa")));
        Assert.Contains("WIRESHARK_CONFIG_DIR=", ran.Out);
        Assert.Equal(2, box.Box.Requests.Count(r => r.Command == ControlCommand.Keys)); // before, so that new child SAs are noted, and after
    }

    [Fact]
    public async Task Without_a_daemon_what_it_wrote_down_is_read()
    {
        File.WriteAllBytes(Path.Combine(_folder, FlightLog.FileName), Recorded().ToJson());
        var ran = await _bench.RunAsync("capture", Out, "--control", "/nowhere/control.sock", "--state", _folder);
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Contains("as the daemon last wrote them down", ran.Out);
        Assert.True(new FileInfo(Out).Length > 500);
        var nothing = await _bench.RunAsync("capture", Out, "--control", "/nowhere/control.sock", "--state", "/nowhere");
        Assert.Equal(ExitCode.NotRunning, nothing.Code);
    }

    [Theory]
    [InlineData("capture x --seconds 0", "--seconds goes from 1")]
    [InlineData("capture x --seconds 99999", "--seconds goes from 1")]
    [InlineData("capture x --filter {}", "--filter is about --seconds")]
    [InlineData("capture x --seconds 1 --filter {\"X\":1}", "no \"X\"")]
    public async Task What_makes_no_sense_is_refused(string words, string says)
    {
        var ran = await _bench.RunAsync(words.Split(' '));
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.Contains(says, ran.Error);
    }
}
