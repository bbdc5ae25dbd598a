using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>The last octets of a message that fill no block: 1 to 15 of them.</summary>
internal static class PartialBlock
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Load(ref byte source, int octets)
    {
        var block = Vector128<byte>.Zero;
        Unsafe.CopyBlockUnaligned(ref Unsafe.As<Vector128<byte>, byte>(ref block), ref source, (uint)octets);
        return block;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store(Vector128<byte> block, ref byte target, int octets) =>
        Unsafe.CopyBlockUnaligned(ref target, ref Unsafe.As<Vector128<byte>, byte>(ref block), (uint)octets);

    /// <summary>Ones in the first octets, zeros behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<byte> Mask(int octets) => Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)octets));
}
