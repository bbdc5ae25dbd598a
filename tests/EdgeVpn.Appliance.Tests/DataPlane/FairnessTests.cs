using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EdgeVpn.Appliance.Runtime;
using EdgeVpn.Appliance.Runtime.DataPlane;
using EdgeVpn.Ipsec;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Appliance.Tests.DataPlane;

/// <summary>Two connections on one interface and one socket; one sends more than anybody could carry.</summary>
public class FairnessTests(ITestOutputHelper output)
{
    private const int Flooding = 2, Modest = 3;

    // A cipher of 1975 makes any machine slow enough, so that what is too much for it is little to read.
    private static readonly EspSuite Slow = new(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96);
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    [Fact]
    public void A_flood_in_one_connection_leaves_the_other_its_packets()
    {
        using var lab = new TunnelLab();
        Connect(lab, Flooding, Slow);
        Connect(lab, Modest, Slow);
        Assert.Equal(5, Ping(lab, Modest, 5)); // the way is there

        using var flood = new Flood(lab, Flooding);
        using var beats = new Polling(lab);
        Thread.Sleep(2_000); // the shares find their level; nothing is asserted of this time
        var (sent, arrived) = (flood.Sent, Octets(lab, Flooding));
        var answered = Ping(lab, Modest, 200) / 200.0;
        var ofTheFlood = (Octets(lab, Flooding) - arrived) / (double)(flood.Sent - sent);
        output.WriteLine($"{answered:0.00} answered, {ofTheFlood:0.00} of the flood arrived; {Words(lab.Near)}; {Words(lab.Far)}");
        Assert.True(lab.Near.Status.Drops.ContainsKey("tx.fairShare"), "the flood was none");

        // A queue that is fair to nobody drops the same part of both. On a machine with other work both get less.
        Assert.InRange(answered, Math.Min(0.9, 2 * ofTheFlood), 1);

        static string Words(TunnelLab.Side side) => string.Join(", ", side.Status.Drops.Select(static drop => $"{drop.Key} {drop.Value}"));
    }

    [Fact]
    public void A_rate_limit_of_one_connection_costs_the_other_nothing()
    {
        using var lab = new TunnelLab();
        Connect(lab, Flooding, TunnelLab.Gcm);
        Connect(lab, Modest, TunnelLab.Gcm);
        var rate = new ConnectionRate();
        rate.Out.BitsPerSecond = 10_000_000;
        lab.Near.Plane.LimitRate(Name(Flooding), rate);

        using var flood = new Flood(lab, Flooding);
        using var beats = new Polling(lab);
        Thread.Sleep(1_000);
        var before = Octets(lab, Flooding);
        var start = Stopwatch.GetTimestamp();
        var answered = Ping(lab, Modest, 100);
        var megabits = (Octets(lab, Flooding) - before) * 8 / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e6;
        output.WriteLine($"{answered} of 100 answered beside {megabits:0.0} Mbit/s");
        Assert.InRange(answered, 80, 100);
        Assert.InRange(megabits, 0, 25); // the limit, and a burst of it
    }

    private static void Connect(TunnelLab lab, int number, EspSuite suite)
    {
        ImmutableArray<TrafficSelector> near = [TrafficSelector.Prefix(new IpAddress(0x0A01_0000, false), 16)];
        ImmutableArray<TrafficSelector> far = [TrafficSelector.Prefix(new IpAddress(0x0A02_0000 + (uint)(number << 8), false), 24)];
        lab.Near.Install(suite, udp: true, ipv6Outer: false, number, null, use: true, near, far, Name(number));
        lab.Far.Install(suite, udp: true, ipv6Outer: false, number, null, use: true, far, near, Name(number));
        lab.Far.Space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Addresses.Add(netlink.Links.Get(TunnelLab.Tun).Index, Host(number), 32);
        });
    }

    private static string Name(int number) => $"peer-{number}";

    private static IPAddress Host(int number) => IPAddress.Parse($"10.2.{number}.1");

    private static ulong Octets(TunnelLab lab, int number) => lab.Far.Status.Children.Single(child => child.Child.Value == number).OctetsIn;

    private static int Ping(TunnelLab lab, int number, int count)
    {
        var printed = lab.Near.Space.Run(() => TunnelLab.Tool("ping", "-n", "-c", $"{count}", "-i", "0.01", "-W", "1", $"{Host(number)}"));
        return printed.Split('\n').Count(line => line.Contains("icmp_seq=", StringComparison.Ordinal) && line.Contains("time=", StringComparison.Ordinal));
    }

    /// <summary>At most 130 MB a second.</summary>
    private sealed class Flood : IDisposable
    {
        private const int Octets = 1_300, AtOnce = 100;
        private readonly Socket _socket;
        private readonly Thread _thread;
        private long _sent;
        private volatile bool _isOver;

        public Flood(TunnelLab lab, int number)
        {
            _socket = lab.Near.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
            _socket.Bind(new IPEndPoint(IPAddress.Parse("10.1.0.1"), 0));
            _socket.Connect(new IPEndPoint(Host(number), 9));
            _thread = new Thread(Run) { IsBackground = true };
            _thread.Start();
        }

        public long Sent => Interlocked.Read(ref _sent);

        public void Dispose()
        {
            _isOver = true;
            _thread.Join();
            _socket.Dispose();
        }

        private void Run()
        {
            var octets = new byte[Octets];
            while (!_isOver)
            {
                try
                {
                    for (var i = 0; i < AtOnce; i++) Interlocked.Add(ref _sent, _socket.Send(octets));
                    Thread.Sleep(1);
                }
                catch (SocketException refused) when (refused.SocketErrorCode is SocketError.ConnectionRefused or SocketError.NoBufferSpaceAvailable)
                {
                    // Nobody listens there, or the queue is full: both are meant.
                }
            }
        }
    }

    /// <summary>What the IKE thread does.</summary>
    private sealed class Polling : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _isOver;

        public Polling(TunnelLab lab)
        {
            _thread = new Thread(() =>
            {
                while (!_isOver)
                {
                    lab.Near.Poll(IkeLoop.Now()); // true time: a rate is made of what passed in it
                    lab.Far.Poll(IkeLoop.Now());
                    Thread.Sleep(Beat);
                }
            })
            { IsBackground = true };
            _thread.Start();
        }

        public void Dispose()
        {
            _isOver = true;
            _thread.Join();
        }
    }
}
