using System.Formats.Asn1;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;
using BouncyEd25519 = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Our own key, out of a file: makes the Authentication Data of the signature methods.</summary>
/// <remarks>
/// Signing leaves the core as an output, for a key may live in a TPM: this is what the shell answers with when it does not.
/// ECDSA and RSASSA-PSS draw from the platform's generator, not from <see cref="IEntropy"/>: of all a run does, their octets alone do not repeat.
/// </remarks>
public sealed class SignaturePrivateKey : IDisposable
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;
    private readonly Secret? _ed25519;

    private SignaturePrivateKey(SignatureKeyKind kind, RSA? rsa, ECDsa? ecdsa, Secret? ed25519)
    {
        Kind = kind;
        _rsa = rsa;
        _ecdsa = ecdsa;
        _ed25519 = ed25519;
    }

    public SignatureKeyKind Kind { get; }

    /// <summary>Reads an unencrypted PKCS #8 PrivateKeyInfo, in DER.</summary>
    /// <exception cref="CryptographicException">It is malformed, or of a kind that does not sign here.</exception>
    public static SignaturePrivateKey ImportPkcs8(ReadOnlySpan<byte> privateKeyInfo)
    {
        // Read apart from the libraries' import: the kind decides which of them is asked.
        var copy = GC.AllocateUninitializedArray<byte>(privateKeyInfo.Length, pinned: true);
        privateKeyInfo.CopyTo(copy);
        try
        {
            var reader = new AsnReader(copy, AsnEncodingRules.BER).ReadSequence();
            reader.ReadIntegerBytes(); // version
            return SignatureKeyIdentifier.Read(reader) switch
            {
                SignatureKeyKind.Rsa => ImportRsa(privateKeyInfo),
                SignatureKeyKind.Ed25519 => ImportEd25519(reader),
                { } curve => ImportEc(curve, privateKeyInfo),
                null => throw new CryptographicException("The key is neither RSA, nor ECDSA on P-256, P-384 or P-521, nor Ed25519."),
            };
        }
        catch (AsnContentException malformed)
        {
            throw new CryptographicException("The key is not a PKCS #8 PrivateKeyInfo.", malformed);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(copy);
        }
    }

    /// <summary>The Authentication Data of an AUTH payload over our signed octets (RFC 7296 §2.15).</summary>
    /// <param name="scheme">The scheme of method 14; for method 1, RSA PKCS #1 with the hash to use; ignored for methods 9 to 11.</param>
    /// <exception cref="ArgumentException">Method, scheme and key do not fit.</exception>
    public byte[] Authenticate(AuthenticationMethod method, SignatureScheme scheme, ReadOnlySpan<byte> signedOctets)
    {
        if (method == AuthenticationMethod.DigitalSignature)
            return SignatureAlgorithmIdentifier.Join(scheme, Sign(scheme, signedOctets));

        if (method == AuthenticationMethod.RsaDigitalSignature && scheme.Algorithm == SignatureAlgorithm.RsaPkcs1)
            return Sign(scheme, signedOctets);

        if (SignatureKeyIdentifier.Rfc4754(method) is { } ecdsa && ecdsa.Kind == Kind)
            return _ecdsa!.SignData(signedOctets, ecdsa.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        throw new ArgumentException($"A key of kind {Kind} does not authenticate by {method} with {scheme}.", nameof(method));
    }

    /// <summary>A bare signature; ECDSA's is a DER sequence of r and s.</summary>
    /// <exception cref="ArgumentException">The scheme does not fit the key.</exception>
    public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> signedOctets)
    {
        if (!Kind.Fits(scheme.Algorithm))
            throw new ArgumentException($"A key of kind {Kind} does not sign with {scheme}.", nameof(scheme));
        if (!scheme.HasUsualSalt)
            throw new ArgumentException("We sign RSASSA-PSS with a salt as long as the hash only.", nameof(scheme));

        switch (scheme.Algorithm)
        {
            case SignatureAlgorithm.Ed25519:
                return SignEd25519(signedOctets);
            case SignatureAlgorithm.Ecdsa:
                return _ecdsa!.SignData(signedOctets, SignatureScheme.HashName(scheme.Hash), DSASignatureFormat.Rfc3279DerSequence);
            default:
                var signature = new byte[(_rsa!.KeySize + 7) / 8];
                var written = _rsa.SignData(signedOctets, signature, SignatureScheme.HashName(scheme.Hash), scheme.Padding());
                return signature[..written];
        }
    }

    public void Dispose()
    {
        _rsa?.Dispose();
        _ecdsa?.Dispose();
        _ed25519?.Dispose();
    }

    private static SignaturePrivateKey ImportRsa(ReadOnlySpan<byte> privateKeyInfo)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportPkcs8PrivateKey(privateKeyInfo, out _);
            var key = new SignaturePrivateKey(SignatureKeyKind.Rsa, rsa, null, null);
            rsa = null;
            return key;
        }
        finally
        {
            rsa?.Dispose();
        }
    }

    private static SignaturePrivateKey ImportEc(SignatureKeyKind kind, ReadOnlySpan<byte> privateKeyInfo)
    {
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportPkcs8PrivateKey(privateKeyInfo, out _);
            var key = new SignaturePrivateKey(kind, null, ecdsa, null);
            ecdsa = null;
            return key;
        }
        finally
        {
            ecdsa?.Dispose();
        }
    }

    /// <summary>The key is an OCTET STRING within the OCTET STRING (RFC 8410 §7).</summary>
    private static SignaturePrivateKey ImportEd25519(AsnReader reader)
    {
        var outer = reader.ReadOctetString();
        var seed = new AsnReader(outer, AsnEncodingRules.BER).ReadOctetString();
        try
        {
            if (seed.Length != BouncyEd25519.SecretKeySize)
                throw new CryptographicException("An Ed25519 private key has 32 octets.");
            return new SignaturePrivateKey(SignatureKeyKind.Ed25519, null, null, new Secret(seed));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(outer);
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    private byte[] SignEd25519(ReadOnlySpan<byte> signedOctets)
    {
        var seed = _ed25519!.Octets.ToArray();
        var signature = new byte[BouncyEd25519.SignatureSize];
        BouncyEd25519.Sign(seed, 0, signedOctets.ToArray(), 0, signedOctets.Length, signature, 0);
        CryptographicOperations.ZeroMemory(seed);
        return signature;
    }
}
