using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>What a TLS client says to one flight of the server's.</summary>
/// <param name="Records">To be sent; empty where there is nothing to say but that it came.</param>
/// <param name="Msk">The key of EAP-TLS, 64 octets, once the handshake is over and the server has said so; the receiver's.</param>
/// <param name="Fault">Why it cannot go on; the records then hold our alert, if we raised one.</param>
public sealed record TlsAnswer(byte[] Records, Secret? Msk, CloseReason? Fault);
