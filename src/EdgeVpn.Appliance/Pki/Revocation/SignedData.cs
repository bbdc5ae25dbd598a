using System.Formats.Asn1;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Appliance.Pki.Revocation;

/// <summary>SEQUENCE { toBeSigned, AlgorithmIdentifier, BIT STRING }: the shape that CRLs and OCSP answers share (RFC 5280 §5.1.1, RFC 6960 §4.2.1).</summary>
/// <param name="ToBeSigned">With its tag and length, as it was signed.</param>
internal readonly record struct SignedData(ReadOnlyMemory<byte> ToBeSigned, ReadOnlyMemory<byte> Algorithm, ReadOnlyMemory<byte> Signature)
{
    /// <exception cref="AsnContentException">It has another shape.</exception>
    public static SignedData Read(AsnReader sequence)
    {
        var body = sequence.ReadEncodedValue();
        var algorithm = sequence.ReadEncodedValue();
        if (!sequence.TryReadPrimitiveBitString(out _, out var signature)) throw new AsnContentException("The signature is no BIT STRING.");
        return new SignedData(body, algorithm, signature);
    }

    /// <summary>Whether the holder of this key (SubjectPublicKeyInfo) signed it, with anything but SHA-1.</summary>
    public bool IsBy(byte[] subjectPublicKeyInfo)
    {
        if (SignatureAlgorithmIdentifier.Decode(Algorithm.Span, out var scheme) != SignatureVerdict.Valid) return false;
        if (scheme.Hash == SignatureHashAlgorithm.Sha1) return false;
        if (!SignaturePublicKey.TryImport(subjectPublicKeyInfo, out var key)) return false;
        using (key) return key.Verify(scheme, Signature.Span, ToBeSigned.Span) == SignatureVerdict.Valid;
    }
}
