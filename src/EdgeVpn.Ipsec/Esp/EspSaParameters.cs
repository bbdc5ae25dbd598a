using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Esp;

/// <summary>One direction of a negotiated ESP SA: what IKE hands to the data plane.</summary>
/// <param name="Spi">The SPI on the wire: ours inbound, the peer's outbound.</param>
/// <param name="Suite">The algorithms.</param>
/// <param name="EncryptionKey"><see cref="EspSuite.EncryptionKeyOctets"/> octets of KEYMAT, an AEAD's salt last.</param>
/// <param name="IntegrityKey"><see cref="EspSuite.IntegrityKeyOctets"/> octets of KEYMAT; empty for an AEAD.</param>
/// <param name="ExtendedSequenceNumbers">64-bit sequence numbers, of which the low half is sent (RFC 4303 §2.2.1).</param>
/// <param name="ReplayWindow">Packets, 64–4096; 0 is off. Without meaning outbound.</param>
/// <remarks>
/// The sealers and openers made of this hold their own copies of the keys: whoever made the secrets disposes them. The keys must be fresh:
/// numbering, and with it every counter-mode IV, begins at 1, so a key that outlived its SA (a restart, a restored backup) would repeat an IV.
/// Nothing in this library can be made to begin elsewhere, and no SA is ever restored from disk; a restart negotiates new ones.
/// </remarks>
public sealed record EspSaParameters(
    uint Spi,
    EspSuite Suite,
    Secret EncryptionKey,
    Secret IntegrityKey,
    bool ExtendedSequenceNumbers,
    int ReplayWindow);
