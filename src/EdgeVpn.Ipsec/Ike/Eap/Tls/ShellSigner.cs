using EdgeVpn.Ipsec.Crypto;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using SignatureScheme = EdgeVpn.Ipsec.Crypto.SignatureScheme;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>CertificateVerify by a key that only the shell has: the octets are collected, and signed whole.</summary>
internal sealed class ShellSigner(ITlsCredentials credentials, SignatureScheme scheme) : TlsSigner
{
    public byte[] GenerateRawSignature(SignatureAndHashAlgorithm algorithm, byte[] hash) => throw new NotSupportedException("What is signed here is the message, not its hash.");

    public TlsStreamSigner GetStreamSigner(SignatureAndHashAlgorithm algorithm) => new Collected(credentials, scheme);

    private sealed class Collected(ITlsCredentials credentials, SignatureScheme scheme) : MemoryStream, TlsStreamSigner
    {
        public Stream Stream => this;

        public byte[] GetSignature() => credentials.Sign(scheme, ToArray()); // also once the stream was closed
    }
}
