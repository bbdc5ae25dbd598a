using System.Formats.Asn1;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>The AlgorithmIdentifier of a signature, in DER, and the Authentication Data that begins with it (RFC 7427 §3, Appendix A).</summary>
/// <remarks>
/// <code>
///   | ASN.1 length: 1 | AlgorithmIdentifier | signature |
/// </code>
/// </remarks>
public static class SignatureAlgorithmIdentifier
{
    private const string RsaPss = "1.2.840.113549.1.1.10";
    private const string Mgf1 = "1.2.840.113549.1.1.8";
    private const string Ed25519 = "1.3.101.112";
    private const int MaxSaltOctets = 512; // no RSA key of ours is longer

    private static readonly (string Oid, SignatureScheme Scheme)[] s_plain =
    [
        ("1.2.840.113549.1.1.5", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha1)),
        ("1.2.840.113549.1.1.11", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256)),
        ("1.2.840.113549.1.1.12", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha384)),
        ("1.2.840.113549.1.1.13", SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha512)),
        ("1.2.840.10045.4.1", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha1)),
        ("1.2.840.10045.4.3.2", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256)),
        ("1.2.840.10045.4.3.3", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha384)),
        ("1.2.840.10045.4.3.4", SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha512)),
        (Ed25519, SignatureScheme.Ed25519),
    ];

    private static readonly (string Oid, SignatureHashAlgorithm Hash)[] s_hashes =
    [
        ("1.3.14.3.2.26", SignatureHashAlgorithm.Sha1),
        ("2.16.840.1.101.3.4.2.1", SignatureHashAlgorithm.Sha256),
        ("2.16.840.1.101.3.4.2.2", SignatureHashAlgorithm.Sha384),
        ("2.16.840.1.101.3.4.2.3", SignatureHashAlgorithm.Sha512),
    ];

    /// <summary>The octets that RFC 7427 Appendix A lists; for RSASSA-PSS in DER proper, without the default trailer field (RFC 4055 §3.1).</summary>
    /// <exception cref="ArgumentException">There is no identifier for this scheme.</exception>
    public static byte[] Encode(SignatureScheme scheme)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            if (scheme.Algorithm == SignatureAlgorithm.RsaPss)
            {
                writer.WriteObjectIdentifier(RsaPss);
                WritePssParameters(writer, scheme);
            }
            else
            {
                var oid = Array.Find(s_plain, plain => plain.Scheme == scheme).Oid
                    ?? throw new ArgumentException($"No AlgorithmIdentifier for {scheme}.", nameof(scheme));
                writer.WriteObjectIdentifier(oid);
                if (scheme.Algorithm == SignatureAlgorithm.RsaPkcs1)
                    writer.WriteNull(); // absent for the others (RFC 5758 §3.2, RFC 8410 §3)
            }
        }

        return writer.Encode();
    }

    /// <summary>Reads a peer's AlgorithmIdentifier.</summary>
    /// <returns><see cref="SignatureVerdict.Valid"/>, Malformed, or UnsupportedAlgorithm.</returns>
    public static SignatureVerdict Decode(ReadOnlySpan<byte> identifier, out SignatureScheme scheme)
    {
        scheme = default;
        try
        {
            var outer = new AsnReader(identifier.ToArray(), AsnEncodingRules.DER);
            var reader = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            var oid = reader.ReadObjectIdentifier();
            if (oid == RsaPss)
                return ReadPssParameters(reader, out scheme) ? SignatureVerdict.Valid : SignatureVerdict.UnsupportedAlgorithm;

            var known = Array.Find(s_plain, plain => plain.Oid == oid);
            if (known.Oid is null)
                return SignatureVerdict.UnsupportedAlgorithm;

            if (reader.HasData && known.Scheme.Algorithm != SignatureAlgorithm.Ed25519)
                reader.ReadNull(); // NULL or nothing: both are seen
            reader.ThrowIfNotEmpty();
            scheme = known.Scheme;
            return SignatureVerdict.Valid;
        }
        catch (AsnContentException) // the reader has no other way to say that a peer's octets are not DER
        {
            return SignatureVerdict.Malformed;
        }
    }

    /// <summary>Splits Authentication Data of method 14 into its parts.</summary>
    /// <returns>False if it is cut short.</returns>
    public static bool TrySplit(ReadOnlySpan<byte> authenticationData, out ReadOnlySpan<byte> identifier, out ReadOnlySpan<byte> signature)
    {
        identifier = signature = default;
        if (authenticationData.IsEmpty || authenticationData[0] == 0 || authenticationData.Length <= 1 + authenticationData[0])
            return false;

        identifier = authenticationData.Slice(1, authenticationData[0]);
        signature = authenticationData[(1 + authenticationData[0])..];
        return true;
    }

    /// <summary>Authentication Data of method 14.</summary>
    public static byte[] Join(SignatureScheme scheme, ReadOnlySpan<byte> signature)
    {
        var identifier = Encode(scheme);
        return [(byte)identifier.Length, .. identifier, .. signature];
    }

    private static void WritePssParameters(AsnWriter writer, SignatureScheme scheme)
    {
        var oid = Array.Find(s_hashes, known => known.Hash == scheme.Hash).Oid
            ?? throw new ArgumentException($"No AlgorithmIdentifier for {scheme}.", nameof(scheme));
        using (writer.PushSequence())
        {
            // SHA-1, MGF1 with SHA-1 and 20 octets of salt are the defaults, which DER leaves out.
            if (scheme.Hash != SignatureHashAlgorithm.Sha1)
            {
                using (writer.PushSequence(ContextTag(0)))
                    WriteHash(writer, oid);
                using (writer.PushSequence(ContextTag(1)))
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Mgf1);
                        WriteHash(writer, oid);
                    }
                }
            }

            if (scheme.SaltOctets != 20)
            {
                using (writer.PushSequence(ContextTag(2)))
                    writer.WriteInteger(scheme.SaltOctets);
            }
        }
    }

    private static void WriteHash(AsnWriter writer, string oid)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            writer.WriteNull();
        }
    }

    private static bool ReadPssParameters(AsnReader reader, out SignatureScheme scheme)
    {
        scheme = default;
        var hash = SignatureHashAlgorithm.Sha1;
        var maskHash = SignatureHashAlgorithm.Sha1;
        var saltOctets = 20;
        var trailer = 1;

        var parameters = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        if (TryEnter(parameters, 0, out var field) && !TryReadHash(field, out hash))
            return false;
        if (TryEnter(parameters, 1, out field))
        {
            var mask = field.ReadSequence();
            field.ThrowIfNotEmpty();
            if (mask.ReadObjectIdentifier() != Mgf1 || !TryReadHash(mask, out maskHash))
                return false;
        }

        if (TryEnter(parameters, 2, out field) && (!field.TryReadInt32(out saltOctets) || field.HasData))
            return false;
        if (TryEnter(parameters, 3, out field) && (!field.TryReadInt32(out trailer) || field.HasData))
            return false;
        parameters.ThrowIfNotEmpty();

        if (hash != maskHash || trailer != 1 || saltOctets is < 0 or > MaxSaltOctets)
            return false;
        scheme = new SignatureScheme(SignatureAlgorithm.RsaPss, hash, saltOctets);
        return true;
    }

    private static bool TryReadHash(AsnReader reader, out SignatureHashAlgorithm hash)
    {
        var sequence = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        var oid = sequence.ReadObjectIdentifier();
        if (sequence.HasData)
            sequence.ReadNull(); // NULL or nothing: both are legal (RFC 4055 §2.1)
        sequence.ThrowIfNotEmpty();
        var known = Array.Find(s_hashes, entry => entry.Oid == oid);
        hash = known.Hash;
        return known.Oid is not null;
    }

    private static bool TryEnter(AsnReader reader, int tag, out AsnReader field)
    {
        field = reader;
        if (!reader.HasData || !reader.PeekTag().HasSameClassAndValue(ContextTag(tag)))
            return false;

        field = reader.ReadSequence(ContextTag(tag));
        return true;
    }

    private static Asn1Tag ContextTag(int tag) => new(TagClass.ContextSpecific, tag, isConstructed: true);
}
