using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Esp;

public sealed class EspSuiteTests
{
    private static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);
    private static readonly EspSuite Cbc = new(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.HmacSha256_128);

    [Theory] // WAN MTU, GCM, GCM in UDP, CBC-SHA256, CBC-SHA256 in UDP: over IPv4
    [InlineData(1500, 1446, 1438, 1438, 1422)]
    [InlineData(1492, 1438, 1430, 1422, 1422)]
    [InlineData(1460, 1406, 1398, 1390, 1390)]
    [InlineData(1400, 1346, 1338, 1326, 1326)]
    public void Largest_inner_packet_is_what_the_outer_mtu_leaves(int mtu, int gcm, int gcmUdp, int cbc, int cbcUdp)
    {
        Assert.Equal(gcm, Gcm.MaxInnerOctets(mtu, ipv6Outer: false, udpEncapsulated: false));
        Assert.Equal(gcmUdp, Gcm.MaxInnerOctets(mtu, ipv6Outer: false, udpEncapsulated: true));
        Assert.Equal(cbc, Cbc.MaxInnerOctets(mtu, ipv6Outer: false, udpEncapsulated: false));
        Assert.Equal(cbcUdp, Cbc.MaxInnerOctets(mtu, ipv6Outer: false, udpEncapsulated: true));
    }

    [Fact]
    public void Largest_inner_packet_fits_and_one_octet_more_does_not()
    {
        foreach (var suite in TestSa.Suites)
        {
            for (var mtu = 576; mtu <= 1500; mtu++)
            {
                foreach (var ipv6 in (bool[])[false, true])
                {
                    var room = mtu - (ipv6 ? 40 : 20) - 8;
                    var inner = suite.MaxInnerOctets(mtu, ipv6, udpEncapsulated: true);
                    Assert.True(suite.SealedOctets(inner) <= room, $"{suite}: {inner} does not fit {mtu}");
                    Assert.True(suite.SealedOctets(inner + 1) > room, $"{suite}: {inner + 1} would fit {mtu}");
                }
            }
        }
    }

    [Fact]
    public void An_mtu_too_small_for_any_packet_leaves_nothing() => Assert.Equal(0, Cbc.MaxInnerOctets(60, true, true));

    [Theory]
    [InlineData(EncryptionAlgorithm.AesGcm16, 128, IntegrityAlgorithm.HmacSha256_128)] // an AEAD has no integrity transform
    [InlineData(EncryptionAlgorithm.AesCbc, 256, IntegrityAlgorithm.None)]
    [InlineData(EncryptionAlgorithm.AesCbc, 0, IntegrityAlgorithm.HmacSha1_96)] // RFC 3602 §5.3: Key Length is required
    [InlineData(EncryptionAlgorithm.AesCbc, 160, IntegrityAlgorithm.HmacSha1_96)]
    [InlineData(EncryptionAlgorithm.AesCbc, 128, IntegrityAlgorithm.HmacMd5_96)]
    [InlineData(EncryptionAlgorithm.Des, 0, IntegrityAlgorithm.HmacSha1_96)]
    [InlineData(EncryptionAlgorithm.Null, 0, IntegrityAlgorithm.HmacSha1_96)]
    public void Suites_whose_parts_do_not_belong_together_are_invalid(EncryptionAlgorithm encryption, int keyLength, IntegrityAlgorithm integrity)
    {
        var suite = new EspSuite(encryption, keyLength, integrity);
        Assert.False(suite.IsValid);
        Assert.Null(EspSaFactory.Default.ProviderOf(suite));
    }

    [Fact]
    public void Keys_of_a_wrong_length_are_refused_before_any_packet()
    {
        var parameters = TestSa.Parameters(Gcm) with { EncryptionKey = new(new byte[32]) };
        Assert.Throws<ArgumentException>(() => EspSaFactory.Default.Inbound(parameters, EspSelectors.Any));
    }
}
