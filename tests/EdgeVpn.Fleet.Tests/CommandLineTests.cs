using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Fleet.Commands;
using Xunit;

namespace EdgeVpn.Fleet.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("broker")]
    [InlineData("publish")]
    [InlineData("show")]
    [InlineData("watch")]
    public async Task Help_of_each_command_has_an_example_and_its_exit_codes(string command)
    {
        var ran = await FleetLab.RunWithAsync([command, "--help"]);
        Assert.Equal(ExitCode.Done, ran.Code);
        Assert.Contains($"Example: edgefleet {command}", ran.Out, StringComparison.Ordinal);
        Assert.Contains("Exit code: 0", ran.Out, StringComparison.Ordinal);
        Assert.Contains("--json", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("publish")]
    [InlineData("publish", "file", "--fleet", "a", "--device", "b", "--colour")]
    [InlineData("publish", "/does/not/exist", "--fleet", "a", "--device", "b")]
    [InlineData("publish", "/etc/hostname", "--fleet", "a/b", "--device", "b")]
    [InlineData("publish", "/etc/hostname", "--fleet", "enrol", "--device", "b")]
    [InlineData("show", "box", "--broker", "http://broker.example")]
    [InlineData("show", "box", "--authorities", "/does/not/exist.pem")]
    [InlineData("show", "../box")]
    [InlineData("broker", "--listen", "1883")]
    [InlineData("broker", "--listen", "0.0.0.0:1883")]
    [InlineData("wach")]
    public async Task Wrong_usage_exits_2_and_says_what_is_wrong(params string[] args)
    {
        var ran = await FleetLab.RunWithAsync(args);
        Assert.Equal(ExitCode.Usage, ran.Code);
        Assert.StartsWith("edgefleet: ", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_TCP_beyond_loopback_is_refused_unless_it_is_called_insecure()
    {
        var ran = await FleetLab.RunWithAsync(["show", "box", "--broker", "mqtt://192.0.2.1"]);
        Assert.Equal(ExitCode.Failed, ran.Code);
        Assert.Contains("neither TLS nor on loopback", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_are_for_those_who_want_them()
    {
        await using var lab = await FleetLab.StartAsync();
        var file = lab.File("[]");
        string[] args = ["publish", "-f", "lyon", "-d", "box", file, "--broker", lab.Address.ToString()];
        Assert.Contains("\e[31m", (await FleetLab.RunWithAsync(args, color: true)).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", (await FleetLab.RunWithAsync(args)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain text – «é» 😀", "plain text – «é» 😀")]
    [InlineData("a\e[2Jb\r\n\tc\u0007", "a·[2Jb···c·")]
    [InlineData("\u009b31m\u202eevil\u2066\u200b", "·31m·evil··")]
    public void Text_from_boxes_cannot_command_the_terminal(string text, string shown) => Assert.Equal(shown, FleetConsole.Printable(text));

    [Fact]
    public async Task The_broker_as_a_process_says_where_it_listens_and_stops_cleanly_on_SIGTERM()
    {
        var dll = System.IO.Path.Combine(AppContext.BaseDirectory, "edgefleet.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [dll, "broker", "--listen", "127.0.0.1:0"]) { RedirectStandardOutput = true })!;
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(FleetLab.Deadline);
            Assert.StartsWith("listening on mqtt://127.0.0.1:", line, StringComparison.Ordinal);
            using (var client = new TcpClient()) await client.ConnectAsync(IPEndPoint.Parse(line!["listening on mqtt://".Length..]));
            using (Process.Start("/bin/kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await process.WaitForExitAsync().WaitAsync(FleetLab.Deadline);
            Assert.Contains("stopping", await process.StandardOutput.ReadToEndAsync(), StringComparison.Ordinal);
            Assert.Equal(ExitCode.Done, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
