using EdgeVpn.Ipsec.Wire.Payloads;

namespace EdgeVpn.Ipsec.Ike.Auth;

/// <summary>The proof that a peer owns an identity: only <see cref="Authenticator"/> makes one, and an established SA cannot be without.</summary>
internal sealed class AuthenticatedPeer
{
    internal AuthenticatedPeer(Identification identity) => Identity = identity;

    public Identification Identity { get; }
}
