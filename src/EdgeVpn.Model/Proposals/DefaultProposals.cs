using System.Collections.Immutable;

namespace EdgeVpn.Model.Proposals;

/// <summary>What is proposed and accepted where a connection names nothing; best first, 3DES never.</summary>
/// <remarks>
/// The last two IKE proposals meet an Azure gateway made with the portal's defaults: AES with SHA-1 or SHA-256 and group 2. They are two because Azure,
/// when it calls, names SHA-1 first: between proposals our order decides, within one the caller's would. The ESP offers are inside what
/// Azure's responder accepts, and include Azure's own offers without 3DES (Microsoft's "About VPN devices", default IPsec/IKE parameters).
/// </remarks>
public static class DefaultProposals
{
    /// <summary>IKE, offered and accepted.</summary>
    public static readonly ImmutableArray<string> Ike =
    [
        "aes256gcm16-aes128gcm16-prfsha384-prfsha256-ecp384-ecp256-x25519-modp2048",
        "aes256-aes128-sha384-sha256-ecp384-ecp256-x25519-modp2048",
        "aes256-aes128-sha256-modp1024",
        "aes256-aes128-sha1-modp1024",
    ];

    /// <summary>ESP, offered: without PFS, as Azure's own offers.</summary>
    public static readonly ImmutableArray<string> EspOffer = ["aes256gcm16", "aes256-sha256", "aes256-sha1", "aes128-sha256", "aes128-sha1"];

    /// <summary>ESP, accepted: the offers, and what better peers ask for, with and without PFS and ESN.</summary>
    public static readonly ImmutableArray<string> EspAccept =
    [
        "aes256gcm16-aes192gcm16-aes128gcm16-x25519-ecp384-ecp256-modp2048-modp2048s256-modp1024-none-noesn-esn",
        "aes256-aes192-aes128-sha512-sha384-sha256-sha1-x25519-ecp384-ecp256-modp2048-modp2048s256-modp1024-none-noesn-esn",
    ];
}
