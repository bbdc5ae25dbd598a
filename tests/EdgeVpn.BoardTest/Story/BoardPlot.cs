using System.Globalization;
using System.Text.Json.Nodes;
using EdgeVpn.Board;
using EdgeVpn.BoardTest.Machine;
using EdgeVpn.Demo;
using EdgeVpn.Demo.Screens;
using EdgeVpn.Demo.Story;
using EdgeVpn.Demo.Traffic;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.BoardTest.Story;

/// <summary>A box's first day, told on an emulated board: from plain Debian to a factory reset.</summary>
/// <param name="patience">Every deadline is this many times what a quiet machine with two cores needs at the most.</param>
internal sealed partial class BoardPlot(IScreen screen, StoryClock clock, double patience) : IPlot
{
    private const int NoCarrier = 11; // ReasonCode: the digits that the lights must blink for a pulled cable

    /// <summary>Half of what the product promises: an emulated board may draw the lights late.</summary>
    public static readonly TimeSpan LampTest = TimeSpan.FromSeconds(0.5);

    private Lab? _lab;
    private Mosquitto? _broker;
    private MqttListener? _operator;
    private StrongSwan? _gateway;
    private VirtBoard? _board;
    private TimeSpan _powerOn;

    public IReadOnlyList<Chapter> Chapters =>
    [
        new("Five namespaces, DHCP, a broker, strongSwan", LabAsync, IsEssential: true),
        new("Plain Debian boots; the package is installed and runs", InstallAsync, IsEssential: true),
        new("Power is cut and comes back: lamp test, then an address by DHCP", PowerOnAsync, IsEssential: true),
        new("The button is held for 3 s: the chase, and a page on the LAN port", SetupAsync, IsEssential: true),
        new("The page takes the broker's address, a short press keeps it", UploadAsync, IsEssential: true),
        new("The configuration comes over MQTT, the tunnel comes up, four steady lights", PublishAsync, IsEssential: true),
        new("The sandboxed daemon on the board", DaemonAsync),
        new("The cable is pulled: light, code and event", CableAsync),
        new("The cable is back", BackAsync),
        new("One loop stands still: systemd starts the daemon anew, the tunnel returns", LoopAsync),
        new("The kernel stands still: the watchdog resets the board, the tunnel returns", HangAsync),
        new("The button is held for 10 s: factory reset", ResetAsync),
    ];

    public Lab? Lab => _lab;

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_board is not null) await KeepJournalAsync();
            _board?.Dispose();
            if (_gateway is not null) await _gateway.DisposeAsync();
            if (_broker is not null) await _broker.DisposeAsync();
        }
        finally
        {
            if (_lab is not null) await _lab.DisposeAsync();
        }
    }

    private async Task<string> LabAsync(CancellationToken cancel)
    {
        _lab = await Lab.StartAsync("board", new InternetState { Nat = true });
        await ClearCounter.StartAsync(_lab);
        _lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "dhcp",
            Command =
            [
                "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--interface=wb0", "--bind-interfaces", "--log-dhcp", "--log-facility=-", "--no-ping",
                $"--dhcp-range={LabAddresses.BoxWan},{LabAddresses.BoxWan},255.255.255.0,2m", $"--dhcp-option=3,{LabAddresses.InternetBranchSide}",
                $"--dhcp-leasefile={Path.Combine(_lab.RunFolder, "leases")}",
            ],
        });
        _broker = new Mosquitto(_lab);
        _gateway = new StrongSwan(_lab, StrongSwanRelease.Debian12, TunnelEnd.Cloud with { LocalSelectors = ["0.0.0.0/0"], RemoteSelectors = ["0.0.0.0/0"] });
        await Task.WhenAll(_broker.StartAsync(), _gateway.StartAsync());
        _operator = await _broker.ListenAsync(Documents.Topic("#"));
        _board = await VirtBoard.BuildAsync(_lab);
        return $"{_gateway.Product}, Mosquitto, dnsmasq; QEMU -M virt with Debian's kernel";
    }

    private async Task<string> InstallAsync(CancellationToken cancel)
    {
        var start = clock.Elapsed;
        _board!.PowerOn();
        await _board.Shell.RunAsync("true", Within(90));
        var shell = clock.Elapsed - start;
        await _board.Shell.RunAsync("systemctl is-system-running --wait", Within(60));
        screen.Say($"Debian runs after {Seconds(clock.Elapsed - start)}, a shell after {Seconds(shell)}");
        await _board.Shell.RunAsync("mkdir /root/parcel && tar -C /root/parcel -xf /dev/vdb", Within(10));
        start = clock.Elapsed;
        await _board.Shell.RunAsync("dpkg -i /root/parcel/*.deb", Within(60));
        var installed = clock.Elapsed - start;
        await _board.Shell.RunAsync("systemctl is-active edgevpn.service", Within(5));
        await _board.Shell.RunAsync($"edgevpn setup code --set {SetupVisit.Code}", Within(15));
        await _board.Lights.ShowsAsync(Light.Power, LedPattern.Steady, Within(20));
        await _board.Shell.RunAsync("install -D -m 0644 /usr/share/doc/edgevpn/examples/watchdog.conf /etc/systemd/system.conf.d/watchdog.conf && sync", Within(10));
        return $"dpkg -i in {Seconds(installed)}, the daemon runs, its lights are seen";
    }

    private async Task<string> PowerOnAsync(CancellationToken cancel)
    {
        _board!.CutPower();
        _powerOn = clock.Elapsed;
        await Until.TrueAsync("every light is on for the lamp test", Within(90), () => _board.Lights.LongestLampTest > LampTest, _board.Lights.Describe);
        var daemon = clock.Elapsed - _powerOn - LampTest;
        await _board.Lights.ShowsAsync(Light.Wan, LedPattern.TwoBlinks, Within(40)); // an address, and nothing known that could answer
        var addressed = clock.Elapsed - _powerOn;
        await _board.Lights.ShowsAsync(Light.Vpn, LedPattern.Off, Within(10));
        await _board.Lights.ShowsAsync(Light.Cloud, LedPattern.Off, Within(10));
        return $"power on to lamp test {Seconds(daemon)}, to an address {Seconds(addressed)}";
    }

    private TimeSpan Within(double seconds) => TimeSpan.FromSeconds(seconds * patience);

    internal static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0 's'", CultureInfo.InvariantCulture);

    /// <summary>What the board says about itself goes to the evidence; a board that does not answer any more is no reason to keep the lab.</summary>
    private async Task KeepJournalAsync()
    {
        try
        {
            var (_, journal) = await _board!.Shell.TryAsync("journalctl --no-pager -o short-monotonic -b all", TimeSpan.FromSeconds(20));
            await File.WriteAllTextAsync(Path.Combine(_lab!.EvidenceFolder, "journal.log"), journal);
        }
        catch (Exception silent) when (silent is TimeoutException or IOException or InvalidOperationException or System.Net.Sockets.SocketException)
        {
            screen.Say($"the board's journal could not be kept: {silent.Message}");
        }
    }
}
