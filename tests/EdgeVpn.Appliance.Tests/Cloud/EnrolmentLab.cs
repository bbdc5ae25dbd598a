using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Appliance.Composition;
using EdgeVpn.Appliance.Local.Commands;
using EdgeVpn.Appliance.Storage;
using EdgeVpn.Appliance.Tests.Local;
using EdgeVpn.Fleet.Commands;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>A fleet as <c>edgefleet init</c> makes it, its Mosquitto with TLS and access rules, and boxes enrolled by the real commands.</summary>
internal sealed class EnrolmentLab : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("edgevpn-fleet-");
    private Process? _process;

    private EnrolmentLab()
    {
        Port = BrokerLab.FreePort();
        BootstrapPort = BrokerLab.FreePort();
    }

    public int Port { get; }

    public int BootstrapPort { get; }

    public string Fleet => At("fleet");

    public FleetFolder Folder => FleetFolder.Open(Fleet);

    public BrokerAddress Address => new("127.0.0.1", Port, Tls: true);

    public string At(string name) => System.IO.Path.Combine(_folder.FullName, name);

    public static async Task<EnrolmentLab> StartAsync()
    {
        if (!File.Exists("/usr/sbin/mosquitto")) Assert.Skip("Mosquitto is not installed.");
        var lab = new EnrolmentLab();
        try
        {
            var (code, text) = await lab.FleetAsync("init", "--fleet", "lyon", "--broker", lab.Address.ToString(), "--bootstrap", $"mqtts://127.0.0.1:{lab.BootstrapPort}", "--folder", lab.Fleet);
            Assert.True(code == 0, text);
            await lab.StartBrokerAsync();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync(); // no broker outlives its test
            throw;
        }
    }

    public async Task StartBrokerAsync()
    {
        // As written, but for where it keeps its state and who it becomes: this folder is root's.
        var file = System.IO.Path.Combine(Fleet, "broker", "mosquitto.conf");
        var text = (await File.ReadAllTextAsync(file)).Replace("/var/lib/mosquitto/", _folder.FullName + "/", StringComparison.Ordinal);
        await File.WriteAllTextAsync(At("mosquitto.conf"), $"user root\n{text}\nlog_dest stderr\n");
        _process = Process.Start(new ProcessStartInfo("/usr/sbin/mosquitto", ["-c", At("mosquitto.conf")]) { RedirectStandardError = true })!;
        var said = new System.Text.StringBuilder();
        _process.ErrorDataReceived += (_, e) =>
        {
            lock (said) said.AppendLine(e.Data);
        };
        _process.BeginErrorReadLine();
        await BrokerLab.UntilAsync(
            () =>
            {
                if (_process.HasExited)
                {
                    lock (said) Assert.Fail("Mosquitto ended at its start: " + said);
                }

                return Listens(Port) && Listens(BootstrapPort);
            }, "Mosquitto listens");
    }

    public async Task StopBrokerAsync()
    {
        if (_process is null) return;
        using var process = _process;
        _process = null;
        using (Process.Start("/bin/kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await process.WaitForExitAsync();
    }

    public async Task<(int Code, string Text)> FleetAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var code = await FleetCommandLine.RunAsync(arguments, new FleetConsole(TextWriter.Synchronized(output), TextWriter.Synchronized(output), IsTerminal: false, HasColor: false))
            .WaitAsync(BrokerLab.Deadline);
        return (code, output.ToString());
    }

    public static async Task<(int Code, string Text)> BoxAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var terminal = new Terminal { Out = TextWriter.Synchronized(output), Error = TextWriter.Synchronized(output) };
        var code = await EdgeVpnCommandLine.InvokeAsync(arguments, new FakeActions(), terminal).WaitAsync(BrokerLab.Deadline);
        return (code, output.ToString());
    }

    /// <summary>The text of a new claim card.</summary>
    public async Task<string> CardAsync(string device)
    {
        var (code, text) = await FleetAsync("enrol", device, "--card", "--json", "--folder", Fleet);
        Assert.True(code == 0, text);
        return JsonElement.Parse(text.Split('\n')[0]).GetProperty("claim").GetString()!;
    }

    /// <summary>Enrols a box with both commands, the fingerprint carried over by hand.</summary>
    public async Task<StateDirectory> EnrolAsync(string device)
    {
        var state = At("state-" + device);
        StateDirectory.Open(state).MakeKeys();
        var fingerprint = Model.Jose.P256Key.Of(StateDirectory.Open(state).Keys!.Identity).Fingerprint;
        var box = BoxAsync("enrol", await CardAsync(device), "--state", state, "--timeout", "00:00:50");
        var fleet = FleetAsync("enrol", device, "--fingerprint", fingerprint, "--folder", Fleet, "--timeout", "00:00:50");
        var (boxCode, boxText) = await box;
        var (fleetCode, fleetText) = await fleet;
        Assert.True(boxCode == 0, boxText + fleetText);
        Assert.True(fleetCode == 0, fleetText);
        Assert.Contains(fingerprint, boxText, StringComparison.Ordinal);
        Assert.Contains(fingerprint, fleetText, StringComparison.Ordinal);
        return StateDirectory.Open(state);
    }

    /// <summary>The way to the broker of an enrolled box, as its daemon takes it.</summary>
    public static CloudStart StartOf(StateDirectory state)
    {
        var membership = Membership.Of(state)!;
        return new CloudStart(membership.Enrolment.Identity, membership.Enrolment.Broker, Insecure: false, new TwinSettings()) { Membership = membership };
    }

    public static RunningBox Run(StateDirectory state, TestBox? box = null)
    {
        var start = StartOf(state);
        return new RunningBox(start.Broker, box, o => start.Options() with { RetryFirst = o.RetryFirst, RetryMost = o.RetryMost, Twin = o.Twin }, start.Verifier());
    }

    /// <summary>Runs a program, whatever its exit code.</summary>
    public static async Task<(int Code, string Text)> ToolAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var text = await process.StandardOutput.ReadToEndAsync() + await error;
        await process.WaitForExitAsync().WaitAsync(BrokerLab.Deadline);
        return (process.ExitCode, text);
    }

    /// <summary>The files that a shell tool needs to be this box.</summary>
    public (string Certificate, string Key) Files(StateDirectory state)
    {
        var (certificate, key) = (At($"{state.Enrolment!.Identity.Device}.crt"), At($"{state.Enrolment.Identity.Device}.key"));
        File.WriteAllText(certificate, state.Enrolment.Certificate);
        File.WriteAllText(key, state.Keys!.Identity.ExportPkcs8PrivateKeyPem());
        return (certificate, key);
    }

    public async ValueTask DisposeAsync()
    {
        await StopBrokerAsync();
        _folder.Delete(recursive: true);
    }

    private static bool Listens(int port)
    {
        try
        {
            using var socket = new TcpClient();
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
