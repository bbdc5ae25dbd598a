using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

// The negotiation: who, with which secret, by which algorithms, for which networks.
public static partial class ReasonCode
{
    public static readonly Reason NoProposalIke = new(
        "no-proposal-ike", 31, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The two ends share no IKE proposal.",
        [
            "Compare `ike.proposals` with the peer's: cipher, hash and DH group must have one combination in common.",
            "With an Azure custom policy, the box must name exactly that policy's algorithms.",
        ],
        new AzureError(13868, "Policy match error"));

    public static readonly Reason NoProposalEsp = new(
        "no-proposal-esp", 32, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The two ends share no ESP proposal.",
        [
            "Compare `esp.proposals` with the peer's: cipher, hash and PFS group.",
            "A cipher with GCM takes no hash beside it.",
        ],
        new AzureError(13868, "Policy match error"));

    public static readonly Reason WrongSecret = new(
        "wrong-secret", 33, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The pre-shared keys differ.",
        [
            "Enter the same key at both ends; watch for a space or line break at its end.",
            "Azure shows its key with `az network vpn-connection shared-key show`.",
            "With several connections, make sure the peer picked the one meant: identities decide.",
        ],
        new AzureError(13801, "authentication credentials are unacceptable"));

    public static readonly Reason IdentityRefused = new(
        "identity-refused", 34, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "One end does not accept the other's identity.",
        [
            "Compare `local.identity` and the endpoint's `identity` with what the peer expects.",
            "Behind a NAT the identity is not the address the peer sees: name one.",
            "The log tells which identity came and which was expected.",
        ],
        new AzureError(13801, "authentication credentials are unacceptable"));

    public static readonly Reason CertificateRefused = new(
        "certificate-refused", 35, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "A certificate was refused: expired, not yet valid, revoked, of an unknown authority, or for another name.",
        [
            "`edgevpn why` names the certificate and the cause.",
            "Not yet valid often means that this box's clock is wrong: see reason 61.",
            "Is the authority's certificate listed in `authorities`?",
        ],
        new AzureError(13801, "authentication credentials are unacceptable"));

    public static readonly Reason SelectorsRefused = new(
        "selectors-refused", 36, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The two ends agree on no traffic selectors.",
        [
            "Policy-based peers want exactly their own prefixes: give them in `trafficSelectors`.",
            "Route-based peers, such as Azure's default, want \"any\".",
            "Compare the networks at both ends, local there with remote here.",
        ],
        new AzureError(13805, "Negotiation timed out"));

    public static readonly Reason KeyExchangeLoop = new(
        "key-exchange-loop", 37, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The peer keeps asking for another key exchange group than the one it asked for before.",
        [
            "Name one group that both ends have in `ike.proposals`.",
            "Does something on the way answer in the peer's place?",
        ],
        new AzureError(13868, "Policy match error"));

    public static readonly Reason ChildRefused = new(
        "child-refused", 38, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The peer keeps the IKE SA but refuses the child SA.",
        [
            "FAILED_CP_REQUIRED: the peer gives addresses, so set `local.requestAddress`. INTERNAL_ADDRESS_FAILURE: it has none left.",
            "Does the peer limit the number of SAs (NO_ADDITIONAL_SAS)? Azure holds 100 per IKE SA.",
            "Fewer, larger networks in `trafficSelectors` need fewer SAs.",
        ]);

    public static readonly Reason RekeyRefused = new(
        "rekey-refused", 39, ReasonLight.Vpn, ReasonSeverity.Refusal,
        "The tunnel came up, but the peer refused to renew its keys.",
        [
            "PFS is negotiated only at the first rekey: compare the PFS groups of both ends.",
            "Naming no PFS group at either end rules PFS out.",
        ],
        new AzureError(13868, "Policy match error"));

    internal static ImmutableArray<Reason> Negotiation => [NoProposalIke, NoProposalEsp, WrongSecret, IdentityRefused, CertificateRefused, SelectorsRefused, KeyExchangeLoop, ChildRefused, RekeyRefused];
}
