using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class TableTests
{
    private static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.None);

    [Fact]
    public void Every_spi_is_found_and_no_other()
    {
        var random = new Random(3);
        var table = new SaTable();
        var sas = new Dictionary<uint, IEspInbound>();
        for (var i = 0; i < 300; i++)
        {
            // Half of them count, half are random: both kinds collide in some table size.
            var spi = i % 2 == 0 ? (uint)(i + 256) : (uint)random.NextInt64(1, 1L << 32);
            var sa = Inbound(spi);
            Assert.Equal(sas.TryAdd(spi, sa), table.TryAdd(sa));
            if (i % 5 == 4)
            {
                var gone = sas.Keys.ElementAt(random.Next(sas.Count));
                Assert.Same(sas[gone], table.Remove(gone));
                sas.Remove(gone);
            }
        }

        foreach (var (spi, sa) in sas)
            Assert.Same(sa, table.Current.Find(spi));
        for (var i = 0; i < 1000; i++)
        {
            var spi = (uint)random.NextInt64(0, 1L << 32);
            Assert.Equal(sas.GetValueOrDefault(spi), table.Current.Find(spi));
        }

        Assert.Equal(sas.Count, table.Current.Sas.Count);
        Assert.Null(table.Remove(0));
    }

    [Fact]
    public void An_spi_is_taken_once()
    {
        var table = new SaTable();
        Assert.True(table.TryAdd(Inbound(7)));
        Assert.False(table.TryAdd(Inbound(7)));
        Assert.False(table.TryAdd(Inbound(0)));
    }

    [Fact]
    public void A_snapshot_does_not_change_under_its_reader()
    {
        var table = new SaTable();
        table.TryAdd(Inbound(7));
        var before = table.Current;
        table.Remove(7);
        Assert.NotNull(before.Find(7));
        Assert.Null(table.Current.Find(7));
    }

    [Fact]
    public void The_narrowest_remote_range_wins_whatever_the_order()
    {
        var any = Selectors("0.0.0.0/0", "0.0.0.0/0");
        var site = Selectors("0.0.0.0/0", "10.20.0.0/16");
        var room = Selectors("0.0.0.0/0", "10.20.3.0/24");
        foreach (var order in (EspSelectors[][])[[any, site, room], [room, site, any], [site, room, any]])
        {
            var table = new SelectorTable(order);
            Assert.Same(room, order[table.Find(Packet("10.1.1.1", "10.20.3.255"))]);
            Assert.Same(site, order[table.Find(Packet("10.1.1.1", "10.20.4.0"))]);
            Assert.Same(any, order[table.Find(Packet("10.1.1.1", "10.21.0.0"))]);
            Assert.Equal(SelectorTable.None, table.Find(Packet("2001:db8::1", "2001:db8::2")));
        }
    }

    [Fact]
    public void A_source_outside_the_narrow_selectors_falls_to_the_wider()
    {
        var table = new SelectorTable([Selectors("10.1.0.0/16", "10.20.0.0/16"), Selectors("0.0.0.0/0", "10.0.0.0/8")]);
        Assert.Equal(0, table.Find(Packet("10.1.0.1", "10.20.0.1")));
        Assert.Equal(1, table.Find(Packet("10.2.0.1", "10.20.0.1")));
        Assert.Equal(SelectorTable.None, table.Find(Packet("10.2.0.1", "11.0.0.0")));
    }

    [Fact]
    public void Of_equal_selectors_the_first_slot_wins()
    {
        var table = new SelectorTable([Selectors("0.0.0.0/0", "10.0.0.0/8"), Selectors("0.0.0.0/0", "10.0.0.0/8")]);
        Assert.Equal(0, table.Find(Packet("10.2.0.1", "10.20.0.1")));
    }

    [Fact]
    public void Selectors_agree_with_a_walk_through_all_of_them()
    {
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new Random(seed);
            var slots = Enumerable.Range(0, random.Next(1, 40)).Select(_ => RandomSelectors(random)).ToArray();
            var table = new SelectorTable(slots);
            for (var i = 0; i < 300; i++)
            {
                var packet = RandomPacket(random);
                Assert.True(Naive(slots, packet) == table.Find(packet), $"seed {seed}: {packet.SourceAddress} → {packet.DestinationAddress}");
            }
        }
    }

    [Fact]
    public void Looking_up_costs_no_garbage()
    {
        var inbound = new SaTable();
        inbound.TryAdd(Inbound(7));
        var outbound = new SelectorTable([Selectors("10.0.0.0/8", "10.20.0.0/16")]);
        var octets = TestSa.IPv4(100);
        Find();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            Find();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Find()
        {
            if (!InnerPacket.TryParse(octets, out var packet) || outbound.Find(packet) == SelectorTable.None || inbound.Current.Find(7) is null)
                Assert.Fail("not found");
        }
    }

    private static int Naive(EspSelectors[] slots, InnerPacket packet)
    {
        var best = (Slot: SelectorTable.None, Remote: UInt128.MaxValue, Local: UInt128.MaxValue);
        for (var slot = 0; slot < slots.Length; slot++)
        {
            foreach (var remote in slots[slot].Remote)
            {
                foreach (var local in slots[slot].Local)
                {
                    if (!EspSelectors.Fits(local, packet, true) || !EspSelectors.Fits(remote, packet, false))
                        continue;
                    var (remoteWidth, localWidth) = (remote.End.Value - remote.Start.Value, local.End.Value - local.Start.Value);
                    if (best.Slot < 0 || remoteWidth < best.Remote || (remoteWidth == best.Remote && localWidth < best.Local))
                        best = (slot, remoteWidth, localWidth);
                }
            }
        }

        return best.Slot;
    }

    private static EspSelectors RandomSelectors(Random random)
    {
        return new([.. Some()], [.. Some()]);

        IEnumerable<TrafficSelector> Some() => Enumerable.Range(0, random.Next(1, 3)).Select(_ =>
        {
            var start = (UInt128)random.Next(0, 250);
            var ipv6 = random.Next(3) == 0;
            return random.Next(6) switch
            {
                0 => ipv6 ? TrafficSelector.AnyIPv6 : TrafficSelector.AnyIPv4,
                _ => new TrafficSelector(0, 0, ushort.MaxValue, new(start, ipv6), new(start + (UInt128)random.Next(0, 40), ipv6)),
            };
        });
    }

    private static InnerPacket RandomPacket(Random random)
    {
        var ipv6 = random.Next(3) == 0;
        var octets = ipv6 ? TestSa.IPv6(60) : TestSa.IPv4(60);
        octets.AsSpan(ipv6 ? 8 : 12, ipv6 ? 32 : 8).Clear();
        octets[ipv6 ? 23 : 15] = (byte)random.Next(256);
        octets[ipv6 ? 39 : 19] = (byte)random.Next(256);
        Assert.True(InnerPacket.TryParse(octets, out var packet));
        return packet;
    }

    private static EspSelectors Selectors(string local, string remote) => new([Prefix(local)], [Prefix(remote)]);

    private static TrafficSelector Prefix(string text)
    {
        var parts = text.Split('/');
        return TrafficSelector.Prefix(IpAddress.Parse(parts[0]), int.Parse(parts[1]));
    }

    private static InnerPacket Packet(string source, string destination)
    {
        var (from, to) = (IpAddress.Parse(source), IpAddress.Parse(destination));
        var octets = from.IsIPv6 ? TestSa.IPv6(60) : TestSa.IPv4(60);
        from.Write(octets.AsSpan(from.IsIPv6 ? 8 : 12));
        to.Write(octets.AsSpan(from.IsIPv6 ? 24 : 16));
        Assert.True(InnerPacket.TryParse(octets, out var packet));
        return packet;
    }

    private static IEspInbound Inbound(uint spi) => EspSaFactory.Default.Inbound(TestSa.Parameters(Gcm) with { Spi = spi }, EspSelectors.Any);
}
