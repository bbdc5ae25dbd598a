using System.Runtime.Intrinsics;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>A processor's AES and carry-less multiplication, as much of it as AES-GCM needs. Implemented by structs without state.</summary>
/// <remarks>
/// One name for what x86 and Arm cut differently: x86 adds a round key after its round, Arm before. With round keys k0 … kn
/// <code>
/// x86   s ⊕ k0 | aesenc k1 … k(n−2)        | aesenc k(n−1), aesenclast kn
/// Arm   aese k0, aesmc | aese, aesmc k1 …  | aese k(n−1), ⊕ kn
///       First  | Round                     | Last
/// </code>
/// Every member takes the same time whatever its operands.
/// <para>128 bits wide throughout: .NET 10 has no wider AES, 256- and 512-bit PCLMULQDQ beside it made 1,400 octets 4 to 20 % slower under the JIT
/// (registers spill), and a portable NativeAOT binary does not have them at all.</para>
/// </remarks>
public interface IAesInstructions
{
    /// <summary>Whether this processor has all of it. A constant under the JIT, a flag read once per call under NativeAOT.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>For status.</summary>
    static abstract string Name { get; }

    static abstract Vector128<byte> First(Vector128<byte> state, Vector128<byte> key);

    static abstract Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key);

    static abstract Vector128<byte> Last(Vector128<byte> state, Vector128<byte> keyBeforeLast, Vector128<byte> lastKey);

    /// <summary>The S-box on each octet of a word (FIPS 197 §5.2).</summary>
    static abstract uint SubWord(uint word);

    /// <summary>The 16 octets in opposite order.</summary>
    static abstract Vector128<byte> Reverse(Vector128<byte> value);

    /// <summary>Carry-less product of the low halves.</summary>
    static abstract Vector128<ulong> MultiplyLow(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>Carry-less product of the high halves.</summary>
    static abstract Vector128<ulong> MultiplyHigh(Vector128<ulong> a, Vector128<ulong> b);

    /// <summary>Both halves added, in the low one; the high one is of no use.</summary>
    static abstract Vector128<ulong> Fold(Vector128<ulong> value);
}
