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
