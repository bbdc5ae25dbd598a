using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class LifetimeTests
{
    private static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);

    [Fact]
    public void The_last_32_bit_number_is_sent_and_the_next_is_not()
    {
        using var sealer = Sealer(extended: false, last: uint.MaxValue - 2);
        var packet = new byte[200];
        Assert.Equal(EspRefusal.None, sealer.Seal(TestSa.IPv4(40), packet, out _));
        Assert.Equal(EspRefusal.None, sealer.Seal(TestSa.IPv4(40), packet, out _));
        Assert.Equal(uint.MaxValue, sealer.LastSequence);
        Assert.Equal(EspRefusal.SequenceExhausted, sealer.Seal(TestSa.IPv4(40), packet, out var written));
        Assert.Equal((0, (ulong)uint.MaxValue), (written, sealer.LastSequence));
        Assert.Equal(1u, sealer.Usage.Refused(EspRefusal.SequenceExhausted));
    }

    [Fact]
    public void Extended_numbers_go_on_past_32_bits_and_both_ends_agree()
    {
        using var sealer = Sealer(extended: true, last: uint.MaxValue - 200);
        using var opener = Opener(extended: true);
        for (var i = 0; i < 300; i++)
        {
            var packet = new byte[Gcm.SealedOctets(40)];
            Assert.Equal(EspRefusal.None, sealer.Seal(TestSa.IPv4(40), packet, out _));
            Assert.Equal(EspRefusal.None, opener.Open(packet, out _, out _));
        }

        Assert.Equal(sealer.LastSequence, opener.LastSequence);
        Assert.True(opener.LastSequence > uint.MaxValue);
    }

    [Fact]
    public void A_packet_of_the_wrong_half_does_not_verify()
    {
        using var sealer = Sealer(extended: true, last: 1UL << 32);
        using var opener = Opener(extended: true);
        var packet = new byte[Gcm.SealedOctets(40)];
        Assert.Equal(EspRefusal.None, sealer.Seal(TestSa.IPv4(40), packet, out _));
        Assert.Equal(EspRefusal.IcvMismatch, opener.Open(packet, out _, out _));
    }

    [Fact]
    public void Limits_of_the_algorithm_stop_the_key()
    {
        var tripleDes = new EspSuite(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96);
        Assert.Equal(1UL << 30, LifetimeLimits.Of(tripleDes, false).HardOctets);
        Assert.Equal(1UL << 40, LifetimeLimits.Of(Gcm, false).HardOctets);
        Assert.Equal(uint.MaxValue, LifetimeLimits.Of(Gcm, false).HardPackets);
        Assert.Equal(ulong.MaxValue, LifetimeLimits.Of(Gcm, true).HardPackets);
        var usage = new SaUsage();
        usage.CountCipher(1 << 30);
        Assert.Equal(new(uint.MaxValue, 0, LifetimeState.Expired), LifetimeLimits.Of(tripleDes, false).Remaining(usage));
    }

    [Theory]
    [InlineData(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None, 1UL << 40)]
    [InlineData(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacSha1_96, 1UL << 40)]
    [InlineData(EncryptionAlgorithm.TripleDes, 0, IntegrityAlgorithm.HmacSha1_96, 1UL << 30)]
    public void The_last_packet_that_a_key_allows_is_sent_and_taken_and_the_next_is_neither(EncryptionAlgorithm encryption, int bits, IntegrityAlgorithm integrity, ulong limit)
    {
        using var sa = TestSa.Of(new EspSuite(encryption, bits, integrity));
        var first = sa.Seal(TestSa.IPv4(40));
        var body = sa.Out.Usage.CipherOctets;
        Spend(sa.Out.Usage, limit - (2 * body));
        var last = sa.Seal(TestSa.IPv4(40));
        Assert.Equal(limit, sa.Out.Usage.CipherOctets);
        Assert.Equal(EspRefusal.KeyExhausted, sa.Out.Seal(TestSa.IPv4(40), new byte[200], out var written));
        Assert.Equal((0, 2ul), (written, sa.Out.LastSequence));

        Spend(sa.In.Usage, limit - body);
        Assert.NotNull(sa.Open(last, out _));
        Assert.Null(sa.Open(first, out var refusal));
        Assert.Equal(EspRefusal.KeyExhausted, refusal);
        Assert.Equal(LifetimeState.Expired, sa.In.Limits.Remaining(sa.In.Usage).State);
    }

    [Theory]
    [InlineData(0, LifetimeState.Fresh)]
    [InlineData(79, LifetimeState.Fresh)]
    [InlineData(80, LifetimeState.RekeyDue)]
    [InlineData(99, LifetimeState.RekeyDue)]
    [InlineData(100, LifetimeState.Expired)]
    [InlineData(101, LifetimeState.Expired)]
    public void Four_fifths_of_a_limit_ask_for_a_rekey(int packets, LifetimeState expected)
    {
        var usage = new SaUsage();
        for (var i = 0; i < packets; i++)
            usage.CountPacket(10);
        var limits = LifetimeLimits.Of(Gcm, false).And(LifetimeLimits.Hard(packets: 100, octets: 0));
        Assert.Equal(expected, limits.Remaining(usage).State);
        Assert.Equal((ulong)Math.Max(0, 100 - packets), limits.Remaining(usage).Packets);
    }

    [Theory]
    [InlineData(79, LifetimeState.Fresh)]
    [InlineData(80, LifetimeState.RekeyDue)]
    [InlineData(99, LifetimeState.RekeyDue)]
    [InlineData(100, LifetimeState.Expired)]
    public void Four_fifths_of_the_octets_ask_for_a_rekey_too(ulong octets, LifetimeState expected)
    {
        var usage = new SaUsage();
        Spend(usage, octets);
        Assert.Equal(expected, LifetimeLimits.Of(Gcm, true).And(LifetimeLimits.Hard(packets: 0, octets: 100)).Remaining(usage).State);
    }

    private static void Spend(SaUsage usage, ulong octets)
    {
        for (; octets > 0; octets -= Math.Min(octets, int.MaxValue)) usage.CountCipher((int)Math.Min(octets, int.MaxValue));
    }

    private static EspSealer<BclAead> Sealer(bool extended, ulong last)
    {
        var parameters = TestSa.Parameters(Gcm, extended);
        return new(parameters, BclAead.AesGcm(parameters.EncryptionKey.Octets, 16, extended), "test", last);
    }

    private static EspOpener<BclAead> Opener(bool extended)
    {
        var parameters = TestSa.Parameters(Gcm, extended);
        return new(parameters, EspSelectors.Any, BclAead.AesGcm(parameters.EncryptionKey.Octets, 16, extended), "test");
    }
}
