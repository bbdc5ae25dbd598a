using EdgeVpn.Ipsec.Wire;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Wire;

public sealed class WireReaderWriterTests
{
    [Fact]
    public void Fields_are_written_and_read_in_network_byte_order()
    {
        var octets = new byte[15];
        var writer = new WireWriter(octets);
        writer.WriteByte(0x01);
        writer.WriteUInt16(0x0203);
        writer.WriteUInt32(0x04050607);
        writer.WriteUInt64(0x08090a0b0c0d0e0f);
        Assert.Equal(Hex.Counting(15, 1), writer.Written);

        var reader = new WireReader(octets);
        Assert.True(reader.TryReadByte(out var one) && reader.TryReadUInt16(out var two) && reader.TryReadUInt32(out var four)
            && reader.TryReadUInt64(out var eight) && (one, two, four, eight) == (0x01, 0x0203, 0x04050607u, 0x08090a0b0c0d0e0fUL));
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void Read_that_does_not_fit_takes_nothing()
    {
        var reader = new WireReader([1, 2, 3]);
        Assert.False(reader.TryReadUInt32(out _));
        Assert.False(reader.TryReadUInt64(out _));
        Assert.False(reader.TryTake(4, out _));
        Assert.False(reader.TryTake(-1, out _));
        Assert.False(reader.TrySkip(4));
        Assert.Equal(0, reader.Position);
        Assert.True(reader.TryReadUInt16(out _));
        Assert.False(reader.TryReadUInt16(out _));
        Assert.Equal([3], reader.TakeRest().ToArray());
        Assert.False(reader.TryReadByte(out _));
        Assert.True(reader.TryTake(0, out _));
    }

    [Fact]
    public void Reserved_length_is_patched_with_what_was_written_since_its_origin()
    {
        var octets = new byte[10];
        octets.AsSpan().Fill(0xee);
        var writer = new WireWriter(octets);
        writer.WriteByte(0xaa);
        var outer = writer.ReserveLength(0);
        var inner = writer.ReserveLength(writer.Position + 2);
        writer.WriteReserved(3);
        writer.CloseLength(inner);
        writer.CloseLength(outer);
        Assert.Equal(Hex.Octets("aa 0008 0003 000000 eeee"), octets);
    }

    [Fact]
    public void Length_above_sixteen_bits_is_the_callers_mistake()
    {
        var octets = new byte[70_000];
        Assert.Throws<ArgumentException>(() =>
        {
            var writer = new WireWriter(octets);
            var length = writer.ReserveLength(0);
            writer.WriteReserved(65_534);
            writer.CloseLength(length);
        });
    }
}
