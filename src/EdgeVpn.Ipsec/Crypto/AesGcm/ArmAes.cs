using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Armv8 AES and PMULL.</summary>
public readonly struct ArmAes : IAesInstructions
{
    public static bool IsSupported => Aes.IsSupported && AdvSimd.Arm64.IsSupported;

    public static string Name => "intrinsics (Armv8 AES, PMULL)";

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> First(Vector128<byte> state, Vector128<byte> key) => Aes.MixColumns(Aes.Encrypt(state, key));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key) => Aes.MixColumns(Aes.Encrypt(state, key));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Last(Vector128<byte> state, Vector128<byte> keyBeforeLast, Vector128<byte> lastKey) =>
        Aes.Encrypt(state, keyBeforeLast) ^ lastKey;

    // AESE with a zero key is SubBytes and ShiftRows; with four equal columns ShiftRows changes nothing.
    public static uint SubWord(uint word) =>
        Aes.Encrypt(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Reverse(Vector128<byte> value)
    {
        var halves = AdvSimd.ReverseElement8(value.AsUInt64()).AsByte();
        return AdvSimd.ExtractVector128(halves, halves, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyLow(Vector128<ulong> a, Vector128<ulong> b) =>
        Aes.PolynomialMultiplyWideningLower(a.GetLower(), b.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b) =>
        Aes.PolynomialMultiplyWideningUpper(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Fold(Vector128<ulong> value) => value ^ AdvSimd.ExtractVector128(value, value, 1);
}
