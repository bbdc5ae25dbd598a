using System.Collections.Immutable;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Auth;

/// <summary>Certificates on the wire: what we send and ask for, and the peer's, bounded before anyone looks into them (RFC 7296 §3.6, §3.7).</summary>
internal static class CertificateProof
{
    /// <summary>A leaf and its intermediates; more is not a chain but a burden.</summary>
    private const int MaxCertificates = 8;

    /// <summary>All certificates of one message together.</summary>
    private const int MaxOctets = 32_768;

    /// <summary>CERT payloads, ours first.</summary>
    public static IEnumerable<Payload> Certificates(AuthenticationCredential.Certificate credential) =>
        credential.Chain.Select(static der => new CertPayload(CertificateEncoding.X509Signature, der));

    /// <summary>CERTREQ with every authority that the peer may be certified by; nothing where no certificate is wanted.</summary>
    public static IEnumerable<Payload> Request(IEnumerable<byte[]> authorities)
    {
        var hashes = authorities.SelectMany(static hash => hash).ToArray();
        return hashes.Length == 0 ? [] : [new CertReqPayload(CertificateEncoding.X509Signature, hashes)];
    }

    /// <summary>What the shell is asked to judge, if the message holds certificates that may be looked at.</summary>
    /// <param name="fault">Why they may not.</param>
    public static VerifyPeerErrand? ToVerify(
        string connection, Identification identity, PayloadList message, AuthPayload auth, byte[] signedOctets, out CloseReason? fault)
    {
        var certificates = message.All<CertPayload>().ToList();
        var x509 = certificates.Where(static c => c.Encoding == CertificateEncoding.X509Signature).Select(static c => c.Data).ToImmutableArray();
        fault = certificates switch
        {
            _ when auth.Method == AuthenticationMethod.SharedKeyMessageIntegrityCode =>
                Refused($"{identity} authenticates with a pre-shared key, a certificate was expected"),
            [] => Refused($"{identity} sent no certificate"),
            [{ Encoding: CertificateEncoding.HashAndUrlOfX509Certificate or CertificateEncoding.HashAndUrlOfX509Bundle }, ..] =>
                Refused($"{identity} sent a hash and URL in place of its certificate: these are never fetched"),
            [{ Encoding: not CertificateEncoding.X509Signature } first, ..] => Refused($"{identity} sent a certificate of encoding {first.Encoding}"),
            _ when x509.Length > MaxCertificates => Refused($"{identity} sent {x509.Length} certificates, at most {MaxCertificates} are looked at"),
            _ when x509.Sum(static der => der.Length) > MaxOctets => Refused($"{identity} sent certificates of more than {MaxOctets} octets"),
            _ => null,
        };
        return fault is null ? new VerifyPeerErrand(connection, identity, x509, auth, signedOctets, SignatureChoice.Accepted) : null;
    }

    private static CloseReason Refused(string detail) => new(CloseCause.CertificateRefused, Detail: detail);
}
