using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Crypto.Kems;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>ML-KEM (FIPS 203) as a key exchange: KEi is the encapsulation key, KEr the ciphertext (RFC 9370 §2.2.2, draft-ietf-ipsecme-ikev2-mlkem).</summary>
/// <remarks>A wrong ciphertext of the right length is not refused: it gives a secret that nobody shares (implicit rejection, FIPS 203 §6.3).</remarks>
internal sealed class MlKemKeyExchange : IKeyExchange
{
    private const int SeedOctets = 64; // d | z
    private const int SecretOctets = 32;
    private const int Modulus = 3329;

    private readonly MLKemParameters _parameters;
    private readonly int _keyOctets;
    private readonly int _ciphertextOctets;

    private MlKemKeyExchange(KeyExchangeMethod method, MLKemParameters parameters, int keyOctets, int ciphertextOctets)
    {
        Method = method;
        _parameters = parameters;
        _keyOctets = keyOctets;
        _ciphertextOctets = ciphertextOctets;
    }

    // Lengths: FIPS 203 §8, table 3.
    public static MlKemKeyExchange MlKem512 { get; } = new(KeyExchangeMethod.MlKem512, MLKemParameters.ml_kem_512, 800, 768);

    public static MlKemKeyExchange MlKem768 { get; } = new(KeyExchangeMethod.MlKem768, MLKemParameters.ml_kem_768, 1184, 1088);

    public static MlKemKeyExchange MlKem1024 { get; } = new(KeyExchangeMethod.MlKem1024, MLKemParameters.ml_kem_1024, 1568, 1568);

    public KeyExchangeMethod Method { get; }

    public IKeyExchangeInitiation Initiate(IEntropy entropy)
    {
        var seed = entropy.Octets(SeedOctets);
        var key = MLKemPrivateKeyParameters.FromSeed(_parameters, seed);
        CryptographicOperations.ZeroMemory(seed);
        return new Initiation(this, key);
    }

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        publicValue = null;
        shared = null;
        if (!IsEncapsulationKey(peer))
            return false;

        var encapsulator = new MLKemEncapsulator(_parameters);
        var key = MLKemPublicKeyParameters.FromEncoding(_parameters, peer.ToArray());
        encapsulator.Init(new ParametersWithRandom(key, new SecureRandom(new EntropyGenerator(entropy))));

        publicValue = new byte[_ciphertextOctets];
        shared = new Secret(SecretOctets);
        encapsulator.Encapsulate(publicValue, shared.Fill);
        return true;
    }

    /// <summary>The type check and the modulus check (FIPS 203 §7.2): every 12-bit coefficient below q; the last 32 octets are a seed.</summary>
    private bool IsEncapsulationKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != _keyOctets)
            return false;

        for (var coefficients = key[..^32]; coefficients.Length > 0; coefficients = coefficients[3..])
        {
            var first = coefficients[0] | ((coefficients[1] & 0x0f) << 8);
            var second = (coefficients[1] >> 4) | (coefficients[2] << 4);
            if (first >= Modulus || second >= Modulus)
                return false;
        }

        return true;
    }

    private sealed class Initiation(MlKemKeyExchange method, MLKemPrivateKeyParameters key) : IKeyExchangeInitiation
    {
        private MLKemPrivateKeyParameters? _key = key;

        public byte[] PublicValue { get; } = key.GetPublicKeyEncoded();

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
        {
            ObjectDisposedException.ThrowIf(_key is null, this);
            shared = null;
            if (peer.Length != method._ciphertextOctets)
                return false;

            var decapsulator = new MLKemDecapsulator(method._parameters);
            decapsulator.Init(_key);
            shared = new Secret(SecretOctets);
            decapsulator.Decapsulate(peer, shared.Fill);
            return true;
        }

        public void Dispose() => _key = null; // the library keeps its own arrays and cannot zero them
    }
}
