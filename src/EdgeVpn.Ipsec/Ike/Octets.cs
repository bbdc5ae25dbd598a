using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Octet strings put together, as the RFC's <c>|</c>.</summary>
internal static class Octets
{
    public static byte[] Join(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c = default, ReadOnlySpan<byte> d = default)
    {
        var joined = new byte[a.Length + b.Length + c.Length + d.Length];
        a.CopyTo(joined);
        b.CopyTo(joined.AsSpan(a.Length));
        c.CopyTo(joined.AsSpan(a.Length + b.Length));
        d.CopyTo(joined.AsSpan(a.Length + b.Length + c.Length));
        return joined;
    }

    public static byte[] Of(ulong value)
    {
        var octets = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(octets, value);
        return octets;
    }

    public static byte[] Of(uint value)
    {
        var octets = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(octets, value);
        return octets;
    }

    public static byte[] Of(ushort value)
    {
        var octets = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(octets, value);
        return octets;
    }
}
