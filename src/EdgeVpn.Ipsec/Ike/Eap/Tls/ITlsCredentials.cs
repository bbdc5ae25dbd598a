using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>What a TLS client needs in the middle of a handshake from whoever has the key and the authorities; called on that one's own thread, and may block.</summary>
public interface ITlsCredentials
{
    /// <summary>Whether the server may be believed, once it shows by TLS that the first certificate's key is its own.</summary>
    /// <param name="certificates">DER, the server's own first; bounded in count and octets.</param>
    PeerVerdict Judge(ImmutableArray<byte[]> certificates);

    /// <summary>A bare signature by our certificate's key.</summary>
    byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> octets);
}
