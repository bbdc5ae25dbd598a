using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike.Auth;

/// <summary>What we prove ourselves with, and what the peer must prove itself with.</summary>
public abstract record AuthenticationCredential
{
    private AuthenticationCredential()
    {
    }

    /// <summary>One secret for both directions (RFC 7296 §2.15, authentication method 2). The configuration owns the secret.</summary>
    public sealed record PreSharedKey(Secret Secret) : AuthenticationCredential;

    /// <summary>X.509 certificates at both ends. Key, authorities and revocation are the shell's, by the connection's name.</summary>
    /// <param name="Chain">Our certificate and the intermediates above it, in DER, ours first; sent as they are.</param>
    /// <param name="Key">What our key can sign with.</param>
    /// <param name="Authorities">SHA-1 of the public keys (SubjectPublicKeyInfo) of whom the peer may be certified by: what CERTREQ asks for.</param>
    public sealed record Certificate(ImmutableArray<byte[]> Chain, SignatureKeyKind Key, ImmutableArray<byte[]> Authorities) : AuthenticationCredential;

    /// <summary>A method of EAP (RFC 7296 §2.16), as initiator; the gateway proves itself by certificate first.</summary>
    /// <param name="User">What EAP is told as our name.</param>
    /// <param name="Authorities">As in <see cref="Certificate"/>.</param>
    public abstract record Eap(string User, ImmutableArray<byte[]> Authorities) : AuthenticationCredential;

    /// <summary>User name and password.</summary>
    /// <param name="Password">UTF-8; the configuration owns it.</param>
    public sealed record EapMsChapV2(string User, Secret Password, ImmutableArray<byte[]> Authorities) : Eap(User, Authorities);

    /// <summary>Our certificate inside TLS (RFC 5216, RFC 9190). Key, authorities and revocation are the shell's, by the connection's name.</summary>
    /// <param name="Chain">As in <see cref="Certificate"/>.</param>
    /// <param name="Key">What our key can sign with.</param>
    /// <param name="Server">Whom the TLS server's certificate must be for; null is the gateway itself.</param>
    public sealed record EapTls(
        string User, ImmutableArray<byte[]> Chain, SignatureKeyKind Key, Identification? Server, ImmutableArray<byte[]> Authorities) : Eap(User, Authorities);

    /// <summary>Authorities whose certificates the peer is asked for; empty where it proves itself otherwise.</summary>
    internal ImmutableArray<byte[]> PeerAuthorities => this switch
    {
        Certificate certificate => certificate.Authorities,
        Eap eap => eap.Authorities,
        _ => [],
    };

    /// <summary>Whether the peer proves itself by a certificate and a signature.</summary>
    internal bool WantsPeerCertificate => this is Certificate or Eap;
}
