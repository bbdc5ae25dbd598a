using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace EdgeVpn.SetupPage.Seam;

/// <summary>Puts a frame together, its length in front: what <see cref="FrameReader"/> takes apart.</summary>
internal sealed class FrameWriter
{
    private readonly ArrayBufferWriter<byte> _octets = new();

    public FrameWriter() => Number(0); // the length, known at the end

    public FrameWriter Octet(byte value) => Append([value]);

    public FrameWriter Word(int value)
    {
        Span<byte> octets = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(octets, checked((ushort)value));
        return Append(octets);
    }

    public FrameWriter Number(uint value)
    {
        Span<byte> octets = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(octets, value);
        return Append(octets);
    }

    /// <param name="text">Of 65,535 octets at most.</param>
    public FrameWriter Text(string text)
    {
        var octets = Encoding.UTF8.GetBytes(text);
        return Word(octets.Length).Append(octets);
    }

    public ReadOnlyMemory<byte> End(ReadOnlySpan<byte> body)
    {
        Append(body);
        var frame = MemoryMarshal.AsMemory(_octets.WrittenMemory);
        BinaryPrimitives.WriteInt32LittleEndian(frame.Span, frame.Length - sizeof(int));
        return frame;
    }

    private FrameWriter Append(ReadOnlySpan<byte> octets)
    {
        _octets.Write(octets);
        return this;
    }
}
