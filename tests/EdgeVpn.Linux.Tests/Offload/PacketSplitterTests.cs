using Xunit;

namespace EdgeVpn.Linux.Tests.Offload;

public class PacketSplitterTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory, MemberData(nameof(Seeds))]
    public void Segments_in_place_are_those_of_the_plain_reference(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 25; round++)
        {
            var (super, gsoSize) = AnySuperPacket(random);
            var read = super.ToOctetsWithOpenChecksum();
            Assert.Equal(SplitError.None, PacketSplitter.TryCreate(super.SuperHeader(gsoSize), read, out var splitter));
            var expected = super.Segments(gsoSize);
            Assert.Equal(expected.Count, splitter.Count);
            foreach (var segment in expected)
            {
                var octets = segment.ToOctets();
                Assert.Equal(octets.Length, splitter.NextOctets);
                Assert.Equal(octets, splitter.NextInPlace().ToArray());
            }

            Assert.Equal(0, splitter.Remaining);
            Assert.Equal(0, splitter.NextOctets);
        }
    }

    /// <summary>What a card joined and verified comes without an open checksum, and with no word of where it would be.</summary>
    [Theory, MemberData(nameof(Seeds))]
    public void A_super_packet_whose_checksum_was_verified_is_cut_alike(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 10; round++)
        {
            var (super, gsoSize) = AnySuperPacket(random);
            var header = super.SuperHeader(gsoSize) with { Flags = (VirtioNetFlags)2, HeaderOctets = 0, ChecksumStart = 0, ChecksumOffset = 0 }; // VIRTIO_NET_HDR_F_DATA_VALID
            Assert.Equal(SplitError.None, PacketSplitter.TryCreate(header, super.ToOctets(), out var splitter));
            foreach (var segment in super.Segments(gsoSize)) Assert.Equal(segment.ToOctets(), splitter.NextInPlace().ToArray());
            Assert.Equal(0, splitter.Remaining);
        }
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Segments_copied_to_a_stride_are_those_of_the_plain_reference(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 10; round++)
        {
            var (super, gsoSize) = AnySuperPacket(random);
            var expected = super.Segments(gsoSize);
            int offset = random.Next(40), stride = super.HeaderOctets + gsoSize + random.Next(64);
            var destination = new byte[offset + (stride * expected.Count)];
            var count = PacketSplitter.Split(
                super.SuperHeader(gsoSize), super.ToOctetsWithOpenChecksum(), destination, stride, offset, out var segmentOctets, out var lastOctets);
            Assert.Equal(expected.Count, count);
            for (var k = 0; k < count; k++)
            {
                var octets = expected[k].ToOctets();
                Assert.Equal(octets.Length, k == count - 1 ? lastOctets : segmentOctets);
                Assert.Equal(octets, destination.AsSpan(offset + (k * stride), octets.Length).ToArray());
            }
        }
    }

    [Fact]
    public void FIN_and_PSH_only_close_the_run_and_CWR_only_opens_it()
    {
        var super = new Packet { Payload = new byte[3000], Flags = 0x10 | 0x01 | 0x08 | 0x80 | 0x40 };
        Assert.Equal(SplitError.None, PacketSplitter.TryCreate(super.SuperHeader(1000), super.ToOctetsWithOpenChecksum(), out var splitter));
        byte[] flags = [splitter.NextInPlace()[33], splitter.NextInPlace()[33], splitter.NextInPlace()[33]];
        Assert.Equal([0xd0, 0x50, 0x59], flags);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void An_open_checksum_of_a_single_packet_is_finished(bool isTcp)
    {
        var random = new Random(3);
        for (var length = 0; length < 200; length++)
        {
            var packet = AnyPacket(random, isTcp, isIPv6: length % 2 == 0) with { Payload = Octets(random, length) };
            var read = packet.ToOctetsWithOpenChecksum();
            var header = packet.SuperHeader(0) with { GsoTypeOctet = 0 };
            Assert.Equal(SplitError.None, PacketSplitter.TryCreate(header, read, out var splitter));
            Assert.Equal(1, splitter.Count);
            Assert.Equal(packet.ToOctets(), splitter.NextInPlace().ToArray());
        }
    }

    [Fact]
    public void A_UDP_checksum_of_zero_goes_out_as_all_ones()
    {
        // Choose the payload's last word so that everything else is cancelled.
        var packet = new Packet { IsTcp = false, Payload = new byte[4] };
        var sum = Packet.Sum(packet.ToOctets().AsSpan(26, 2)); // the inverted sum of the rest
        packet.Payload[0] = (byte)(sum >> 8);
        packet.Payload[1] = (byte)sum;
        var read = packet.ToOctetsWithOpenChecksum();
        Assert.Equal(SplitError.None, PacketSplitter.TryCreate(packet.SuperHeader(0) with { GsoTypeOctet = 0 }, read, out var splitter));
        Assert.Equal("FFFF", Convert.ToHexString(splitter.NextInPlace().Slice(26, 2)));
        Assert.Equal(packet.ToOctets(), read);
    }

    [Fact]
    public void A_packet_that_needs_nothing_is_left_alone()
    {
        var octets = new Packet { Payload = [1, 2, 3] }.ToOctets();
        var before = octets.ToArray();
        Assert.Equal(SplitError.None, PacketSplitter.TryCreate(default, octets, out var splitter));
        Assert.Equal(before, splitter.NextInPlace().ToArray());
    }

    [Fact]
    public void Headers_that_lie_never_reach_beyond_the_packet()
    {
        var random = new Random(99);
        for (var round = 0; round < 20_000; round++)
        {
            var (super, gsoSize) = AnySuperPacket(random, maxPayload: 400);
            var honest = super.SuperHeader(gsoSize);
            var read = super.ToOctetsWithOpenChecksum();
            for (var flips = random.Next(1, 6); flips > 0; flips--) read[random.Next(Math.Min(read.Length, 64))] = (byte)random.Next(256);
            var header = honest with
            {
                Flags = random.Next(3) == 0 ? (VirtioNetFlags)random.Next(256) : honest.Flags,
                GsoTypeOctet = random.Next(3) == 0 ? (byte)random.Next(256) : honest.GsoTypeOctet,
                GsoSize = random.Next(3) == 0 ? (ushort)random.Next(65536) : honest.GsoSize,
                ChecksumStart = random.Next(3) == 0 ? (ushort)random.Next(200) : honest.ChecksumStart,
                ChecksumOffset = random.Next(3) == 0 ? (ushort)random.Next(65536) : honest.ChecksumOffset,
            };
            var cut = read.AsSpan(0, random.Next(read.Length + 1));
            if (PacketSplitter.TryCreate(header, cut, out var splitter) != SplitError.None) continue;
            var octets = 0;
            while (splitter.Remaining > 0) octets += splitter.NextInPlace().Length; // a span that does not fit would throw
            Assert.True(octets >= cut.Length);
        }
    }

    [Fact]
    public void A_kind_of_super_packet_nobody_asked_for_is_refused_by_name()
    {
        var super = new Packet { Payload = new byte[3000] };
        var header = super.SuperHeader(1000) with { GsoTypeOctet = 3 }; // VIRTIO_NET_HDR_GSO_UDP, fragmentation offload
        Assert.Equal(SplitError.UnknownGso, PacketSplitter.TryCreate(header, super.ToOctetsWithOpenChecksum(), out _));
    }

    internal static Packet AnyPacket(Random random, bool isTcp, bool isIPv6) => new()
    {
        IsIPv6 = isIPv6,
        IsTcp = isTcp,
        TrafficClass = (byte)random.Next(256),
        HopLimit = (byte)random.Next(1, 256),
        DontFragment = random.Next(2) == 0,
        Identification = (ushort)random.Next(65536),
        Sequence = (uint)random.NextInt64(1L << 32),
        Acknowledgement = (uint)random.NextInt64(1L << 32),
        Flags = (byte)random.Next(256),
        Window = (ushort)random.Next(65536),
        TcpOptions = Octets(random, random.Next(11) * 4),
        IpOptions = isIPv6 ? [] : Octets(random, random.Next(3) == 0 ? random.Next(11) * 4 : 0),
    };

    private static (Packet Super, int GsoSize) AnySuperPacket(Random random, int maxPayload = 65_000)
    {
        var packet = AnyPacket(random, isTcp: random.Next(2) == 0, isIPv6: random.Next(2) == 0);
        var gsoSize = random.Next(4) == 0 ? random.Next(1, 100) : random.Next(100, 1500);
        var payload = random.Next(1, Math.Min(maxPayload, gsoSize * random.Next(1, 65)) + 1);
        payload = Math.Min(payload, 65_535 - packet.HeaderOctets);
        return (packet with { Payload = Octets(random, payload) }, gsoSize);
    }

    private static byte[] Octets(Random random, int count)
    {
        var octets = new byte[count];
        random.NextBytes(octets);
        return octets;
    }
}
