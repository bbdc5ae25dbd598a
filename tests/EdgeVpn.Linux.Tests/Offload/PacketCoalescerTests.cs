using Xunit;

namespace EdgeVpn.Linux.Tests.Offload;

public sealed class PacketCoalescerTests : IDisposable
{
    private readonly PacketSlab _slab = new(slots: 512, slotOctets: 2048);
    private int _slot;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    public void Dispose() => _slab.Dispose();

    [Theory, MemberData(nameof(Seeds))]
    public void What_is_joined_and_cut_again_is_what_was_given(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 8; round++)
        {
            var packets = AnyStream(random);
            using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
            foreach (var packet in packets) Assert.Equal(CoalesceOutcome.Held, coalescer.Add(Place(packet)));
            var result = CutAgain(coalescer);

            Assert.Equal(packets.Count, result.Count);
            // Order holds within a flow; flows may overtake each other.
            foreach (var flow in packets.Select(Flow).Distinct())
                Assert.Equal(packets.Where(p => Flow(p) == flow).Select(Comparable), result.Where(p => Flow(p) == flow).Select(Comparable));
        }
    }

    [Theory]
    [InlineData(true, false), InlineData(true, true), InlineData(false, false), InlineData(false, true)]
    public void A_run_of_one_flow_becomes_one_write(bool isTcp, bool isIPv6)
    {
        var packets = Run(new Packet { IsTcp = isTcp, IsIPv6 = isIPv6, TcpOptions = new byte[12] }, 40, 1400);
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        foreach (var packet in packets) coalescer.Add(Place(packet));
        Assert.Equal((1, 40), (coalescer.RunCount, coalescer.PacketCount));
        Assert.Equal(packets.Select(Convert.ToHexString), CutAgain(coalescer).Select(Convert.ToHexString));
    }

    [Fact]
    public void Interleaved_flows_are_each_joined()
    {
        var flows = Enumerable.Range(1, 4).Select(host => Run(new Packet { Host = (byte)host }, 10, 1000)).ToList();
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        for (var i = 0; i < 10; i++)
            foreach (var flow in flows) coalescer.Add(Place(flow[i]));
        Assert.Equal(4, coalescer.RunCount);
    }

    [Fact]
    public void A_pure_acknowledgement_of_another_flow_does_not_end_a_run()
    {
        var packets = Run(new Packet(), 10, 1000);
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        foreach (var packet in packets)
        {
            coalescer.Add(Place(packet));
            coalescer.Add(Place(new Packet { Host = 9 }.ToOctets()));
        }

        Assert.Equal(11, coalescer.RunCount);
    }

    [Fact]
    public void A_super_packet_stops_at_65535_octets()
    {
        var packets = Run(new Packet(), 60, 1400);
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        foreach (var packet in packets) coalescer.Add(Place(packet));
        Assert.Equal(2, coalescer.RunCount);
        Assert.Equal(VirtioNetHeader.Size + 40 + (46 * 1400), coalescer.CopyRun(0, new byte[70_000]));
    }

    public static TheoryData<string> Obstacles =>
        ["sequence", "acknowledgement", "window", "options", "ttl", "class", "df", "checksum", "first checksum", "longer", "after a shorter", "after PSH", "FIN", "SYN", "fragment", "no UDP checksum", "identification"];

    [Theory, MemberData(nameof(Obstacles))]
    public void Packets_that_differ_are_not_joined(string obstacle)
    {
        var first = new Packet { Payload = new byte[100], TcpOptions = new byte[12], Sequence = 1000 };
        var second = first with { Sequence = 1100, Identification = 1 };
        (first, second) = obstacle switch
        {
            "sequence" => (first, second with { Sequence = 1101 }),
            "acknowledgement" => (first, second with { Acknowledgement = 78 }),
            "window" => (first, second with { Window = 513 }),
            "options" => (first, second with { TcpOptions = [1, .. new byte[11]] }),
            "ttl" => (first, second with { HopLimit = 63 }),
            "class" => (first, second with { TrafficClass = 3 }),
            "df" => (first, second with { DontFragment = false }),
            "longer" => (first, second with { Payload = new byte[101] }),
            "after a shorter" => (first with { Payload = new byte[100] }, second with { Payload = new byte[50] }),
            "after PSH" => (first with { Flags = 0x18 }, second),
            "FIN" => (first, second with { Flags = 0x11 }),
            "SYN" => (first, second with { Flags = 0x12 }),
            "identification" => (first with { DontFragment = false }, second with { DontFragment = false, Identification = 7 }),
            "no UDP checksum" => (first with { IsTcp = false }, second with { IsTcp = false }),
            _ => (first, second),
        };
        var (a, b) = (first.ToOctets(), second.ToOctets());
        if (obstacle == "checksum") b[^1] ^= 1;
        if (obstacle == "first checksum") a[^1] ^= 1;
        if (obstacle == "fragment") b[7] = 1;
        if (obstacle == "no UDP checksum") a[26] = a[27] = b[26] = b[27] = 0;

        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        coalescer.Add(Place(a));
        coalescer.Add(Place(b));
        if (obstacle == "after a shorter") coalescer.Add(Place((second with { Sequence = 1150, Payload = new byte[50] }).ToOctets()));
        Assert.Equal(2, coalescer.RunCount);
        var alone = new byte[4096];
        if (obstacle != "after a shorter")
        {
            Assert.Equal(a, alone.AsSpan(VirtioNetHeader.Size, coalescer.CopyRun(0, alone) - VirtioNetHeader.Size).ToArray());
            Assert.Equal(b, alone.AsSpan(VirtioNetHeader.Size, coalescer.CopyRun(1, alone) - VirtioNetHeader.Size).ToArray());
            Assert.Equal(new byte[VirtioNetHeader.Size], alone[..VirtioNetHeader.Size]);
        }
    }

    [Fact]
    public void What_the_TUN_did_not_agree_to_is_not_joined()
    {
        using var coalescer = new PacketCoalescer(_slab, TunOffload.Tso);
        foreach (var packet in Run(new Packet { IsTcp = false }, 4, 100)) coalescer.Add(Place(packet));
        Assert.Equal(4, coalescer.RunCount);
        foreach (var packet in Run(new Packet(), 4, 100)) coalescer.Add(Place(packet));
        Assert.Equal(5, coalescer.RunCount);
    }

    [Fact]
    public void A_fragment_holds_back_later_packets_between_the_same_addresses()
    {
        var packets = Run(new Packet(), 3, 100);
        var fragment = new Packet { IsTcp = false, Payload = new byte[64] }.ToOctets();
        fragment[6] = 0x20; // MF
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        coalescer.Add(Place(packets[0]));
        coalescer.Add(Place(packets[1]));
        coalescer.Add(Place(fragment));
        coalescer.Add(Place(packets[2]));
        Assert.Equal(3, coalescer.RunCount);
    }

    [Fact]
    public void Padding_behind_the_packet_is_left_out_and_a_packet_longer_than_given_is_refused()
    {
        var packet = new Packet { Payload = new byte[20] }.ToOctets();
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        Assert.Equal(CoalesceOutcome.Held, coalescer.Add(Place([.. packet, 1, 2, 3])));
        Assert.Equal(packet.Length + VirtioNetHeader.Size, coalescer.CopyRun(0, new byte[4096]));
        Assert.Equal(CoalesceOutcome.Malformed, coalescer.Add(Place(packet.AsSpan(0, packet.Length - 1))));
        Assert.Equal(CoalesceOutcome.Malformed, coalescer.Add(Place(packet.AsSpan(0, 19))));
        Assert.Equal(CoalesceOutcome.Malformed, coalescer.Add(Place([0x15, .. packet.AsSpan(1)])));
        Assert.Equal(1, coalescer.PacketCount);
    }

    [Fact]
    public void A_full_coalescer_says_so_and_takes_more_after_it_was_emptied()
    {
        var packets = Run(new Packet(), 3, 100);
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All, capacity: 2);
        coalescer.Add(Place(packets[0]));
        coalescer.Add(Place(packets[1]));
        Assert.Equal(CoalesceOutcome.Full, coalescer.Add(Place(packets[2])));
        coalescer.Clear();
        Assert.Equal(CoalesceOutcome.Held, coalescer.Add(Place(packets[2])));
    }

    [Fact]
    public void Garbage_is_held_whole_or_refused_and_never_joined_wrongly()
    {
        var random = new Random(5);
        var output = new byte[70_000];
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        for (var round = 0; round < 30_000; round++)
        {
            var octets = AnyStream(random, most: 1)[0];
            for (var flips = random.Next(1, 6); flips > 0; flips--) octets[random.Next(Math.Min(octets.Length, 64))] = (byte)random.Next(256);
            coalescer.Add(Place(octets.AsSpan(0, random.Next(octets.Length + 1))));
            if (round % 8 != 7) continue;
            for (var i = 0; i < coalescer.RunCount; i++) Assert.InRange(coalescer.CopyRun(i, output), 30, 65_545);
            coalescer.Clear();
        }
    }

    [Fact]
    public void Adding_and_clearing_allocates_nothing()
    {
        var packets = Run(new Packet(), 40, 1400);
        using var coalescer = new PacketCoalescer(_slab, TunOffload.All);
        for (var i = 0; i < 40; i++) packets[i].CopyTo(_slab[i]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100; round++)
        {
            for (var i = 0; i < 40; i++) coalescer.Add(_slab[i][..1440]);
            coalescer.Clear();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private Span<byte> Place(ReadOnlySpan<byte> packet)
    {
        var slot = _slab[_slot++ % _slab.Slots];
        packet.CopyTo(slot);
        return slot[..packet.Length];
    }

    private static List<byte[]> CutAgain(PacketCoalescer coalescer)
    {
        var result = new List<byte[]>();
        var buffer = new byte[70_000];
        for (var i = 0; i < coalescer.RunCount; i++)
        {
            var octets = buffer.AsSpan(0, coalescer.CopyRun(i, buffer));
            var header = VirtioNetHeader.Read(octets);
            Assert.Equal(SplitError.None, PacketSplitter.TryCreate(header, octets[VirtioNetHeader.Size..], out var splitter));
            while (splitter.Remaining > 0) result.Add(splitter.NextInPlace().ToArray());
        }

        return result;
    }

    private static List<byte[]> Run(Packet first, int count, int payload) =>
        [.. Enumerable.Range(0, count).Select(k => (first with { Sequence = first.Sequence + (uint)(k * payload), Identification = (ushort)k, Payload = [.. Enumerable.Repeat((byte)k, payload)] }).ToOctets())];

    // Addresses, protocol and ports: host octet, version and destination port tell our flows apart.
    private static string Flow(byte[] octets)
    {
        var isIPv6 = octets[0] >> 4 == 6;
        var transport = isIPv6 ? 40 : (octets[0] & 15) * 4;
        return $"{octets[0] >> 4} {octets[isIPv6 ? 23 : 15]} {octets[isIPv6 ? 6 : 9]} {Convert.ToHexString(octets.AsSpan(transport, 4))}";
    }

    // An IPv4 packet that may not be fragmented has no identification that means anything (RFC 6864 §4.1).
    private static string Comparable(byte[] octets)
    {
        if (octets[0] >> 4 == 6) return Convert.ToHexString(octets);
        Assert.Equal(0xffff, Packet.Sum(octets.AsSpan(0, (octets[0] & 15) * 4)));
        var copy = octets.ToArray();
        if ((octets[6] & 0x40) != 0) copy[4] = copy[5] = copy[10] = copy[11] = 0;
        return Convert.ToHexString(copy);
    }

    // A few flows, mostly in order, with all that disturbs: other flags, losses, short packets, bad checksums.
    private static List<byte[]> AnyStream(Random random, int most = 200)
    {
        var flows = new List<Packet>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var flow = PacketSplitterTests.AnyPacket(random, random.Next(3) > 0, random.Next(2) == 0);
            flows.Add(flow with { Host = (byte)i, Flags = 0x10, IpOptions = random.Next(8) == 0 ? flow.IpOptions : [] });
        }

        var stream = new List<byte[]>();
        for (var i = random.Next(1, most + 1); i > 0; i--)
        {
            var at = random.Next(flows.Count);
            var flow = flows[at];
            var size = random.Next(10) == 0 ? random.Next(0, 1200) : 700;
            var payload = new byte[size];
            random.NextBytes(payload);
            var packet = flow with { Payload = payload, Flags = random.Next(12) == 0 ? (byte)random.Next(256) : random.Next(6) == 0 ? (byte)0x18 : (byte)0x10 };
            var octets = packet.ToOctets();
            if (random.Next(20) == 0) octets[random.Next(packet.TransportOffset + (packet.IsTcp ? 16 : 6), octets.Length)] ^= 0x40;
            stream.Add(octets);
            var lost = random.Next(15) == 0 ? 1u : 0;
            flows[at] = flow with { Sequence = flow.Sequence + (uint)size + lost, Identification = (ushort)(flow.Identification + 1 + lost) };
        }

        return stream;
    }
}
