using System.Buffers.Binary;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Linux;

namespace EdgeVpn.Appliance.Runtime.DataPlane;

/// <summary>One socket: receives datagrams, opens them, writes them to their TUN. A thread of its own.</summary>
/// <remarks>
/// <code>
///     recvmmsg, joined by the kernel → IKE | ESP | keepalive → SA by SPI, a run at a time → open in place → join to super-packets → TUN
/// </code>
/// Nothing is allocated, locked or logged per packet; an IKE message takes the lock of its queue.
/// </remarks>
internal sealed class Receiver : IDisposable
{
    // Where nothing is joined on the way, a call still brings this many. Slots hold a joined run each; memory is touched as far as it was ever filled.
    private const int Datagrams = 32;

    // What the kernel joins is at most 64 datagrams, or 128 since 6.9; more are opened in two runs.
    private const int MaxRun = 128;

    private readonly DatagramSocket _socket;
    private readonly SaTable _sas;
    private readonly IkeQueue? _ike;
    private readonly ReceiveBatch _batch = new(Datagrams);
    private readonly EspSlot[] _slots = new EspSlot[MaxRun];
    private readonly Thread _thread;
    private PacketCoalescer? _coalescer;
    private TunOffload _joins;
    private Tunnel? _tunnel; // which the coalescer's packets are for
    private volatile bool _isStopping;

