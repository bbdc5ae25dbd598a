using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using BouncyEd25519 = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>A peer's public key, out of its certificate: verifies AUTH payloads of the signature methods (RFC 7296 §3.8, RFC 4754, RFC 7427).</summary>
/// <remarks>Whether the key may speak for the peer is for the certificate's checks to say.</remarks>
public sealed class SignaturePublicKey : IDisposable
{
    private const int MinRsaBits = 1024;
    private const int MaxRsaBits = 8192; // bounds what one verification costs

    // The order in which the hashes of method 1 are tried: the peer does not say which it used.
    private static readonly SignatureHashAlgorithm[] s_rsaHashes =
        [SignatureHashAlgorithm.Sha256, SignatureHashAlgorithm.Sha1, SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha512];

    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;
    private readonly byte[]? _ed25519;

    private SignaturePublicKey(SignatureKeyKind kind, RSA? rsa, ECDsa? ecdsa, byte[]? ed25519)
    {
        Kind = kind;
        _rsa = rsa;
        _ecdsa = ecdsa;
        _ed25519 = ed25519;
    }

    public SignatureKeyKind Kind { get; }

    /// <summary>Length of the modulus, or of the curve's order.</summary>
    public int KeyBits => _rsa?.KeySize ?? _ecdsa?.KeySize ?? 256;

    /// <summary>Reads a SubjectPublicKeyInfo, in DER.</summary>
    /// <returns>False if it is malformed, of another kind, on another curve or off its curve, or an RSA key below 1,024 or above 8,192 bits.</returns>
    public static bool TryImport(ReadOnlySpan<byte> subjectPublicKeyInfo, [NotNullWhen(true)] out SignaturePublicKey? key)
    {
        key = null;
        try
        {
            var outer = new AsnReader(subjectPublicKeyInfo.ToArray(), AsnEncodingRules.DER);
            var reader = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            if (SignatureKeyIdentifier.Read(reader) is not { } kind)
                return false;

            var bits = reader.ReadBitString(out var unused);
            reader.ThrowIfNotEmpty();
            key = kind switch
            {
                SignatureKeyKind.Rsa => ImportRsa(subjectPublicKeyInfo),
                SignatureKeyKind.Ed25519 => ImportEd25519(bits, unused),
                _ => ImportEc(kind, subjectPublicKeyInfo),
            };
            return key is not null;
        }
        catch (Exception malformed) when (malformed is AsnContentException or CryptographicException) // the libraries have no other way to say it
        {
            return false;
        }
    }

    /// <summary>Verifies the Authentication Data of an AUTH payload.</summary>
    /// <param name="signedOctets">The peer's InitiatorSignedOctets or ResponderSignedOctets (RFC 7296 §2.15).</param>
    /// <param name="accepted">The hashes we announced (RFC 7427 §4), by which method 1 is bound too; methods 9 to 11 have theirs by name.</param>
    /// <param name="scheme">What the peer signed with, where it is known.</param>
    public SignatureVerdict Verify(
        AuthenticationMethod method,
        ReadOnlySpan<byte> authenticationData,
        ReadOnlySpan<byte> signedOctets,
        ReadOnlySpan<SignatureHashAlgorithm> accepted,
        out SignatureScheme scheme)
    {
        scheme = default;
        switch (method)
        {
            case AuthenticationMethod.DigitalSignature:
                if (!SignatureAlgorithmIdentifier.TrySplit(authenticationData, out var identifier, out var signature))
                    return SignatureVerdict.Malformed;
                var decoded = SignatureAlgorithmIdentifier.Decode(identifier, out scheme);
                if (decoded != SignatureVerdict.Valid)
                    return decoded;
                return accepted.Contains(scheme.Hash) ? Verify(scheme, signature, signedOctets) : SignatureVerdict.HashNotAccepted;

            case AuthenticationMethod.RsaDigitalSignature:
                return VerifyRsaOfUnnamedHash(authenticationData, signedOctets, accepted, out scheme);

            default:
                return SignatureKeyIdentifier.Rfc4754(method) is { } ecdsa
                    ? VerifyRfc4754(ecdsa.Kind, ecdsa.Hash, authenticationData, signedOctets)
                    : SignatureVerdict.UnsupportedAlgorithm;
        }
    }

    /// <summary>Verifies a bare signature; ECDSA's is a DER sequence of r and s, as in certificates and RFC 7427.</summary>
    public SignatureVerdict Verify(SignatureScheme scheme, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signedOctets)
    {
        if (!Kind.Fits(scheme.Algorithm))
            return SignatureVerdict.WrongKey;

        var valid = scheme.Algorithm switch
        {
            SignatureAlgorithm.Ed25519 => VerifyEd25519(signature, signedOctets),
            SignatureAlgorithm.Ecdsa => VerifyEcdsa(scheme, signature, signedOctets),
            _ => VerifyRsa(scheme, signature, signedOctets),
        };
        return valid ? SignatureVerdict.Valid : SignatureVerdict.WrongSignature;
    }

    public void Dispose()
    {
        _rsa?.Dispose();
        _ecdsa?.Dispose();
    }

