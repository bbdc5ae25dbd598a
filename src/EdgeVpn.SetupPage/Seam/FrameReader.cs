using System.Buffers.Binary;
using System.Text;

namespace EdgeVpn.SetupPage.Seam;

/// <summary>Takes a frame apart. What came may be anything: once something is missing, <see cref="IsWhole"/> is false and all the rest is empty.</summary>
internal ref struct FrameReader(ReadOnlyMemory<byte> frame)
{
    private ReadOnlyMemory<byte> _rest = frame;

    public bool IsWhole { get; private set; } = true;

    /// <summary>All that was not read yet.</summary>
    public readonly ReadOnlyMemory<byte> Rest => _rest;

    public byte Octet() => Take(1) is { IsEmpty: false } octets ? octets[0] : default;

    public ushort Word() => Take(2) is { IsEmpty: false } octets ? BinaryPrimitives.ReadUInt16LittleEndian(octets) : default;

    public uint Number() => Take(4) is { IsEmpty: false } octets ? BinaryPrimitives.ReadUInt32LittleEndian(octets) : default;

    public string Text() => Encoding.UTF8.GetString(Take(Word()));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (_rest.Length < count) (IsWhole, _rest) = (false, default);
        if (!IsWhole) return default;
        var taken = _rest.Span[..count];
        _rest = _rest[count..];
        return taken;
    }
}
