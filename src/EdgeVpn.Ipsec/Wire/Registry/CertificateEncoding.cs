namespace EdgeVpn.Ipsec.Wire.Registry;

/// <summary>IKEv2 Certificate Encodings (RFC 7296 §3.6).</summary>
public enum CertificateEncoding : byte
{
    Pkcs7WrappedX509 = 1,
    Pgp = 2,
    DnsSignedKey = 3,

    /// <summary>One X.509 certificate in DER; as CERTREQ, SHA-1 hashes of authorities' public keys.</summary>
    X509Signature = 4,

    KerberosToken = 6,
    CertificateRevocationList = 7,
    AuthorityRevocationList = 8,
    SpkiCertificate = 9,
    X509Attribute = 10,

    /// <summary>Deprecated raw RSA key.</summary>
    RawRsaKey = 11,

    HashAndUrlOfX509Certificate = 12,
    HashAndUrlOfX509Bundle = 13,

    /// <summary>RFC 4806.</summary>
    OcspContent = 14,

    /// <summary>RFC 7670.</summary>
    RawPublicKey = 15,
}