    private static SignaturePublicKey? ImportRsa(ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            if (rsa.KeySize is < MinRsaBits or > MaxRsaBits)
                return null;

            var key = new SignaturePublicKey(SignatureKeyKind.Rsa, rsa, null, null);
            rsa = null;
            return key;
        }
        finally
        {
            rsa?.Dispose();
        }
    }

    private static SignaturePublicKey? ImportEc(SignatureKeyKind kind, ReadOnlySpan<byte> subjectPublicKeyInfo)
    {
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out _);
            var key = new SignaturePublicKey(kind, null, ecdsa, null);
            ecdsa = null;
            return key;
        }
        finally
        {
            ecdsa?.Dispose();
        }
    }

    private static SignaturePublicKey? ImportEd25519(byte[] bits, int unused) =>
        unused == 0 && bits.Length == BouncyEd25519.PublicKeySize && BouncyEd25519.ValidatePublicKeyFull(bits, 0)
            ? new SignaturePublicKey(SignatureKeyKind.Ed25519, null, null, bits)
            : null;

    private SignatureVerdict VerifyRsaOfUnnamedHash(
        ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signedOctets, ReadOnlySpan<SignatureHashAlgorithm> accepted, out SignatureScheme scheme)
    {
        scheme = default;
        if (Kind != SignatureKeyKind.Rsa)
            return SignatureVerdict.WrongKey;

        foreach (var hash in s_rsaHashes)
        {
            var candidate = SignatureScheme.RsaPkcs1(hash);
            if (!VerifyRsa(candidate, signature, signedOctets))
                continue;
            scheme = candidate;
            return accepted.Contains(hash) ? SignatureVerdict.Valid : SignatureVerdict.HashNotAccepted;
        }

        return SignatureVerdict.WrongSignature;
    }

    private SignatureVerdict VerifyRfc4754(SignatureKeyKind kind, HashAlgorithmName hash, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signedOctets)
    {
        if (Kind != kind)
            return SignatureVerdict.WrongKey;

        // r | s, each as long as the order (RFC 4754 §7).
        return _ecdsa!.VerifyData(signedOctets, signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
            ? SignatureVerdict.Valid
            : SignatureVerdict.WrongSignature;
    }

    private bool VerifyRsa(SignatureScheme scheme, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signedOctets)
    {
        if (scheme.HasUsualSalt)
            return _rsa!.VerifyData(signedOctets, signature, SignatureScheme.HashName(scheme.Hash), scheme.Padding());

        // A salt that leaves no room for the hash: never a signature of this key (RFC 8017 §9.1.2, step 3).
        var encodedOctets = (_rsa!.KeySize - 1 + 7) / 8;
        if (encodedOctets < SignatureScheme.HashOctets(scheme.Hash) + scheme.SaltOctets + 2)
            return false;

        var parameters = _rsa.ExportParameters(includePrivateParameters: false);
        var key = new RsaKeyParameters(isPrivate: false, new BigInteger(1, parameters.Modulus), new BigInteger(1, parameters.Exponent));
        var verifier = new PssSigner(new RsaEngine(), Digest(scheme.Hash), scheme.SaltOctets);
        verifier.Init(forSigning: false, key);
        verifier.BlockUpdate(signedOctets);
        return verifier.VerifySignature(signature.ToArray());
    }

    /// <summary>Ecdsa-Sig-Value, in DER to the letter (RFC 3279 §2.2.3): the library would take a negative r or s for a positive one.</summary>
    private bool VerifyEcdsa(SignatureScheme scheme, ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signedOctets)
    {
        var size = (_ecdsa!.KeySize + 7) / 8;
        var fixedFields = new byte[2 * size];
        try
        {
            var outer = new AsnReader(signature.ToArray(), AsnEncodingRules.DER);
            var reader = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            if (!TryReadField(reader, fixedFields.AsSpan(0, size)) || !TryReadField(reader, fixedFields.AsSpan(size)))
                return false;
            reader.ThrowIfNotEmpty();
        }
        catch (AsnContentException) // the reader has no other way to say that a peer's octets are not DER
        {
            return false;
        }

        return _ecdsa.VerifyData(signedOctets, fixedFields, SignatureScheme.HashName(scheme.Hash), DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool TryReadField(AsnReader reader, Span<byte> field)
    {
        var octets = reader.ReadIntegerBytes().Span;
        if ((octets[0] & 0x80) != 0)
            return false;
        if (octets[0] == 0)
            octets = octets[1..];
        if (octets.Length > field.Length)
            return false;

        octets.CopyTo(field[^octets.Length..]);
        return true;
    }

    private static IDigest Digest(SignatureHashAlgorithm hash) => hash switch
    {
        SignatureHashAlgorithm.Sha1 => new Sha1Digest(),
        SignatureHashAlgorithm.Sha256 => new Sha256Digest(),
        SignatureHashAlgorithm.Sha384 => new Sha384Digest(),
        _ => new Sha512Digest(),
    };

    private bool VerifyEd25519(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> signedOctets) =>
        signature.Length == BouncyEd25519.SignatureSize
        && BouncyEd25519.Verify(signature.ToArray(), 0, _ed25519!, 0, signedOctets.ToArray(), 0, signedOctets.Length);
}
