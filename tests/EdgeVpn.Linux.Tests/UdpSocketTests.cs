using System.Net;
using EdgeVpn.Linux.Netlink;
using Xunit;

namespace EdgeVpn.Linux.Tests;

public class UdpSocketTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", true), InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8::2", true), InlineData("2001:db8::1", "2001:db8::2", false)]
    public void A_run_sent_at_once_arrives_whole_over_veth(string from, string to, bool gso)
    {
        using var lab = new Laboratory();
        using var sender = lab.Near.Run(() => Open(from, gso: gso));
        using var receiver = lab.Far.Run(() => Open(to));
        Assert.Equal(gso, sender.IsSegmenting);
        Assert.True(receiver.IsJoining);
        using var batch = new SendBatch();
        using var received = new ReceiveBatch();
        var octets = Pattern(30 * 1400 + 100);
        octets.CopyTo(batch.Next);
        batch.Commit(octets.Length, 1400, receiver.Local, sender.Local, trafficClass: 2);
        Assert.Equal(new SendResult(1, 0, Errno.None, false), sender.Send(batch));

        var all = new List<byte>();
        var datagrams = 0;
        while (all.Count < octets.Length)
        {
            Assert.True(receiver.Receive(received).IsOk);
            for (var i = 0; i < received.Count; i++)
            {
                var datagram = received[i];
                Assert.Equal(sender.Local, datagram.Remote);
                Assert.Equal(receiver.Local, datagram.Local);
                Assert.Equal(2, datagram.Ecn);
                Assert.False(datagram.IsTruncated);
                Assert.True(datagram.SegmentOctets == 1400 || datagram.Octets.Length == 100);
                Assert.NotEqual(0, datagram.InterfaceIndex);
                datagrams++;
                all.AddRange(datagram.Octets);
            }
        }

        Assert.Equal(octets, all);
        // veth passes a segmented run uncut; plain datagrams stay as they are.
        if (gso) Assert.Equal(1, datagrams);
        else Assert.Equal(31, datagrams);
    }

    [Fact]
    public void Several_messages_of_a_batch_keep_their_order_and_their_destinations()
    {
        using var lab = new Laboratory();
        using var sender = lab.Near.Run(() => Open("0.0.0.0"));
        using var first = lab.Far.Run(() => Open("192.0.2.2"));
        using var second = lab.Far.Run(() => Open("192.0.2.2"));
        using var batch = new SendBatch(messages: 8, slotOctets: 2048);
        for (var i = 0; i < 8; i++)
        {
            batch.Next[..10].Fill((byte)i);
            batch.Commit(10, 0, i % 2 == 0 ? first.Local : second.Local);
        }

        Assert.True(batch.IsFull);
        Assert.Equal(8, sender.Send(batch).Sent);
        using var received = new ReceiveBatch(8, 2048);
        Assert.Equal(4, first.Receive(received).Count);
        Assert.Equal([0, 2, 4, 6], Enumerable.Range(0, 4).Select(i => (int)received[i].Octets[0]));
        Assert.Equal(4, second.Receive(received).Count);
        Assert.Equal([1, 3, 5, 7], Enumerable.Range(0, 4).Select(i => (int)received[i].Octets[0]));
        Assert.True(second.Receive(received, wait: false).WouldBlock);
    }

    [Fact]
    public void The_answer_leaves_from_the_address_that_was_asked()
    {
        using var lab = new Laboratory();
        lab.Far.Run(() =>
        {
            using var netlink = RouteNetlink.Open();
            netlink.Addresses.Add(netlink.Links.Get("far0").Index, IPAddress.Parse("192.0.2.77"), 24);
        });
        using var client = lab.Near.Run(() => Open("192.0.2.1"));
        using var server = lab.Far.Run(() => Open("0.0.0.0"));
        using var batch = new SendBatch(1);
        using var received = new ReceiveBatch(1);
        batch.Commit(4, 0, Sockaddr.From(IPAddress.Parse("192.0.2.77"), server.Local.Port));
        Assert.Equal(1, client.Send(batch).Sent);
        Assert.Equal(1, server.Receive(received).Count);
        Assert.Equal($"192.0.2.77:{server.Local.Port}", received[0].Local.ToString());
        batch.Clear();
        batch.Commit(4, 0, received[0].Remote, received[0].Local);
        Assert.Equal(1, server.Send(batch).Sent);
        Assert.Equal(1, client.Receive(received).Count);
        Assert.Equal(IPAddress.Parse("192.0.2.77"), received[0].Remote.ToIPAddress());
    }

    [Fact]
    public void Segments_longer_than_the_path_go_out_plainly_and_segmentation_stays_on()
    {
        using var lab = new Laboratory();
        using var sender = lab.Near.Run(() => Open("192.0.2.1", MtuDiscover.Dont));
        using var receiver = lab.Far.Run(() => Open("192.0.2.2"));
        using var batch = new SendBatch();
        batch.Commit(6000, 3000, receiver.Local, sender.Local); // 3000 > MTU 1500: only IP fragments can carry it
        Assert.Equal(new SendResult(1, 0, Errno.None, false), sender.Send(batch));
        Assert.True(sender.IsSegmenting);
        using var received = new ReceiveBatch();
        var octets = 0;
        while (octets < 6000)
        {
            Assert.True(receiver.Receive(received).IsOk);
            for (var i = 0; i < received.Count; i++) octets += received[i].Octets.Length;
        }

        Assert.Equal(6000, octets);
    }

    [Fact]
    public void A_device_that_cannot_segment_is_told_once_and_every_run_still_arrives()
    {
        using var sender = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0) });
        using var receiver = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0), Gro = false });
        if (!sender.IsSegmenting) Assert.Skip("this kernel has no UDP_SEGMENT");
        var results = new List<SendResult>();
        SystemCallFault.OnSingleSends(Errno.EIO, () =>
        {
            using var batch = new SendBatch();
            for (var round = 0; round < 2; round++)
            {
                batch.Clear();
                batch.Next[..3000].Fill((byte)(round + 1));
                batch.Commit(3000, 1000, receiver.Local, sender.Local, 1);
                results.Add(sender.Send(batch));
            }
        });
        Assert.Equal([new SendResult(1, 0, Errno.None, true), new SendResult(1, 0, Errno.None, false)], results);
        Assert.False(sender.IsSegmenting);
        using var received = new ReceiveBatch();
        Assert.Equal(6, receiver.Receive(received).Count);
        for (var i = 0; i < 6; i++)
        {
            Assert.Equal((1000, (byte)(i / 3 + 1), (byte)1), (received[i].Octets.Length, received[i].Octets[999], received[i].Ecn));
            Assert.Equal(sender.Local, received[i].Remote);
        }
    }

    [Fact]
    public void A_refused_message_is_counted_and_the_next_still_goes()
    {
        using var lab = new Laboratory();
        using var sender = lab.Near.Run(() => Open("192.0.2.1", MtuDiscover.Do));
        using var receiver = lab.Far.Run(() => Open("192.0.2.2"));
        using var batch = new SendBatch();
        batch.Commit(100, 0, Sockaddr.Parse("198.51.100.1:9"), sender.Local); // no route
        batch.Commit(3000, 0, receiver.Local, sender.Local); // longer than the MTU, DF
        batch.Commit(100, 0, receiver.Local, sender.Local);
        Assert.Equal(new SendResult(1, 2, Errno.ENETUNREACH, false), sender.Send(batch));
        using var received = new ReceiveBatch();
        Assert.Equal(1, receiver.Receive(received).Count);
        Assert.Equal(100, received[0].Octets.Length);
    }

    [Fact]
    public void An_ICMP_error_is_told_with_the_destination_it_belongs_to()
    {
        using var lab = new Laboratory();
        using var sender = lab.Near.Run(() => UdpSocket.Open(new() { Local = IPEndPoint.Parse("192.0.2.1:0"), ReceiveErrors = true }));
        using var batch = new SendBatch();
        using var poller = new Poller();
        poller.Add(sender.Handle, 1);
        var nobody = Sockaddr.Parse("192.0.2.2:9");
        batch.Commit(10, 0, nobody);
        Assert.Equal(1, sender.Send(batch).Sent);
        var events = new PollEvent[4];
        Assert.Equal(1, poller.Wait(events, TimeSpan.FromSeconds(5), out _));
        Assert.True((events[0].Events & PollEvents.Error) != 0);
        Assert.True(sender.TryTakeError(out var error));
        Assert.Equal(new DatagramError(Errno.ECONNREFUSED, 0, nobody, true), error);
        Assert.False(sender.TryTakeError(out _));
    }

    [Fact]
    public void An_ICMP_error_about_an_earlier_datagram_does_not_cost_the_next_one()
    {
        using var sender = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0), ReceiveErrors = true });
        using var receiver = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0) });
        using var batch = new SendBatch(1);
        batch.Commit(10, 0, Sockaddr.Parse("127.0.0.1:9")); // nobody's
        Assert.Equal(1, sender.Send(batch).Sent);
        batch.Clear();
        batch.Commit(10, 0, receiver.Local);
        Assert.Equal(new SendResult(1, 0, Errno.None, false), sender.Send(batch));
        using var received = new ReceiveBatch(1);
        Assert.Equal(1, receiver.Receive(received, wait: false).Count);
        Assert.True(sender.TryTakeError(out var error));
        Assert.Equal(Errno.ECONNREFUSED, error.Error);
    }

    [Fact]
    public void Shutdown_wakes_a_blocked_receiver()
    {
        using var socket = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0) });
        using var started = new ManualResetEventSlim();
        var result = default(IoResult);
        var thread = new Thread(() =>
        {
            using var batch = new ReceiveBatch(2);
            started.Set();
            result = socket.Receive(batch);
        });
        thread.Start();
        started.Wait(TestContext.Current.CancellationToken);
        Thread.Sleep(20); // let it reach the kernel; the test also holds if it has not
        socket.Shutdown();
        Assert.True(thread.Join(TimeSpan.FromSeconds(5)));
        Assert.Equal((true, 0), (result.IsOk, result.Count));
    }

    [Fact]
    public void A_taken_port_names_call_error_and_address()
    {
        using var socket = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0) });
        var error = Assert.Throws<LinuxException>(() => UdpSocket.Open(new() { Local = socket.Local.ToIPEndPoint() }));
        Assert.Equal(("bind", Errno.EADDRINUSE), (error.Call, error.Errno));
        Assert.Equal($"bind(udp {socket.Local}): EADDRINUSE, Address already in use", error.Message);
    }

    [Fact]
    public void Moving_datagrams_allocates_nothing()
    {
        using var a = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0) });
        using var b = UdpSocket.Open(new() { Local = new IPEndPoint(IPAddress.Loopback, 0) });
        using var batch = new SendBatch();
        using var received = new ReceiveBatch();
        long before = 0;
        for (var round = 0; round < 200; round++)
        {
            if (round == 100) before = GC.GetAllocatedBytesForCurrentThread();
            batch.Clear();
            batch.Commit(2800, 1400, b.Local, a.Local, 1);
            if (a.Send(batch).Sent != 1 || !b.Receive(received).IsOk || received[0].Octets.Length < 1400) Assert.Fail("lost on loopback");
            while (b.Receive(received, wait: false).IsOk)
            {
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static UdpSocket Open(string address, MtuDiscover discover = MtuDiscover.Want, bool gso = true) => UdpSocket.Open(new()
    {
        Local = new IPEndPoint(IPAddress.Parse(address), 0),
        MtuDiscover = discover,
        Gso = gso,
        Gro = true,
        ReceiveBufferOctets = 1 << 20,
        Mark = 7,
    });

    private static byte[] Pattern(int octets) => [.. Enumerable.Range(0, octets).Select(i => (byte)(i * 7 + (i >> 8)))];
}
