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
}
