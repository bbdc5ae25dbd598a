using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Network;
using EdgeVpn.Linux;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Network;

/// <summary>Three anonymous network namespaces: a LAN host (10.10.0.10), the box (lan0, wan0), and everything beyond the WAN. Nothing has a name outside.</summary>
/// <remarks>
/// Beyond, one host answers as the provider's router (192.0.2.1), as an internet host (198.51.100.1), and as the protected host (10.20.0.10):
/// whatever leaves in clear towards a protected network is delivered to a socket there, so a leak is seen, not inferred.
/// </remarks>
internal sealed class Bench : IDisposable
{
    public const string Protected = "10.20.0.10", Internet = "198.51.100.1", Router = "192.0.2.1";
    public const int Port = 7;

    private readonly List<Socket> _sockets = [];
    private readonly Dictionary<string, int> _ports = [];
    private readonly NetworkNamespace _lan = NetworkNamespace.Create();
    private readonly NetworkNamespace _beyond = NetworkNamespace.Create();
    private readonly Socket _ears;

    public Bench(bool withWan = true)
    {
        Box.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Links.SetUp(1);
            netlink.Links.CreateVeth("lan0", "eth0", _lan);
            if (withWan) netlink.Links.CreateVeth("wan0", "isp0", _beyond);
        });
        Configure(_lan, "eth0", ["10.10.0.10/24"], "10.10.0.1");
        if (withWan) ConfigureBeyond();
        _ears = InBeyond(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        _ears.Bind(new IPEndPoint(IPAddress.Any, Port));
        Applier = Box.Run(() => new NetworkApplier());
    }

    public NetworkNamespace Box { get; } = NetworkNamespace.Create();

    public NetworkApplier Applier { get; }

    /// <summary>Needs root and libnftables.</summary>
    public static void SkipUnlessPossible()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("needs root: network namespaces");
        if (!Nftables.IsPresent) Assert.Skip("libnftables is not installed");
    }

    public NetworkChanges Apply(NetworkPlan plan) => Box.Run(() => Applier.Apply(plan));

    public T InLan<T>(Func<T> make) => Kept(_lan.Run(make));

    public T InBox<T>(Func<T> make) => Kept(Box.Run(make));

    public T InBeyond<T>(Func<T> make) => Kept(_beyond.Run(make));

    public void AddWanLate()
    {
        Box.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Links.CreateVeth("wan0", "isp0", _beyond);
        });
        ConfigureBeyond();
    }

    /// <summary>A UDP socket of the LAN host, of the box, or beyond.</summary>
    public static Socket Udp() => new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    /// <summary>A socket as IKE and ESP have it.</summary>
    public static Socket MarkedUdp()
    {
        const int SO_MARK = 36;
        var socket = Udp();
        socket.SetRawSocketOption(1, SO_MARK, BitConverter.GetBytes(NetworkNumbers.Mark));
        return socket;
    }

    /// <summary>Sends one datagram; false if the kernel refused to.</summary>
    public static bool TrySend(Socket from, string to, string text, int port = Port)
    {
        try
        {
            from.SendTo(System.Text.Encoding.ASCII.GetBytes(text), new IPEndPoint(IPAddress.Parse(to), port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.HostUnreachable or SocketError.AddressNotAvailable or SocketError.NetworkUnreachable or SocketError.AccessDenied)
        {
            return false;
        }
    }

    /// <summary>Everything heard beyond the WAN up to 200 ms after the last of what was to come: these, and a packet that a marked socket of the box sends now.</summary>
    public List<(string Text, string From)> HeardBeyond(params string[] expected)
    {
        TrySend(InBox(MarkedUdp), Router, "last");
        var heard = new List<(string Text, string)>();
        var awaited = new HashSet<string>([.. expected, "last"]);
        var buffer = new byte[64];
        while (_ears.Poll(awaited.Count == 0 ? 200_000 : 5_000_000, SelectMode.SelectRead))
        {
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var text = System.Text.Encoding.ASCII.GetString(buffer, 0, _ears.ReceiveFrom(buffer, ref from));
            awaited.Remove(text);
            _ports[text] = ((IPEndPoint)from).Port;
            if (text != "last") heard.Add((text, ((IPEndPoint)from).Address.ToString()));
        }

        Assert.DoesNotContain("last", awaited); // a marked packet always gets through
        return heard;
    }

    /// <summary>Source port a packet was heard from.</summary>
    public int PortOf(string text) => _ports[text];

    /// <summary>The system's own tool, in the box.</summary>
    public string Tool(string name, params string[] arguments) => Box.Run(() =>
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{name} {string.Join(' ', arguments)}: {error.Result}");
    });

    /// <summary>Takes rules and routes of ours away behind the applier's back: what remains is the packet filter alone.</summary>
    public void LeaveOnlyTheFilter()
    {
        foreach (var family in new[] { "-4", "-6" })
            for (var left = 10; left > 0 && Tool("ip", family, "rule", "show").Contains("lookup 455", StringComparison.Ordinal); left--)
                foreach (var priority in new[] { "4556", "4557" })
                    if (Tool("ip", family, "rule", "show", "priority", priority).Length > 0) Tool("ip", family, "rule", "del", "priority", priority);
    }

    /// <summary>How many packets a counter of the filter has, once it has as many as are <paramref name="expected"/>, or after 5 s.</summary>
    public long Dropped(string counter, long expected = 0)
    {
        long dropped;
        var start = Stopwatch.GetTimestamp();
        while ((dropped = Box.Run(() => Applier.Drops()).GetValueOrDefault(counter)) < expected && Stopwatch.GetElapsedTime(start).TotalSeconds < 5)
            _ears.Poll(10_000, SelectMode.SelectError); // a neighbour may still be asked for its address
        return dropped;
    }

    public void Dispose()
    {
        foreach (var socket in _sockets) socket.Dispose();
        Applier.Dispose();
        Box.Dispose();
        _lan.Dispose();
        _beyond.Dispose();
    }

    private T Kept<T>(T made)
    {
        if (made is Socket socket) _sockets.Add(socket);
        return made;
    }

    private void ConfigureBeyond()
    {
        Configure(_beyond, "isp0", [$"{Router}/24"], null);
        Configure(_beyond, "lo", [$"{Protected}/32", $"{Internet}/32"], null);
        _beyond.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Routes.Add(new Route { Destination = IPNetwork.Parse("10.10.0.0/24"), InterfaceIndex = netlink.Links.Get("isp0").Index, Gateway = IPAddress.Parse("192.0.2.2") });
        });
    }

    private static void Configure(NetworkNamespace where, string name, string[] addresses, string? gateway) => where.Run(() =>
    {
        using var netlink = RouteNetlink.Open();
        var link = netlink.Links.Get(name);
        foreach (var address in addresses.Select(a => a.Split('/'))) netlink.Addresses.Add(link.Index, IPAddress.Parse(address[0]), int.Parse(address[1]));
        netlink.Links.SetUp(link.Index);
        if (gateway is not null) netlink.Routes.Add(new Route { Destination = IPNetwork.Parse("0.0.0.0/0"), InterfaceIndex = link.Index, Gateway = IPAddress.Parse(gateway) });
    });
}
