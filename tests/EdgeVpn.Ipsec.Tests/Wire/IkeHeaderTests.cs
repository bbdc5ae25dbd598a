using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

/// <summary>RFC 7296 §3.1.</summary>
public sealed class IkeHeaderTests
{
    // The header of an answer to IKE_AUTH by the original responder, nothing behind it.
    private static readonly byte[] Octets = Hex.Octets("""
        0102030405060708   # initiator's SPI
        f1f2f3f4f5f6f7f8   # responder's SPI
        2e 20 23 20        # SK, version 2.0, IKE_AUTH, flag Response
        00000001           # Message ID
        0000001c           # Length
        """);

    [Fact]
    public void Every_field_is_read_from_its_place()
    {
        Assert.Equal(WireError.None, IkeHeader.TryRead(Octets, out var header));
        var expected = new IkeHeader(
            0x0102030405060708, 0xf1f2f3f4f5f6f7f8, PayloadType.Encrypted, 0x20, ExchangeType.IkeAuth, IkeHeaderFlags.Response, 1, 28);
        Assert.Equal(expected, header);
        Assert.Equal((2, 0), (header.MajorVersion, header.MinorVersion));
        Assert.True(header.IsResponse);
        Assert.False(header.IsFromOriginalInitiator);
    }

    [Fact]
    public void Every_field_is_written_to_its_place()
    {
        IkeHeader.TryRead(Octets, out var header);
        var written = new byte[IkeHeader.Size];
        header.Write(written);
        Assert.Equal(Octets, written);
    }

    [Fact]
    public void Length_that_is_not_the_datagrams_is_refused()
    {
        Assert.Equal(WireError.HeaderLengthMismatch, IkeHeader.TryRead([.. Octets, 0], out _));
        Assert.Equal(WireError.HeaderLengthMismatch, IkeHeader.TryRead(With(27, 0x1b), out _));
        // As a signed number this length would be negative, and as 16 bits it would fit.
        Assert.Equal(WireError.HeaderLengthMismatch, IkeHeader.TryRead(With(24, 0xff), out _));
        Assert.Equal(WireError.HeaderLengthMismatch, IkeHeader.TryRead(With(25, 0x01), out _));
    }

    [Fact]
    public void Twenty_seven_octets_are_no_header() => Assert.Equal(WireError.Truncated, IkeHeader.TryRead(Octets.AsSpan(0, 27), out _));

    [Fact]
    public void Initiator_spi_of_zero_is_refused()
    {
        var octets = (byte[])Octets.Clone();
        octets.AsSpan(0, 8).Clear();
        Assert.Equal(WireError.ZeroInitiatorSpi, IkeHeader.TryRead(octets, out _));
    }

    [Fact]
    public void Higher_major_version_is_read_so_that_it_can_be_answered()
    {
        Assert.Equal(WireError.None, IkeHeader.TryRead(With(17, 0x31), out var header));
        Assert.Equal((3, 1), (header.MajorVersion, header.MinorVersion));
    }

    [Fact]
    public void Flags_without_a_name_do_not_hide_the_others()
    {
        Assert.Equal(WireError.None, IkeHeader.TryRead(With(19, 0xff), out var header));
        Assert.True(header.IsResponse);
        Assert.True(header.IsFromOriginalInitiator);
    }

    private static byte[] With(int offset, byte value)
    {
        var octets = (byte[])Octets.Clone();
        octets[offset] = value;
        return octets;
    }
}
