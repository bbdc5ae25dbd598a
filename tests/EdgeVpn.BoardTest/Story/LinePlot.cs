using System.Text;
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

namespace EdgeVpn.BoardTest.Story;

/// <summary>A USB stick, and lines that are more than a cable: a VLAN and PPPoE to a provider, names out of a tunnel, and the life of the package meanwhile.</summary>
/// <remarks>The provider is a namespace on the board itself (<c>scripts/board/provider</c>); all it exchanges with the box passes <see cref="VirtBoard.Line"/>, where it is captured.</remarks>
internal sealed partial class LinePlot(IScreen screen, StoryClock clock, double patience) : VirtPlot(screen, clock, patience)
{
    private const int SessionRefused = 18;
    private const string Customers = "100.64.0.0/16", FromTheBox = "ether src 52:54:00:12:34:56"; // QEMU's address for its first port

    private static readonly PanelPatterns TunnelUp = AllSteady with { Cloud = LedPattern.Off }; // nobody told the box of a broker

    private Daemon? _capture;

    public override IReadOnlyList<Chapter> Chapters =>
    [
        new("Five namespaces, strongSwan, and a board with a provider's two ports", LabAsync, IsEssential: true),
        new("Plain Debian boots; the package is installed; a provider is connected", InstallAsync, IsEssential: true),
        new("A USB stick called EDGEVPN: its documents reach the daemon", StickAsync),
        new("VLAN 7: an address by DHCP, the tunnel, every frame tagged", VlanAsync),
        new("PPPoE with a wrong password: the lights blink 18", RefusedAsync),
        new("The right password: session, names, tunnel", SessionAsync, IsEssential: true),
        new("1492 octets: nothing is fragmented, TCP learns the size", SizeAsync),
        new("The cable is pulled and put back, then the provider hangs up: the tunnel returns", HangUpAsync),
        new("A gateway gives names: the LAN's dnsmasq asks it while the tunnel stands", NamesAsync),
        new("The package is upgraded: configuration and state stay, the tunnel returns", UpgradeAsync),
        new("Removed, and installed again", RemoveAsync),
        new("Purged: nothing is left", PurgeAsync),
    ];

    private async Task<string> LabAsync(CancellationToken cancel)
    {
        Lab = await Lab.StartAsync("board-line");
        await ClearCounter.StartAsync(Lab);
        await Lab.RunAsync(Node.Internet, ["ip", "route", "add", Customers, "via", LabAddresses.BoxWan]); // the provider's own address upstream
        Gateway = new StrongSwan(Lab, StrongSwanRelease.Debian12, TunnelEnd.Cloud with { LocalSelectors = ["0.0.0.0/0"], RemoteSelectors = ["0.0.0.0/0"] });
        await Gateway.StartAsync();
        Board = await VirtBoard.BuildAsync(Lab, new BoardSetup(await Card.CopyAsync(Lab, BoardFiles.Package, BoardFiles.LaterPackage, BoardFiles.Provider)) { HasProvider = true });
        _capture = Lab.Start(Node.Box, new DaemonSetup
        {
            Name = "line",
            Command = ["tcpdump", "-i", VirtBoard.Line, "-n", "-U", "--immediate-mode", "-s", "160", "-Z", "root", "-w", LineFile],
        });
        return $"{Gateway.Product}; QEMU -M virt with Debian's kernel";
    }

    private async Task<string> InstallAsync(CancellationToken cancel)
    {
        var installed = await PlainDebianAsync();
        await Board!.Shell.RunAsync("/provider start", Within(30));
        return $"dpkg -i in {Seconds(installed)}; pppoe-server and a DHCP server in a namespace on the board";
    }

    /// <summary>From the bus to the daemon, which nobody enrolled: it has no operator whose signature it could check. What it takes from an enrolled box's stick is FleetStory's.</summary>
    private async Task<string> StickAsync(CancellationToken cancel)
    {
        var image = await Stick.MakeAsync(Lab!, ("The document of branch-042.JWS", "no.signed.document"), ("second.jws", "another.such.one"), ("._second.jws", "what a Mac leaves"), ("readme.txt", "x"));
        var start = Clock.Elapsed;
        Board!.Stick(image);
        var said = "";
        await Until.TrueAsync("both documents were offered", Within(30), async () =>
            (said = await Board.Shell.RunAsync("journalctl -o cat -u 'edgevpn-stick@*'", Within(15))).Split("This box has no operator whose signature it could check").Length == 3, () => said);
        var took = Clock.Elapsed - start;
        Board.Stick(null);
        if (said.Contains("._", StringComparison.Ordinal) || said.Contains("readme", StringComparison.Ordinal)) throw new ChapterFailedException($"what is no document was offered: {said}");
        var left = await Board.Shell.RunAsync("grep EDGEVPN /proc/mounts; ls -d /tmp/tmp.*; systemctl reset-failed 'edgevpn-stick@*'; true", Within(15));
        if (left.Contains("/tmp/tmp.", StringComparison.Ordinal) && !left.Contains("No such file", StringComparison.Ordinal)) throw new ChapterFailedException($"left behind: {left}");
        return $"plugged in to the daemon's answer {Seconds(took)}; long names and capitals are read, nothing is left mounted";
    }

