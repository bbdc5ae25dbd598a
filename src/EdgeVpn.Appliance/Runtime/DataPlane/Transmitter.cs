using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>One queue of one TUN: reads packets, seals them, sends them. A thread of its own.</summary>
/// <remarks>
/// <code>
///     TUN read → split where the kernel joined → child SA by selectors → seal each packet behind the one before → one send per run
/// </code>
/// A super-packet is cut in place and each piece sealed at once, one call per packet: handing the sealer a whole run would need the pieces side by
/// side, and so a copy of every payload. Nothing is allocated per packet.
/// </remarks>
internal sealed class Transmitter : IDisposable
{
    // A super-packet fills a send by itself; small packets wait for each other only as long as there are more to read.
    private const int FlushOctets = 48 << 10;
    private const int MaxReadsPerBatch = 64;

    private const int UdpMessages = 16;
    private const int RawMessages = 64;

    private static int s_made; // queues of one tunnel have one name

    private readonly Tunnel _tunnel;
    private readonly TunDevice _queue;
    private readonly PeerSockets _sockets;
    private readonly SaTable _sas;
    private readonly bool _copyDscp;
    private readonly PacketSlab _slab = new(2, TunDevice.ReadBufferOctets);
    private readonly RunBatch _udp;
    private readonly TooBigLimiter _limiter = new();
    private readonly Thread _thread;
    private RunBatch? _raw;
    private long _packets;
    private long _reads;
    private volatile bool _isStopping;

    public Transmitter(Tunnel tunnel, TunDevice queue, PeerSockets sockets, SaTable sas, bool copyDscp)
    {
        _tunnel = tunnel;
        _queue = queue;
        _sockets = sockets;
        _sas = sas;
        _copyDscp = copyDscp;
        _udp = new RunBatch(joins: true, UdpMessages, sas, Drops);
        Pulse = new Pulse($"tx {tunnel.Name} {Interlocked.Increment(ref s_made)}", () => Epoch.Value, WorkerEpoch.IsWaiting);
        _thread = new Thread(Run) { Name = $"tx {tunnel.Name}", IsBackground = true };
        _thread.Start();
    }

    public Drops Drops { get; } = new();

    public WorkerEpoch Epoch { get; } = new();

    /// <summary>For the watchdog.</summary>
    public Pulse Pulse { get; }

    /// <summary>Packets read, as the wire counts them.</summary>
    public long Packets => Volatile.Read(ref _packets);

    /// <summary>Packets read, as the interface's queue counts them: a super-packet is one.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>False once its TUN went away.</summary>
    public bool IsRunning => _thread.IsAlive;

