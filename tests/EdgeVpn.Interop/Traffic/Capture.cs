using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Traffic;

/// <summary>tcpdump on a WAN link, from the router's side, into the evidence.</summary>
public sealed class Capture
{
    private readonly Daemon _tcpdump;

    private Capture(Daemon tcpdump, string file)
    {
        _tcpdump = tcpdump;
        File = file;
    }

    public string File { get; }

    /// <summary>Captures from the moment the task completes.</summary>
    public static async Task<Capture> StartAsync(Lab lab, WanLink link)
    {
        var name = link == WanLink.Branch ? "wan-branch" : "wan-cloud";
        var file = Path.Combine(lab.EvidenceFolder, name + ".pcap");
        var tcpdump = lab.Start(Node.Internet, new DaemonSetup
        {
            Name = name,
            Command = ["tcpdump", "-i", Lab.InternetInterface(link), "-n", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", file],
        });
        await Until.TrueAsync("tcpdump listens", TimeSpan.FromSeconds(10), () => tcpdump.Log().Contains("listening on", StringComparison.Ordinal), tcpdump.Log);
        return new Capture(tcpdump, file);
    }

    /// <summary>What has been captured so far; the capture goes on.</summary>
    public IReadOnlyList<CapturedPacket> Packets() => PcapFile.Read(File);

    /// <summary>Ends the capture and reads it.</summary>
    public async Task<IReadOnlyList<CapturedPacket>> StopAsync()
    {
        await _tcpdump.StopAsync(Signal.Interrupt);
        return Packets();
    }
}
