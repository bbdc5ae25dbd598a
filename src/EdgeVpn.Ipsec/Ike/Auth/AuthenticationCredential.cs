using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;

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

    /// <summary>User name and password inside EAP (RFC 7296 §2.16), as initiator; the gateway proves itself by certificate first.</summary>
    /// <param name="User">As EAP and MS-CHAPv2 say it.</param>
    /// <param name="Password">UTF-8; the configuration owns it.</param>
    /// <param name="Authorities">As in <see cref="Certificate"/>.</param>
    public sealed record EapMsChapV2(string User, Secret Password, ImmutableArray<byte[]> Authorities) : AuthenticationCredential;

    /// <summary>Authorities whose certificates the peer is asked for; empty where it proves itself otherwise.</summary>
    internal ImmutableArray<byte[]> PeerAuthorities => this switch
    {
        Certificate certificate => certificate.Authorities,
        EapMsChapV2 eap => eap.Authorities,
        _ => [],
    };

    /// <summary>Whether the peer proves itself by a certificate and a signature.</summary>
    internal bool WantsPeerCertificate => this is Certificate or EapMsChapV2;
}
