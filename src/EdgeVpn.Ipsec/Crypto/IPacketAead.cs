namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Protects ESP packets in one direction under one key: AES-GCM, ChaCha20-Poly1305, CBC with an HMAC, or AES-GMAC, which does not encrypt.</summary>
/// <remarks>
/// A struct, and the generic parameter of <c>EspSealer</c> and <c>EspOpener</c>, so that a packet costs no virtual call. Every packet span has
/// this shape, its sizes those of the SA's <c>EspSuite</c>:
/// <code>
///  0        8          BodyOffset                                     length − ICV    length
///  | SPI Seq | IV       | inner packet | 1 2 3 … Pad Length Next Header | ICV           |
/// </code>
/// The span belongs to the caller, may stand in native memory and has no alignment; an implementation keeps no reference to it after it
/// returns. Pinning a span over pinned or native memory costs nothing, so a libcrypto context fits behind this seam. An implementation holds
/// its own copy of the key and erases it on disposal; it is used by one thread at a time and never after disposal (the caller's gate sees to
/// both). Nothing here allocates per packet.
/// </remarks>
public interface IPacketAead : IDisposable
{
    /// <summary>Writes the IV, encrypts the body and writes the ICV.</summary>
    /// <param name="packet">The whole packet: its ESP header and its trailer (padding, Pad Length, Next Header) are final.</param>
    /// <param name="inner">The inner packet: either the start of the body itself (in place), or memory that does not overlap
    /// <paramref name="packet"/> and is then only read.</param>
    /// <param name="sequence">The 64-bit sequence number. Its high half is authenticated if the SA was made with extended sequence numbers
    /// (RFC 4303 §2.2.1). The caller never uses one number twice: a counter-mode IV is made of it (RFC 4106 §3.1).</param>
    void Seal(Span<byte> packet, ReadOnlySpan<byte> inner, ulong sequence);

    /// <summary>Verifies the ICV and decrypts the body in place.</summary>
    /// <param name="packet">The whole packet as received, its length already found to fit the suite.</param>
    /// <param name="sequence">The 64-bit sequence number, reconstructed where only the low half was sent.</param>
    /// <returns>False if the ICV is wrong. Nothing of the body was then decrypted: it is as received, or zeros.</returns>
    bool TryOpen(Span<byte> packet, ulong sequence);
}
