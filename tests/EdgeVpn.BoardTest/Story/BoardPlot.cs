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
internal sealed partial class BoardPlot(IScreen screen, StoryClock clock, double patience) : VirtPlot(screen, clock, patience)
{
    private Mosquitto? _broker;
    private MqttListener? _operator;
    private TimeSpan _powerOn;

    public override IReadOnlyList<Chapter> Chapters =>
    [
        new("Five namespaces, DHCP, a broker, strongSwan; the package on Debian's disk", LabAsync, IsEssential: true),
        new("Power on: lamp test, then an address by DHCP", PowerOnAsync, IsEssential: true),
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

    public override async ValueTask DisposeAsync()
    {
        if (_broker is not null) await _broker.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task<string> LabAsync(CancellationToken cancel)
    {
        Lab = await Lab.StartAsync("board", new InternetState { Nat = true });
        await ClearCounter.StartAsync(Lab);
        Lab.Start(Node.Internet, new DaemonSetup
        {
            Name = "dhcp",
            Command =
            [
                "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--port=0", "--interface=wb0", "--bind-interfaces", "--log-dhcp", "--log-facility=-", "--no-ping",
                $"--dhcp-range={LabAddresses.BoxWan},{LabAddresses.BoxWan},255.255.255.0,2m", $"--dhcp-option=3,{LabAddresses.InternetBranchSide}",
                $"--dhcp-leasefile={Path.Combine(Lab.RunFolder, "leases")}",
            ],
        });
        _broker = new Mosquitto(Lab);
        Gateway = new StrongSwan(Lab, StrongSwanRelease.Debian12, TunnelEnd.Cloud with { LocalSelectors = ["0.0.0.0/0"], RemoteSelectors = ["0.0.0.0/0"] });
        // The technician's example for a watchdog, as the README says.
        const string watchdog = "install -D -m 0644 /usr/share/doc/edgevpn/examples/watchdog.conf /etc/systemd/system.conf.d/watchdog.conf";
        var start = Clock.Elapsed;
        var card = Card.InstallAsync(Lab, [BoardFiles.HoldThread], watchdog, Within(60));
        await Task.WhenAll(_broker.StartAsync(), Gateway.StartAsync(), card);
        var installed = Clock.Elapsed - start;
        _operator = await _broker.ListenAsync(Documents.Topic("#"));
        Board = await VirtBoard.BuildAsync(Lab, new BoardSetup(await card) { KernelWords = "systemd.mask=systemd-resolved.service" }); // names are the other story's
        return $"{Gateway.Product}, Mosquitto, dnsmasq; dpkg -i in an emulator in {Seconds(installed)}; QEMU -M virt with Debian's kernel";
    }

    private async Task<string> PowerOnAsync(CancellationToken cancel)
    {
        _powerOn = Clock.Elapsed;
        Board!.PowerOn();
        await Until.TrueAsync("every light is on for the lamp test", Within(90), () => Board.Lights.LongestLampTest > LampTest, Board.Lights.Describe);
        var daemon = Clock.Elapsed - _powerOn - LampTest;
        await Board.Lights.ShowsAsync(Light.Wan, LedPattern.TwoBlinks, Within(40)); // an address, and nothing known that could answer
        var addressed = Clock.Elapsed - _powerOn;
        await Board.Lights.ShowsAsync(Light.Vpn, LedPattern.Off, Within(10));
        await Board.Lights.ShowsAsync(Light.Cloud, LedPattern.Off, Within(10));
        await Board.Lights.ShowsAsync(Light.Power, LedPattern.Steady, Within(10));
        // Nobody has configured a port yet: what the board calls WAN is looked at.
        Board.Cable(isIn: false);
        await Board.Lights.ShowsAsync(Light.Wan, LedPattern.Off, Within(20));
        await Board.Lights.ShowsAsync(Light.Power, LedPattern.FastBlink, Within(10));
        Board.Cable(isIn: true);
        await Board.Lights.ShowsAsync(Light.Wan, LedPattern.TwoBlinks, Within(30));
        await Board.Shell.RunAsync($"edgevpn setup code --set {SetupVisit.Code}", Within(15));
        return $"power on to lamp test {Seconds(daemon)}, to an address {Seconds(addressed)}; wan off without its cable before anything is configured";
    }
}
