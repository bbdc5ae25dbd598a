using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using EdgeVpn.Interop.Net;
using EdgeVpn.Linux;

namespace EdgeVpn.Benchmarks.Tunnels;

/// <summary>What became of a numbered stream.</summary>
/// <param name="Unread">Of those lost, how many the receiver's own socket had no room for.</param>
/// <param name="Time">From the first datagram to the last, as sent.</param>
internal readonly record struct StreamResult(long Sent, long Received, long Duplicated, long Unread, TimeSpan Time)
{
    public long Lost => Sent - (Received - Duplicated);

    /// <summary>In the words of a load.</summary>
    public Arrival Arrival(int octets)
    {
        var arrived = Sent - Lost;
        return new Arrival(arrived * octets * 8 / 1e9, Time.TotalSeconds, arrived, Sent > 0 ? (double)Lost / Sent : 1, 0);
    }
}

/// <summary>Numbered UDP datagrams at a steady rate from one end to the other, each told apart from every other.</summary>
/// <remarks>
/// The receiver's socket has room for half a second, so that what is missing was lost on the way and not by a receiver that waited for its turn. The sender
/// makes up for a late timer within <see cref="MostMadeUp"/>: what it owes longer is given up, for no sender's burst is the tunnel's loss.
/// <code>
///   | stream (8) | sequence (8) | zeros … |
/// </code>
/// </remarks>
internal sealed class NumberedStream : IDisposable
{
    private const int HeaderOctets = 16;
    private const int Messages = 64;
    private const int ReceiveOctets = 128 << 20; // with the kernel's overhead, 50,000 datagrams
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostMadeUp = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly UdpSocket _sender;
    private readonly UdpSocket _receiver;
    private readonly int _octets;
    private readonly ulong _stream = (ulong)Random.Shared.NextInt64();
    private long _sent;
    private volatile bool _isSent;
    private TimeSpan _time;

    private NumberedStream(UdpSocket sender, UdpSocket receiver, int octets)
    {
        _sender = sender;
        _receiver = receiver;
        _octets = octets;
    }

    /// <param name="from">A node of the lab, and an address of it.</param>
    /// <param name="octets">Of payload, at least 16.</param>
    /// <param name="rate">Datagrams per second; zero: as many as the sender can.</param>
    public static async Task<StreamResult> RunAsync(
        Lab lab, (Node Node, string Address) from, (Node Node, string Address) to, int octets, double rate, TimeSpan time, CancellationToken stop)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(octets, HeaderOctets);
        using var stream = new NumberedStream(Open(lab, from, 0), Open(lab, to, ReceiveOctets), octets);
        var receiving = Task.Factory.StartNew(stream.Receive, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Factory.StartNew(() => stream.Send(rate, time, stop), stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        stop.ThrowIfCancellationRequested();
        return await receiving;
    }

    public void Dispose()
    {
        _sender.Dispose();
        _receiver.Dispose();
    }

    private static UdpSocket Open(Lab lab, (Node Node, string Address) end, int receiveOctets)
    {
        using var node = NetworkNamespace.Open($"/run/netns/{lab.Netns(end.Node)}");
        return node.Run(() => UdpSocket.Open(new DatagramSocketOptions { Local = new IPEndPoint(IPAddress.Parse(end.Address), 0), ReceiveBufferOctets = receiveOctets }));
    }

    private void Send(double rate, TimeSpan time, CancellationToken stop)
    {
        using var batch = new SendBatch(Messages, _octets);
        var start = Stopwatch.GetTimestamp();
        var given = 0L; // up, as the timer was late
        for (TimeSpan elapsed; (elapsed = Stopwatch.GetElapsedTime(start)) < time && !stop.IsCancellationRequested;)
        {
            var due = rate == 0 ? _sent + Messages : (long)(elapsed.TotalSeconds * rate) - given;
            var late = due - _sent - Math.Max(Messages, (long)(MostMadeUp.TotalSeconds * rate));
            if (late > 0 && rate > 0) (due, given) = (due - late, given + late);
            if (due <= _sent) Thread.Sleep(Tick);
            else SendUntil(due, batch);
        }

        _time = Stopwatch.GetElapsedTime(start);
        _isSent = true;
    }

    // What the sender's own kernel refuses is lost like any other.
    private void SendUntil(long due, SendBatch batch)
    {
        while (_sent < due)
        {
            for (; _sent < due && !batch.IsFull; Volatile.Write(ref _sent, _sent + 1))
            {
                BinaryPrimitives.WriteUInt64BigEndian(batch.Next, _stream);
                BinaryPrimitives.WriteInt64BigEndian(batch.Next[8..], _sent);
                batch.Commit(_octets, 0, _receiver.Local);
            }

            _sender.Send(batch);
            batch.Clear();
        }
    }

    private StreamResult Receive()
    {
        using var batch = new ReceiveBatch(Messages);
        using var poller = new Poller();
        poller.Add(_receiver.Handle, 0);
        var seen = new List<bool>(1 << 20);
        long received = 0, duplicated = 0, lastArrival = Stopwatch.GetTimestamp();
        Span<PollEvent> events = stackalloc PollEvent[1];
        while (!_isSent || (received - duplicated < Volatile.Read(ref _sent) && Stopwatch.GetElapsedTime(lastArrival) < Quiet))
        {
            if (poller.Wait(events, Quiet / 10, out _) == 0 || !_receiver.Receive(batch, wait: false).IsOk) continue;
            lastArrival = Stopwatch.GetTimestamp();
            for (var i = 0; i < batch.Count; i++)
            {
                var run = batch[i];
                for (var at = 0; at < run.Octets.Length; at += run.SegmentOctets)
                    if (SequenceOf(run.Octets.Slice(at, Math.Min(run.SegmentOctets, run.Octets.Length - at))) is { } sequence)
                    {
                        received++;
                        while (seen.Count <= sequence) seen.Add(false);
                        if (seen[sequence]) duplicated++;
                        seen[sequence] = true;
                    }
            }
        }

        poller.Remove(_receiver.Handle);
        return new StreamResult(Volatile.Read(ref _sent), received, duplicated, batch.KernelDrops, _time);
    }

    private int? SequenceOf(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length != _octets || BinaryPrimitives.ReadUInt64BigEndian(datagram) != _stream) return null;
        var sequence = BinaryPrimitives.ReadInt64BigEndian(datagram[8..]);
        return sequence >= 0 && sequence < Volatile.Read(ref _sent) ? (int)sequence : null;
    }
}
