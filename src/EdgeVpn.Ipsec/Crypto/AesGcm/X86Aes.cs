using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>AES-NI and PCLMULQDQ.</summary>
public readonly struct X86Aes : IAesInstructions
{
    public static bool IsSupported => Aes.IsSupported && Pclmulqdq.IsSupported && Ssse3.IsSupported;

    public static string Name => "intrinsics (AES-NI, PCLMULQDQ)";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> First(Vector128<byte> state, Vector128<byte> key) => state ^ key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key) => Aes.Encrypt(state, key);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Last(Vector128<byte> state, Vector128<byte> keyBeforeLast, Vector128<byte> lastKey) =>
        Aes.EncryptLast(Aes.Encrypt(state, keyBeforeLast), lastKey);

    // The last round without key is ShiftRows and SubBytes; with four equal columns ShiftRows changes nothing.
    public static uint SubWord(uint word) =>
        Aes.EncryptLast(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Reverse(Vector128<byte> value) =>
        Ssse3.Shuffle(value, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLow(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.CarrylessMultiply(a, b, 0x00);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b) => Pclmulqdq.CarrylessMultiply(a, b, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Fold(Vector128<ulong> value) => value ^ Sse2.Shuffle(value.AsUInt32(), 0b01_00_11_10).AsUInt64();
}
