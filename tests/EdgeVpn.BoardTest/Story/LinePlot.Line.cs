using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgeVpn.Board;
using EdgeVpn.Demo;
using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Traffic;

namespace EdgeVpn.BoardTest.Story;

/// <content>What a session is and does: its size, its end, its names.</content>
internal sealed partial class LinePlot
{
    private const int SessionMtu = 1_492, Ipv4AndTcp = 40, Ipv4AndIcmp = 28, Timestamps = 12;
    private const string ProviderName = "intranet.corp.example", ProviderAnswer = "198.51.100.9", TunnelAnswer = "10.20.0.80", Pool = "10.99.0.0/24";

    private ApplianceEnd? _secondBox;

    private async Task<string> SizeAsync(CancellationToken cancel)
    {
        var interfaces = JsonNode.Parse(await Board!.Shell.RunAsync("edgevpn status --json", Within(20)))!["interfaces"]!.AsArray();
        int Mtu(string name) => (int)interfaces.Single(one => (string?)one!["name"] == name)!["mtu"]!;
        var tunnel = Mtu($"evpn-{DemoDocuments.Connection}");
        if (Mtu(LineDocuments.Session) != SessionMtu) throw new ChapterFailedException($"the session carries {Mtu(LineDocuments.Session)} octets");
        var echoes = await Ping.RunAsync(Lab!, Node.BranchLan, LabAddresses.CloudHost, count: 10, size: tunnel - Ipv4AndIcmp, patience: Within(3));
        if (echoes.Received != 10) throw new ChapterFailedException($"{echoes.Received} of 10 echoes of {tunnel} octets answered");

        var (inside, outside) = (await SegmentAsync(Node.CloudLan, LabAddresses.CloudHost), await SegmentAsync(Node.Internet, LabAddresses.InternetHost));
        if (inside != tunnel - Ipv4AndTcp || outside != SessionMtu - Ipv4AndTcp) throw new ChapterFailedException($"segments of {inside} octets through the tunnel, {outside} in clear");
        var copied = await BulkCopy.ToCloudAsync(Lab!, 1 << 20, seed: 7, Within(60));
        if (copied.SentSha256 != copied.ReceivedSha256) throw new ChapterFailedException("1 MiB came out of the tunnel changed");
        var fragments = await FramesAsync($"{FromTheBox} and pppoes and ip[6:2] & 0x3fff != 0");
        if (fragments != 0) throw new ChapterFailedException($"the box sent {fragments} fragments");
        return $"tunnel {tunnel}, echoes of that size 10 of 10; TCP segments {inside} through the tunnel, {outside} in clear; 1 MiB through it, not one fragment from the box";
    }

    private async Task<string> HangUpAsync(CancellationToken cancel)
    {
        var start = Clock.Elapsed;
        Board!.Cable(isIn: false);
        await Board.Lights.ShowsAsync(Light.Wan, LedPattern.Off, Within(15));
        await BlinksAsync(NoCarrier);
        Board.Cable(isIn: true);
        await CarriesAsync();
        var pulled = Clock.Elapsed - start;
        await Board.Lights.AllShowAsync(TunnelUp, Within(60));

        start = Clock.Elapsed;
        var padts = await FramesAsync("pppoed and ether[15] = 0xa7");
        await Board.Shell.RunAsync("/provider hang-up", Within(15));
        await Until.TrueAsync("the session ends", Within(30), async () => await FramesAsync("pppoed and ether[15] = 0xa7") > padts);
        await CarriesAsync();
        return $"a pulled cable blinks {NoCarrier}, echoes {Seconds(pulled)} after the pull; hung up to echoes through the tunnel {Seconds(Clock.Elapsed - start)}";
    }

    private async Task<string> NamesAsync(CancellationToken cancel)
    {
        await Gateway!.StopAsync();
        Lab!.Start(Node.CloudLan, new DaemonSetup
        {
            Name = "cloud-names",
            Command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", $"--address=/{ProviderName}/{TunnelAnswer}", "--pid-file", "--user=root"],
        });
        _secondBox = new ApplianceEnd(Lab, TunnelEnd.Cloud with { AddressPool = Pool, RemoteSelectors = [Pool], Domains = ["corp.example"] });
        await _secondBox.StartAsync();
        var start = Clock.Elapsed;
        await ConfigureAsync(LineDocuments.Pppoe(LineDocuments.Password, requestAddress: true));
        await CarriesAsync();
        var carried = Clock.Elapsed;
        await AnswersAsync(TunnelAnswer, "the name server behind the tunnel");
        var given = Clock.Elapsed - carried;
        await Board!.Shell.RunAsync("journalctl --no-pager -q -b -u edgevpn-network.service | grep -F 'systemctl reload edgevpn-dnsmasq.service'", Within(15));

        await Board.Shell.RunAsync($"edgevpn down {DemoDocuments.Connection}", Within(20));
        start = Clock.Elapsed;
        await AnswersAsync(ProviderAnswer, "the provider's again");
        var taken = Clock.Elapsed - start;
        await Board.Shell.RunAsync($"edgevpn up {DemoDocuments.Connection}", Within(30));
        await CarriesAsync();
        await NoUnitFailedAsync();
        return $"asked through the tunnel {Seconds(given)} after it came up, of the provider {Seconds(taken)} after it went: path unit and `systemctl reload`";
    }

    private Task AnswersAsync(string answer, string who) => Until.TrueAsync($"the LAN's host is answered {answer}: {who}", Within(40), async () =>
        await NameQuestion.AskAsync(Lab!, Node.BranchLan, LabAddresses.BoxLan, ProviderName) == answer);

    /// <summary>The longest segment that a server may send to the branch's host, as its first packet said.</summary>
    private async Task<int> SegmentAsync(Node server, string address)
    {
        using var deadline = new CancellationTokenSource(Within(15));
        using var listener = NetnsSockets.Open(Lab!, server, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
        listener.Listen(1);
        using var caller = NetnsSockets.Open(Lab!, Node.BranchLan, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync(listener.LocalEndPoint!, deadline.Token);
        using var answered = await listener.AcceptAsync(deadline.Token);
        var option = new byte[sizeof(int)];
        const int ipprotoTcp = 6, tcpMaxSegment = 2;
        answered.GetRawSocketOption(ipprotoTcp, tcpMaxSegment, option);
        return BinaryPrimitives.ReadInt32LittleEndian(option) + Timestamps; // which Linux takes off
    }
}
