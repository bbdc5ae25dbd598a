using Xunit;

namespace EdgeVpn.Linux.Tests;

public class SystemTests
{
    [Fact]
    public void The_clock_is_the_kernels_uptime_and_never_goes_back()
    {
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0]);
        Assert.InRange(MonotonicClock.SinceBoot.TotalSeconds, uptime - 1, uptime + 5);
        var last = MonotonicClock.Ticks;
        for (var i = 0; i < 10_000; i++)
        {
            var now = MonotonicClock.Ticks;
            Assert.True(now >= last);
            last = now;
        }
    }

    [Theory, InlineData(0), InlineData(1), InlineData(32), InlineData(5000)]
    public void Entropy_fills_the_whole_span_and_nothing_beyond(int count)
    {
        var octets = new byte[count + 16];
        SystemEntropy.Fill(octets.AsSpan(8, count));
        Assert.Equal(new byte[8], octets[..8]);
        Assert.Equal(new byte[8], octets[^8..]);
        if (count == 5000) Assert.InRange(octets.AsSpan(8, count).ToArray().Distinct().Count(), 250, 256);
        if (count == 5000) Assert.DoesNotContain("0000000000000000", Convert.ToHexString(octets.AsSpan(8, count)));
    }

    [Fact]
    public void A_wake_up_ends_a_wait_from_another_thread_once()
    {
        using var poller = new Poller();
        var events = new PollEvent[1];
        var waker = new Thread(() =>
        {
            poller.Wake();
            poller.Wake();
        });
        waker.Start();
        Assert.Equal(0, poller.Wait(events, TimeSpan.FromSeconds(10), out var isWoken));
        Assert.True(isWoken);
        waker.Join();
        poller.Wait(events, TimeSpan.Zero, out _); // the second wake may have come after the first was seen
        Assert.Equal(0, poller.Wait(events, TimeSpan.Zero, out isWoken));
        Assert.False(isWoken);
    }

    [Fact]
    public void Tags_tell_several_readable_sockets_apart()
    {
        using var poller = new Poller();
        using var a = UdpSocket.Open(new() { Local = new(System.Net.IPAddress.Loopback, 0) });
        using var b = UdpSocket.Open(new() { Local = new(System.Net.IPAddress.IPv6Loopback, 0) });
        poller.Add(a.Handle, -1);
        poller.Add(b.Handle, 0x7fff_0001);
        using var batch = new SendBatch(1);
        batch.Commit(1, 0, b.Local);
        b.Send(batch);
        var events = new PollEvent[8];
        Assert.Equal(1, poller.Wait(events, TimeSpan.FromSeconds(5), out _));
        Assert.Equal(new PollEvent(0x7fff_0001, PollEvents.Readable), events[0]);
        batch.Clear();
        batch.Commit(1, 0, a.Local);
        a.Send(batch);
        poller.Remove(b.Handle);
        Assert.Equal(1, poller.Wait(events, TimeSpan.FromSeconds(5), out _));
        Assert.Equal(-1, events[0].Tag);
    }

    [Fact]
    public void Parameters_of_a_namespace_are_its_own()
    {
        Laboratory.SkipUnlessRoot();
        using var space = NetworkNamespace.Create();
        var outside = Sysctl.Read("net/ipv4/ip_forward");
        space.Run(() => Sysctl.SetIPv4Forwarding(outside == "0"));
        Assert.NotEqual(outside, space.Run(() => Sysctl.Read("net/ipv4/ip_forward")));
        Assert.Equal(outside, Sysctl.Read("net/ipv4/ip_forward"));
        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => Sysctl.Read("net/ipv4/nosuch")).Errno);
        Assert.Throws<ArgumentException>(() => Sysctl.Read("net/../../etc/passwd"));
    }
}
