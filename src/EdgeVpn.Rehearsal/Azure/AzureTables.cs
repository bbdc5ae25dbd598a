using System.Collections.Immutable;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Rehearsal.Azure;

/// <summary>What a route-based gateway with the portal's defaults offers and accepts, in keywords and in Azure's order.</summary>
/// <remarks>
/// Microsoft's "About VPN devices", default IPsec/IKE parameters; the six phase 2 offers were seen on the wire in the same order, each with extended
/// sequence numbers disabled. Which of several common combinations the real gateway picks as responder is documented nowhere: ours goes by its table.
/// </remarks>
public static class AzureTables
{
    /// <summary>Azure never replaces an IKE SA later; not configurable.</summary>
    public static readonly TimeSpan IkeLifetime = TimeSpan.FromSeconds(28_800);

    /// <summary>Lifetime of an IPsec (quick mode) SA; a custom policy may name another.</summary>
    public static readonly TimeSpan ChildLifetime = TimeSpan.FromSeconds(AzurePolicy.DefaultLifetimeSeconds);

    /// <summary>Dead peer detection where a connection names none.</summary>
    public static readonly TimeSpan DpdTimeout = TimeSpan.FromSeconds(45);

    /// <summary>No more IPsec (quick mode) SAs than this per IKE SA.</summary>
    public const int MaxChildren = 100;

    /// <summary>
    /// The part of a lifetime after which a gateway replaced its own SA in the one public log that tells (27,361 s of 28,800 s). Undocumented: nothing
    /// may rest on it, and a rehearsal lets either end be first.
    /// </summary>
    public const double RekeyPoint = 0.95;

    /// <summary>Phase 1, the same as initiator and as responder: group 2 only.</summary>
    public static readonly ImmutableArray<string> Ike =
    [
        "aes256-sha1-modp1024", "aes256-sha256-modp1024", "aes128-sha1-modp1024", "aes128-sha256-modp1024", "3des-sha1-modp1024", "3des-sha256-modp1024",
    ];

    /// <summary>Phase 2 as initiator: no PFS, no ESN.</summary>
    public static readonly ImmutableArray<string> EspOffer = ["aes256gcm16", "aes256-sha1", "3des-sha1", "aes256-sha256", "aes128-sha1", "3des-sha256"];

    /// <summary>Phase 2 as responder: the offers and twenty more.</summary>
    public static readonly ImmutableArray<string> EspAccept =
    [
        .. EspOffer,
        "des-sha1",
        "aes256-sha1-modp768", "aes256-sha1-modp1024", "aes256-sha1-modp2048",
        "aes128-sha1-modp768", "aes128-sha1-modp1024", "aes128-sha1-modp2048",
        "3des-sha1-modp768", "3des-sha1-modp1024",
        "3des-sha256-modp1024",
        "aes256-sha256-modp768", "aes256-sha256-modp1024", "aes256-sha256-modp2048",
        "aes256-sha1-modp2048s256",
        "aes256-sha256-modp2048s256",
        "aes128-sha256", "aes128-sha256-modp768", "aes128-sha256-modp1024", "aes128-sha256-modp2048",
        "3des-sha1-modp2048",
    ];

    /// <summary>What of a table this engine computes: DES and group 1 are refused by name, here as everywhere (RFC 8221, RFC 8247).</summary>
    public static ImmutableArray<ProposalSpec> Computable(IEnumerable<string> table, ProposalUse use) =>
        [.. table.Select(text => ProposalParser.Parse(text, use, out _)).OfType<ProposalSpec>()];
}
