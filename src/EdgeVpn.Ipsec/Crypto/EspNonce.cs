using System.Runtime.CompilerServices;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>The nonce of an AEAD in ESP: the SA's salt, then the packet's IV (RFC 4106 §4, RFC 4543 §3.2, RFC 7634 §2).</summary>
public static class EspNonce
{
    public const int SaltOctets = 4;

    public const int IvOctets = 8;

    public const int Octets = SaltOctets + IvOctets;

    private const int IvOffset = 8;

    /// <summary>Writes the nonce of <paramref name="packet"/>, whose IV is in its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> salt, Span<byte> destination)
    {
        salt.CopyTo(destination);
        packet.Slice(IvOffset, IvOctets).CopyTo(destination[SaltOctets..]);
    }
}