    /// <summary>From now on a failing read is no news.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>Waits for the thread, which ends when the interface is gone.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _udp.Dispose();
        _raw?.Dispose();
        _slab.Dispose();
        _queue.Dispose();
    }

    private void Run()
    {
        var buffer = _slab[0];
        while (true)
        {
            var read = _queue.Read(buffer);
            Epoch.Enter();
            var reads = 0;
            while (read.IsOk)
            {
                var isJoined = Take(buffer[..read.Count]);
                var isLarge = _udp.PendingOctets >= FlushOctets;
                if (isLarge) Flush();

                // After a super-packet the next is rarely there yet, and a blocking read costs one call instead of two.
                if ((isLarge && isJoined) || ++reads == MaxReadsPerBatch) break;
                read = _queue.TryRead(buffer);
            }

            Flush();
            Epoch.Leave();
            if (read.IsOk || read.WouldBlock) continue;
            if (!_isStopping) Drops.Count(Drop.TunGone);
            return;
        }
    }

    private void Flush()
    {
        _udp.Flush();
        _raw?.Flush();
    }

    // True for a super-packet.
    private bool Take(Span<byte> read)
    {
        if (read.Length < VirtioNetHeader.Size || !InnerPacket.TryParse(read[VirtioNetHeader.Size..], out var inner))
        {
            Drops.Count(Drop.TxMalformed);
            return false;
        }

        var header = VirtioNetHeader.Read(read);
        var packet = read.Slice(VirtioNetHeader.Size, inner.TotalOctets);
        if (PacketSplitter.TryCreate(header, packet, out var splitter) != SplitError.None)
        {
            Drops.Count(Drop.TxMalformed);
            return false;
        }

        Volatile.Write(ref _packets, _packets + splitter.Count);
        Volatile.Write(ref _reads, _reads + 1);
        if (_tunnel.Routes.Find(inner) is not { } child)
        {
            Drops.Count(Drop.TxNoSa, splitter.Count);
            return false;
        }

        if (!child.Share.Out.TryTake(packet.Length))
        {
            Drops.Count(Drop.TxFairShare, splitter.Count);
            return false;
        }

        var path = child.Path;
        if (_sockets.Of(path) is not { } socket)
        {
            Drops.Count(Drop.TxNoSocket, splitter.Count);
            return false;
        }

        var batch = path.IsUdp ? _udp : _raw ??= new RunBatch(joins: false, RawMessages, _sas, Drops);
        var trafficClass = TunnelTrafficClass.Encapsulate(inner.TrafficClass, _copyDscp);
        var limit = child.MaxInnerOctets(path);
        if (splitter.SegmentOctets > limit)
        {
            TakeTooBig(ref splitter, packet, limit, child, batch, socket, path, trafficClass);
            return false;
        }

        while (splitter.Remaining > 0)
        {
            var room = batch.Reserve(socket, path, trafficClass, child.SealedOctets(splitter.NextOctets));
            Seal(child, splitter.NextInPlace(), room, batch);
        }

        return header.Gso != VirtioNetGso.None;
    }

    private void Seal(Child child, ReadOnlySpan<byte> inner, Span<byte> room, RunBatch batch)
    {
        if (!child.Rate.Out.TryTake(inner.Length)) Drops.Count(Drop.TxRateLimit);
        else if (child.Outbound.Seal(inner, room, out var octets) == EspRefusal.None) batch.Add(octets);
        else Drops.Count(Drop.TxSaRefused);
    }

    // What may be fragmented is; the sender of anything else is told once per super-packet. An IPv6 packet of the least MTU must pass any link (RFC 8200 §5):
    // where the path is narrower, what it is sealed into goes in fragments.
    private void TakeTooBig(
        ref PacketSplitter splitter, ReadOnlySpan<byte> packet, int limit, Child child, RunBatch batch, DatagramSocket socket, PeerPath path, byte trafficClass)
    {
        if (child.MayFragment && IPv4Fragments.TryCreate(packet[..splitter.SegmentOctets], limit, out _))
        {
            var scratch = _slab[1];
            while (splitter.Remaining > 0)
            {
                IPv4Fragments.TryCreate(splitter.NextInPlace(), limit, out var fragments);
                while (fragments.WriteNext(scratch) is > 0 and var octets)
                {
                    var room = batch.Reserve(socket, path, trafficClass, child.SealedOctets(octets));
                    Seal(child, scratch[..octets], room, batch);
                }
            }

            return;
        }

        if (packet[0] >> 4 == 6 && splitter.SegmentOctets <= PacketTooBig.IPv6LeastMtu)
        {
            while (splitter.Remaining > 0)
            {
                batch.Flush();
                var room = batch.Reserve(socket, path, trafficClass, child.SealedOctets(splitter.NextOctets));
                Seal(child, splitter.NextInPlace(), room, batch);
                batch.FlushInFragments();
            }

            return;
        }

        Drops.Count(Drop.TxTooBig, splitter.Count);
        if (!_limiter.TryTake(Environment.TickCount64)) return;
        var answer = _slab[1];
        var length = PacketTooBig.Write(packet, limit, answer);
        if (length > 0 && !_queue.WritePacket(answer[..length]).IsOk) Drops.Count(Drop.RxTunRefused);
    }
}
