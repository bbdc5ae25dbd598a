using System.Collections.Immutable;

namespace EdgeVpn.Rehearsal.Topology;

/// <summary>The ids of findings about a topology: a promise to scripts, as those of lint.</summary>
public static class TopologyFindingId
{
    public const string OneSided = "one-sided";
    public const string NobodyCalls = "nobody-calls";
    public const string NobodyAnswers = "nobody-answers";
    public const string NetworksDiffer = "networks-differ";
    public const string NetworkUnreached = "network-unreached";
    public const string IdentityDiffers = "identity-differs";
    public const string AuthenticationDiffers = "authentication-differs";
    public const string SecretDiffers = "secret-differs";
    public const string NoProposalIke = "no-proposal-ike";
    public const string NoProposalEsp = "no-proposal-esp";
    public const string RekeyRefused = "rekey-refused";
    public const string LifetimeDiffers = "lifetime-differs";
    public const string SelectorsDiffer = "selectors-differ";
    public const string BgpDiffers = "bgp-differs";
    public const string AsnTwice = "asn-twice";
    public const string PrefixOverlap = "prefix-overlap";
    public const string MissingSpoke = "missing-spoke";
    public const string MissingLink = "missing-link";
    public const string Isolated = "isolated";
    public const string OneEndpoint = "one-endpoint";
    public const string TooManyTunnels = "too-many-tunnels";
    public const string SinglePoint = "single-point";
    public const string PrivateLineSecond = "private-line-second";
    public const string PrivateLineUnproved = "private-line-unproved";
    public const string AzureUnread = "azure-unread";

    /// <summary>Every one.</summary>
    public static ImmutableArray<string> All =>
    [
        OneSided, NobodyCalls, NobodyAnswers, NetworksDiffer, NetworkUnreached, IdentityDiffers, AuthenticationDiffers, SecretDiffers, NoProposalIke, NoProposalEsp, RekeyRefused,
        LifetimeDiffers, SelectorsDiffer, BgpDiffers, AsnTwice, PrefixOverlap, MissingSpoke, MissingLink, Isolated, OneEndpoint, TooManyTunnels, SinglePoint,
        PrivateLineSecond, PrivateLineUnproved, AzureUnread,
    ];
}