    private async Task<string> VlanAsync(CancellationToken cancel)
    {
        var document = LineDocuments.Vlan();
        var start = Clock.Elapsed;
        await ConfigureAsync(document);
        await CarriesAsync();
        var carried = Clock.Elapsed - start;
        await Board!.Lights.AllShowAsync(TunnelUp, Within(30));
        await AsRenderedAsync(document);
        // Before the daemon is told of the tag, plain Debian asks for an address without one.
        var (tagged, bare) = (await FramesAsync("vlan 7 and (udp port 500 or udp port 4500 or ip proto 50)"), await FramesAsync($"{FromTheBox} and ip and not (udp port 67 or udp port 68) and not vlan"));
        if (tagged == 0 || bare != 0) throw new ChapterFailedException($"{tagged} sealed frames with tag 7, {bare} packets without a tag");
        await NoUnitFailedAsync();
        return $"configuration to first echo {Seconds(carried)}; {tagged} sealed frames with tag 7, none without; files as `network render` shows them";
    }

    private async Task<string> RefusedAsync(CancellationToken cancel)
    {
        await ConfigureAsync(LineDocuments.Pppoe(LineDocuments.WrongPassword));
        await Board!.Lights.ShowsAsync(Light.Power, LedPattern.FastBlink, Within(40));
        await Until.TrueAsync($"`why` says {SessionRefused}", Within(60), async () =>
            (await Board.Shell.TryAsync($"edgevpn why {DemoDocuments.Connection}", Within(20))).Output is var said && said.Contains($"{SessionRefused} session-refused", StringComparison.Ordinal)
                && said.Contains("ok      cable", StringComparison.Ordinal) && said.Contains("FAILED  address", StringComparison.Ordinal));
        await Board.Lights.ShowsAsync(Light.Wan, LedPattern.SlowBlink, Within(15));
        await BlinksAsync(SessionRefused);
        return $"CHAP: access denied; wan blinks slowly, a short press blinks {SessionRefused}; cable ok, address failed";
    }

    private async Task<string> SessionAsync(CancellationToken cancel)
    {
        var document = LineDocuments.Pppoe(LineDocuments.Password);
        var start = Clock.Elapsed;
        await ConfigureAsync(document);
        await CarriesAsync();
        var carried = Clock.Elapsed - start;
        await Board!.Lights.AllShowAsync(TunnelUp, Within(30));
        await AsRenderedAsync(document);
        await AnswersAsync(ProviderAnswer, "the provider's name server, by way of pppd, resolved and dnsmasq");
        await NoUnitFailedAsync();
        var sealedPackets = await FramesAsync("pppoes");
        return $"configuration to first echo {Seconds(carried)}, {sealedPackets} PPPoE frames; the LAN's host asks the provider's name server by way of dnsmasq; files as `network render` shows them";
    }

    private string LineFile => Path.Combine(Lab!.EvidenceFolder, "line.pcap");

    /// <summary>Frames on the line since the start.</summary>
    private async Task<int> FramesAsync(string filter)
    {
        if (_capture is not { IsRunning: true }) throw new ChapterFailedException($"the line is not captured: {_capture?.Log()}");
        var read = (await Tool.RunAsync(["tcpdump", "-n", "-q", "-t", "-r", LineFile, filter])).Checked();
        return read.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    /// <summary>The technician's way: the file, and the daemon anew.</summary>
    private async Task ConfigureAsync(JsonObject document)
    {
        var text = document.ToJsonString();
        if (DemoDocuments.Errors(text) is { Count: > 0 } errors) throw new ChapterFailedException(string.Join("; ", errors));
        await Board!.Shell.RunAsync(
            $"echo {Convert.ToBase64String(Encoding.UTF8.GetBytes(text))} | base64 -d >/etc/edgevpn/config.json && chgrp edgevpn /etc/edgevpn/config.json && chmod 0640 /etc/edgevpn/config.json "
            + "&& systemctl restart edgevpn.service", Within(60));
    }

    /// <summary>What is played is what <c>edgevpn network render</c> shows.</summary>
    private async Task AsRenderedAsync(JsonObject document)
    {
        var shown = JsonNode.Parse(await Board!.Shell.RunAsync("edgevpn network render --json /etc/edgevpn/config.json", Within(30)))!["files"]!.AsArray();
        foreach (var file in shown)
        {
            var (path, text) = ((string)file!["path"]!, (string)file["text"]!);
            var there = await Board.Shell.RunAsync($"cat {path}", Within(15));
            if (text.StartsWith("# holds a password", StringComparison.Ordinal)) text = there; // and is not shown
            if (there.TrimEnd() != text.TrimEnd()) throw new ChapterFailedException($"{path} is not what was shown:\n{there}");
        }

        if (!shown.Any(file => ((string)file!["path"]!).EndsWith($"{document["interfaces"]![0]!["name"]}.network", StringComparison.Ordinal))) throw new ChapterFailedException("the WAN has no file");
    }

    private async Task NoUnitFailedAsync()
    {
        var failed = await Board!.Shell.RunAsync("systemctl --failed --no-legend --plain", Within(15));
        if (failed.Length > 0) throw new ChapterFailedException($"units have failed: {failed}");
    }
}
