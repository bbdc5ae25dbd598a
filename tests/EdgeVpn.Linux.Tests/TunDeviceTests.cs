using System.Net;
using System.Net.Sockets;
using EdgeVpn.Linux.Netlink;
using EdgeVpn.Linux.Tests.Offload;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public class TunDeviceTests
{
    [Fact]
    public void A_packet_sent_into_the_interface_is_read_and_one_written_is_received() => InNamespace(netlink =>
    {
        using var tun = Up(netlink, TunOffload.All);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.200"), 2000));
        socket.SendTo("ping"u8, new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1000));
        var buffer = new byte[TunDevice.ReadBufferOctets];
        var read = tun.Read(buffer);
        var packet = buffer.AsSpan(VirtioNetHeader.Size, read.Count - VirtioNetHeader.Size);
        Assert.Equal(SplitError.None, PacketSplitter.TryCreate(VirtioNetHeader.Read(buffer), packet, out var splitter));
        Assert.Equal("ping"u8, splitter.NextInPlace()[28..]);
        Assert.Equal(0xffff, Packet.Sum(packet[20..], Packet.Sum(packet[12..20], 17 + 12))); // the checksum was open and is finished

        Assert.True(tun.WritePacket(new Packet { IsTcp = false, Payload = "pong"u8.ToArray() }.ToOctets()).IsOk);
        var answer = new byte[100];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        socket.ReceiveTimeout = 5000;
        Assert.Equal(4, socket.ReceiveFrom(answer, ref from));
        Assert.Equal("10.0.0.1:1000", from.ToString());
    });

    [Fact]
    public void A_joined_run_written_at_once_arrives_as_the_datagrams_it_was_made_of() => InNamespace(netlink =>
    {
        using var tun = Up(netlink, TunOffload.All);
        if ((tun.Offload & TunOffload.Uso4) == 0) Assert.Skip("this kernel does not segment UDP for a TUN");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };
        socket.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.200"), 2000));
        using var slab = new PacketSlab(32, 2048);
        using var coalescer = new PacketCoalescer(slab, tun.Offload);
        for (var k = 0; k < 30; k++)
        {
            var octets = new Packet { IsTcp = false, Identification = (ushort)k, Payload = [.. Enumerable.Repeat((byte)k, k == 29 ? 500 : 1200)] }.ToOctets();
            octets.CopyTo(slab[k]);
            Assert.Equal(CoalesceOutcome.Held, coalescer.Add(slab[k][..octets.Length]));
        }

        Assert.Equal(new FlushResult(1, 0, Errno.None), coalescer.Flush(tun));
        var buffer = new byte[2048];
        for (var k = 0; k < 30; k++)
        {
            Assert.Equal(k == 29 ? 500 : 1200, socket.Receive(buffer));
            Assert.Equal(k, buffer[0]);
        }
    });

    [Theory, InlineData(true, false), InlineData(true, true), InlineData(false, false), InlineData(false, true)]
    public void A_joined_run_that_the_kernel_refuses_is_written_packet_by_packet_and_its_kind_is_not_joined_again(bool isTcp, bool isIPv6) => InNamespace(netlink =>
    {
        using var tun = Up(netlink, TunOffload.All);
        var kind = isTcp ? isIPv6 ? TunOffload.Tso6 : TunOffload.Tso4 : isIPv6 ? TunOffload.Uso6 : TunOffload.Uso4;
        if ((tun.Offload & kind) == 0) Assert.Skip("this kernel does not segment that for a TUN");
        using var observer = PacketSocket.Open(TimeSpan.FromSeconds(5));
        using var slab = new PacketSlab(5, 2048);
        using var coalescer = new PacketCoalescer(slab, tun.Offload);
        var packets = Enumerable.Range(0, 5).Select(k => new Packet
        {
            IsTcp = isTcp,
            IsIPv6 = isIPv6,
            Identification = (ushort)k,
            Sequence = 1000u * (uint)k,
            Flags = (byte)(k == 4 ? 0x18 : 0x10),
            TcpOptions = isTcp ? [1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8] : [],
            Payload = [.. Enumerable.Range(k, k == 4 ? 501 : 1000).Select(i => (byte)i)],
        }.ToOctets()).ToArray();
        var results = new List<FlushResult>();
        SystemCallFault.OnGatheringWrites(Errno.EINVAL, () =>
        {
            results.Add(Write(runs: 1));
            results.Add(Write(runs: 5));
        });
        Assert.Equal([new FlushResult(5, 0, Errno.None) { JoiningGivenUp = true }, new FlushResult(5, 0, Errno.None)], results);
        Assert.Equal(tun.Offload & ~kind, tun.Joins);
        var buffer = new byte[65_536];
        for (var i = 0; i < 10;)
        {
            Assert.True(observer.TryReceive(buffer, out var octets, out var sighting));
            if (sighting.IsOutgoing) continue; // what the stack answers
            Assert.Equal(packets[i % 5], buffer[..octets]);
            i++;
        }

        FlushResult Write(int runs)
        {
            for (var k = 0; k < 5; k++)
            {
                packets[k].CopyTo(slab[k]);
                Assert.Equal(CoalesceOutcome.Held, coalescer.Add(slab[k][..packets[k].Length]));
            }

            Assert.Equal(runs, coalescer.RunCount);
            return coalescer.Flush(tun);
        }
    });

    [Fact]
    public void A_joined_run_that_is_refused_for_another_reason_is_lost_and_joined_again() => InNamespace(netlink =>
    {
        using var tun = TunDevice.Open("evl0");
        using var slab = new PacketSlab(2, 2048);
        using var coalescer = new PacketCoalescer(slab, tun.Offload);
        for (var k = 0; k < 2; k++)
        {
            var octets = new Packet { Sequence = 1000u * (uint)k, Payload = new byte[1000] }.ToOctets();
            octets.CopyTo(slab[k]);
            coalescer.Add(slab[k][..octets.Length]);
        }

        Assert.Equal(new FlushResult(0, 1, Errno.EIO), coalescer.Flush(tun)); // the interface is down
        Assert.Equal(tun.Offload, tun.Joins);
    });

    [Fact]
    public void TCP_moves_in_super_packets_both_ways() => InNamespace(netlink =>
    {
        using var tun = Up(netlink, TunOffload.All, gsoMaxSize: 60_000);
        // Towards 10.0.0.1; the handshake is answered by hand.
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        client.Bind(new IPEndPoint(IPAddress.Parse("10.0.0.200"), 2000));
        try
        {
            client.Connect(IPAddress.Parse("10.0.0.1"), 1000);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }

        var buffer = new byte[TunDevice.ReadBufferOctets];
        Assert.True(tun.Read(buffer).IsOk);
        var syn = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(VirtioNetHeader.Size + 24));
        var answer = new Packet { Flags = 0x12, Sequence = 5000, Acknowledgement = syn + 1, Window = 65_535, TcpOptions = [2, 4, 1400 >> 8, 1400 & 255, 3, 3, 7, 1] };
        Assert.True(tun.WritePacket(answer.ToOctets()).IsOk);
        Assert.True(tun.Read(buffer).IsOk); // the ACK
        Assert.True(client.Poll(5_000_000, SelectMode.SelectWrite));
        Assert.True(client.Send(new byte[100_000]) > 0);
        // The first window is ten segments: one super-packet.
        var read = tun.Read(buffer);
        var header = VirtioNetHeader.Read(buffer);
        Assert.Equal((VirtioNetGso.TcpV4, 1400), (header.Gso, header.GsoSize));
        Assert.Equal(SplitError.None, PacketSplitter.TryCreate(header, buffer.AsSpan(VirtioNetHeader.Size, read.Count - VirtioNetHeader.Size), out var splitter));
        Assert.InRange(splitter.Count, 2, 42);
        for (var k = 0u; splitter.Remaining > 0; k++)
        {
            var segment = splitter.NextInPlace();
            Assert.Equal(syn + 1 + (k * 1400), System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(segment[24..]));
            Assert.Equal(0xffff, Packet.Sum(segment[20..], Packet.Sum(segment[12..20], 6 + (uint)segment.Length - 20)));
            Assert.Equal(0xffff, Packet.Sum(segment[..20]));
        }

        // And the other way: twenty segments in one write, which the stack takes as TCP data.
        using var slab = new PacketSlab(20, 2048);
        using var coalescer = new PacketCoalescer(slab, tun.Offload);
        for (var k = 0; k < 20; k++)
        {
            var segment = new Packet { Sequence = 5001 + (uint)(k * 1000), Acknowledgement = syn + 1, Window = 65_535, Payload = [.. Enumerable.Repeat((byte)k, 1000)] }.ToOctets();
            segment.CopyTo(slab[k]);
            coalescer.Add(slab[k][..segment.Length]);
        }

        Assert.Equal(new FlushResult(1, 0, Errno.None), coalescer.Flush(tun));
        var data = new byte[20_000];
        for (var got = 0; got < data.Length; got += client.Receive(data.AsSpan(got))) Assert.True(client.Poll(5_000_000, SelectMode.SelectRead));
        Assert.Equal([.. Enumerable.Range(0, 20_000).Select(i => (byte)(i / 1000))], data);
    });

    [Fact]
    public void Nothing_to_read_is_EAGAIN_and_a_removed_interface_wakes_a_blocked_reader() => InNamespace(netlink =>
    {
        using var tun = Up(netlink, TunOffload.All);
        var buffer = new byte[TunDevice.ReadBufferOctets];
        while (tun.TryRead(buffer).IsOk)
        {
        }

        Assert.True(tun.TryRead(buffer).WouldBlock);
        var result = default(IoResult);
        using var started = new ManualResetEventSlim();
        var reader = new Thread(() =>
        {
            started.Set();
            do result = tun.Read(new byte[TunDevice.ReadBufferOctets]);
            while (result.IsOk);
        });
        reader.Start();
        started.Wait(TestContext.Current.CancellationToken);
        Thread.Sleep(20); // let it reach the kernel; the test also holds if it has not
        netlink.Links.Delete(netlink.Links.Get(tun.Name).Index);
        Assert.True(reader.Join(TimeSpan.FromSeconds(5)));
        Assert.False(result.IsOk);
    });

    [Fact]
    public void A_write_before_the_interface_is_up_is_refused_as_a_value() => InNamespace(_ =>
    {
        using var tun = TunDevice.Open("evl%d");
        Assert.Equal("evl0", tun.Name);
        Assert.Equal(Errno.EIO, tun.WritePacket(new Packet().ToOctets()).Error);
    });

    [Fact]
    public void The_interface_goes_with_its_last_queue() => InNamespace(netlink =>
    {
        var first = TunDevice.Open("evl0", multiQueue: true);
        var second = first.OpenQueue();
        first.Dispose();
        Assert.True(netlink.Links.TryGet("evl0", out var link));
        Assert.Equal("tun", link.Kind);
        second.Dispose();
        Assert.False(netlink.Links.TryGet("evl0", out _));
    });

    [Fact]
    public void Offloads_can_be_declined() => InNamespace(netlink =>
    {
        using var tun = Up(netlink, TunOffload.None);
        Assert.Equal(TunOffload.None, tun.Offload);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1000));
        var buffer = new byte[TunDevice.ReadBufferOctets];
        Assert.True(tun.Read(buffer).IsOk);
        Assert.Equal(default, VirtioNetHeader.Read(buffer));
    });

    private static TunDevice Up(RouteNetlink netlink, TunOffload offload, int gsoMaxSize = 0)
    {
        var tun = TunDevice.Open("evl0", offload);
        var index = netlink.Links.Get("evl0").Index;
        Sysctl.Write("net/ipv6/conf/evl0/disable_ipv6", "1"); // no router solicitations among the packets
        netlink.Links.SetMtu(index, 1440);
        if (gsoMaxSize > 0) netlink.Links.SetGsoMaxSize(index, gsoMaxSize);
        netlink.Addresses.Add(index, IPAddress.Parse("10.0.0.200"), 24);
        netlink.Links.SetUp(index);
        return tun;
    }

    private static void InNamespace(Action<RouteNetlink> action)
    {
        Laboratory.SkipUnlessRoot();
        using var space = NetworkNamespace.Create();
        space.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            action(netlink);
        });
    }
}
