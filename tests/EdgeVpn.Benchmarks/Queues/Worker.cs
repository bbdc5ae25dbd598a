using System.Buffers.Binary;
using EdgeVpn.Benchmarks.Micro;
using EdgeVpn.Ipsec.Esp;

namespace EdgeVpn.Benchmarks.Queues;

/// <summary>What the threads of one queue do with a packet, both ways and without the kernel: selectors, seal; then tell ESP from IKE, find the SA, open a run, check selectors.</summary>
internal sealed class Worker(SelectorTable selectors, IReadOnlyList<IEspOutbound> outbound, SaTable.Snapshot inbound, int destination)
{
    private const int Run = 43; // what a super-packet is cut into
    private const int Octets = 1_360;

    private readonly byte[] _inner = Inner(destination);
    private readonly byte[] _sealed = new byte[Run * (Octets + 64)];
    private readonly EspSlot[] _slots = new EspSlot[Run];

    /// <summary>Nanoseconds of this thread's processor time per packet and direction pair; packets that another's delay made too old count as done.</summary>
    public double Pump(TimeSpan time)
    {
        for (var i = 0; i < 200; i++) One();
        var (start, until, packets) = (ThreadTime.Now(), Environment.TickCount64 + (long)time.TotalMilliseconds, 0L);
        while (Environment.TickCount64 < until)
        {
            for (var i = 0; i < 64; i++) One();
            packets += 64 * Run;
        }

        return (double)(ThreadTime.Now() - start) / packets;
    }

    private void One()
    {
        var at = 0;
        for (var i = 0; i < Run; i++)
        {
            if (!InnerPacket.TryParse(_inner, out var inner) || selectors.Find(inner) is not (>= 0 and var slot)
                || outbound[slot].Seal(_inner, _sealed.AsSpan(at), out var octets) != EspRefusal.None) throw new InvalidOperationException("A packet was not sealed.");
            _slots[i] = new EspSlot { PacketOffset = at, PacketOctets = octets };
            at += octets;
        }

        var packet = _sealed.AsSpan(0, at);
        for (var i = 0; i < Run; i++)
        {
            if (UdpEncapsulation.Classify(packet[_slots[i].PacketOffset..]) != UdpContent.Esp) throw new InvalidOperationException("ESP was not told from IKE.");
        }

        inbound.Find(BinaryPrimitives.ReadUInt32BigEndian(packet))!.OpenRun(packet, _slots);
        foreach (ref readonly var slot in _slots.AsSpan())
        {
            if (slot.Refusal is not (EspRefusal.None or EspRefusal.TooOld)) throw new InvalidOperationException($"A packet was refused: {slot.Refusal}.");
        }
    }

    private static byte[] Inner(int destination)
    {
        var inner = new byte[Octets];
        Packets.Header(inner);
        BinaryPrimitives.WriteInt32BigEndian(inner.AsSpan(16), destination);
        return inner;
    }
}