    /// <param name="name">For the thread.</param>
    /// <param name="socket">Stays the caller's.</param>
    /// <param name="sas">The openers.</param>
    /// <param name="ike">Where IKE messages go; null on a raw socket, which brings ESP alone.</param>
    public Receiver(string name, DatagramSocket socket, SaTable sas, IkeQueue? ike)
    {
        _socket = socket;
        _sas = sas;
        _ike = ike;
        Pulse = new Pulse(name, () => Epoch.Value, WorkerEpoch.IsWaiting);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    public Drops Drops { get; } = new();

    public WorkerEpoch Epoch { get; } = new();

    /// <summary>For the watchdog.</summary>
    public Pulse Pulse { get; }

    public void Stop() => _isStopping = true;

    /// <summary>Waits for the thread, which ends when the socket is shut down.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _thread.Join();
        _coalescer?.Dispose();
        _batch.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            var received = _socket.Receive(_batch);
            if (_isStopping) return;
            Epoch.Enter();
            if (received.IsOk)
            {
                var sas = _sas.Current;
                for (var i = 0; i < received.Count; i++) Take(_batch[i], sas);
                Flush();
                Drops.Set(Drop.RxKernelOverflow, _batch.KernelDrops);
            }
            else
            {
                Drops.Count(Drop.RxErrors);
                PathMtuNews.Take(_socket, _sas.Current);
            }

            Epoch.Leave();
        }
    }

    private void Take(in ReceivedDatagram datagram, SaTable.Snapshot sas)
    {
        var octets = datagram.Octets;
        if (datagram.IsTruncated || octets.IsEmpty)
        {
            Drops.Count(datagram.IsTruncated ? Drop.RxTruncated : Drop.RxInvalid);
            return;
        }

        InboundSa? sa = null;
        var spi = 0u;
        var run = 0;
        for (var at = 0; at < octets.Length; at += datagram.SegmentOctets)
        {
            var packet = octets.Slice(at, Math.Min(datagram.SegmentOctets, octets.Length - at));
            var content = Classify(packet);
            if (content != UdpContent.Esp)
            {
                TakeOther(content, packet, datagram);
                continue;
            }

            var packetSpi = BinaryPrimitives.ReadUInt32BigEndian(packet);
            if (packetSpi != spi || run == MaxRun)
            {
                Open(sa, run, datagram);
                run = 0;
                spi = packetSpi;
                sa = sas.Find(spi) as InboundSa;
            }

            if (sa is null) Drops.Count(Drop.RxUnknownSpi);
            else _slots[run++] = new EspSlot { PacketOffset = at, PacketOctets = packet.Length };
        }

        Open(sa, run, datagram);
    }

    private UdpContent Classify(ReadOnlySpan<byte> packet)
    {
        if (_ike is not null) return UdpEncapsulation.Classify(packet);
        return packet.Length > EspHeader.Size ? UdpContent.Esp : UdpContent.Invalid;
    }

    private void TakeOther(UdpContent content, ReadOnlySpan<byte> packet, in ReceivedDatagram datagram)
    {
        if (content == UdpContent.Keepalive) return;
        if (content == UdpContent.Invalid)
        {
            Drops.Count(Drop.RxInvalid);
            return;
        }

        var message = packet[UdpEncapsulation.NonEspMarkerOctets..];
        if (_ike!.Put(message, SocketAddresses.ToPath(datagram.Local, datagram.Remote)) == IkeQueueOutcome.Full) Drops.Count(Drop.IkeQueueFull);
    }

    private void Open(InboundSa? sa, int run, in ReceivedDatagram datagram)
    {
        if (sa is null || run == 0) return;
        var slots = _slots.AsSpan(0, run);
        if (!sa.Pair!.Share.In.TryTake(slots[^1].PacketOffset + slots[^1].PacketOctets - slots[0].PacketOffset))
        {
            Drops.Count(Drop.RxFairShare, run);
            return;
        }

        var before = sa.Opener.LastSequence;
        if (sa.Opener.OpenRun(datagram.Octets, slots) > 0 && _ike is not null && sa.Opener.LastSequence > before)
            sa.SawFrom(datagram.Remote, datagram.Local);

        // CE or ECT(1) outside may change what is inside (RFC 6040 §4.2); the other two never do.
        var isMarked = (datagram.TrafficClass & 1) != 0;
        var rate = sa.Pair.Rate.In;
        foreach (ref readonly var slot in slots)
        {
            if (slot.Refusal != EspRefusal.None) continue;
            var inner = datagram.Octets.Slice(slot.InnerOffset, slot.InnerOctets);
            if (!rate.TryTake(inner.Length)) Drops.Count(Drop.RxRateLimit);
            else if (!isMarked || TryMark(inner, (EcnCodepoint)datagram.Ecn)) Hold(sa.Tunnel, inner);
            else Drops.Count(Drop.RxCongestion);
        }
    }

    private static bool TryMark(Span<byte> inner, EcnCodepoint outer)
    {
        var trafficClass = inner[0] >> 4 == 6 ? BinaryPrimitives.ReadUInt16BigEndian(inner) >> 4 : inner[1];
        var before = (EcnCodepoint)(trafficClass & 3);
        if (!TunnelTrafficClass.TryDecapsulate(before, outer, out var after)) return false;
        if (after != before) TunnelTrafficClass.SetEcn(inner, after);
        return true;
    }

    private void Hold(Tunnel tunnel, Span<byte> inner)
    {
        if (tunnel != _tunnel) Turn(tunnel);
        var outcome = _coalescer!.Add(inner);
        if (outcome == CoalesceOutcome.Full)
        {
            Flush();
            outcome = _coalescer.Add(inner);
        }

        if (outcome != CoalesceOutcome.Held) Drops.Count(Drop.RxMalformed);
    }

    // Every TUN of one kernel agrees to the same offloads, so that as a rule one coalescer lives as long as its receiver.
    private void Turn(Tunnel tunnel)
    {
        Flush();
        _tunnel = tunnel;
        if (_coalescer is not null && _joins == tunnel.Joins) return;
        _coalescer?.Dispose();
        _joins = tunnel.Joins;
        _coalescer = new PacketCoalescer(_batch.Slab, _joins);
    }

    private void Flush()
    {
        if (_coalescer is not { PacketCount: > 0 and var packets }) return;
        if (_tunnel!.Device is not { } device)
        {
            _coalescer.Clear();
            Drops.Count(Drop.RxNoTunnel, packets);
            return;
        }

        var result = _coalescer.Flush(device);
        if (result.Failed > 0) Drops.Count(Drop.RxTunRefused, result.Failed);
        if (result.JoiningGivenUp) Drops.Count(Drop.JoiningGivenUp);
        _tunnel.CountIn(packets);
    }
}
