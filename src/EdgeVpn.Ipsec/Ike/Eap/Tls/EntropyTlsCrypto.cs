using EdgeVpn.Ipsec.Crypto.KeyExchange;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>BouncyCastle's TLS algorithms with nonces from <see cref="IEntropy"/>: its own generator would ask a clock.</summary>
internal sealed class EntropyTlsCrypto(IEntropy entropy) : BcTlsCrypto(new SecureRandom(new EntropyGenerator(entropy)))
{
    public override TlsNonceGenerator CreateNonceGenerator(byte[] additionalSeedMaterial) => new Nonces(entropy);

    private sealed class Nonces(IEntropy entropy) : TlsNonceGenerator
    {
        public byte[] GenerateNonce(int size) => entropy.Octets(size);
    }
}
