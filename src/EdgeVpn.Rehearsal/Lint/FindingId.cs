using System.Collections.Immutable;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>The ids of findings: a promise to scripts, like reason codes.</summary>
public static class FindingId
{
    public const string Gateway = "gateway";
    public const string NotAzure = "not-azure";
    public const string EngineLacks = "engine-lacks";
    public const string BoxCalls = "box-calls";
    public const string AzureCalls = "azure-calls";
    public const string ChildRenewalByBox = "child-renewal-by-box";
    public const string ChildRenewalByAzure = "child-renewal-by-azure";
    public const string IkeRenewalByBox = "ike-renewal-by-box";
    public const string IkeRenewalByAzure = "ike-renewal-by-azure";
    public const string RenewalTimes = "renewal-times";
    public const string LifetimeLonger = "lifetime-longer";
    public const string WeakGroup = "weak-group";
    public const string WeakCipher = "weak-cipher";
    public const string WeakHash = "weak-hash";
    public const string GcmIntegrity = "gcm-integrity";
    public const string DpdRange = "dpd-range";
    public const string DpdAdvice = "dpd-advice";
    public const string SecretCharacters = "secret-characters";
    public const string SecretLength = "secret-length";
    public const string AsnReserved = "asn-reserved";
    public const string AsnSame = "asn-same";
    public const string BgpHold = "bgp-hold";
    public const string BgpAddress = "bgp-address";
    public const string ApipaNat = "apipa-nat";
    public const string ApipaRange = "apipa-range";
    public const string ApipaCalls = "apipa-calls";
    public const string PrefixOverlap = "prefix-overlap";
    public const string TunnelMtu = "tunnel-mtu";
    public const string MtuTooLarge = "mtu-too-large";
    public const string NatMustCall = "nat-must-call";
    public const string NobodyCalls = "nobody-calls";
    public const string BasicLacks = "basic-lacks";
    public const string ActiveActiveBgp = "active-active-bgp";
    public const string SelectorsOfAzure = "selectors-of-azure";

    /// <summary>Every one.</summary>
    public static ImmutableArray<string> All =>
    [
        Gateway, NotAzure, EngineLacks, BoxCalls, AzureCalls, ChildRenewalByBox, ChildRenewalByAzure, IkeRenewalByBox, IkeRenewalByAzure, RenewalTimes, LifetimeLonger,
        WeakGroup, WeakCipher, WeakHash, GcmIntegrity, DpdRange, DpdAdvice, SecretCharacters, SecretLength, AsnReserved, AsnSame, BgpHold, BgpAddress,
        ApipaNat, ApipaRange, ApipaCalls, PrefixOverlap, TunnelMtu, MtuTooLarge, NatMustCall, NobodyCalls, BasicLacks, ActiveActiveBgp, SelectorsOfAzure,
    ];
}
