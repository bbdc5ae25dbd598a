using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EdgeVpn.Model.Reasons;

/// <summary>Every reason there is. The first digit tells where to look: 1 line, 2 reach, 3 negotiation, 4 tunnel, 5 cloud, 6 box.</summary>
/// <remarks>The reasons themselves are fields of <see cref="ReasonCode"/>.</remarks>
public static class ReasonCatalog
{
    /// <summary>All reasons by ascending digits.</summary>
    public static readonly ImmutableArray<Reason> All =
    [
        .. ReasonCode.Line, .. ReasonCode.Reach, .. ReasonCode.Negotiation, .. ReasonCode.Tunnel, .. ReasonCode.Cloud, .. ReasonCode.Box,
    ];

    private static readonly FrozenDictionary<string, Reason> s_byName = All.ToFrozenDictionary(r => r.Name);
    private static readonly FrozenDictionary<int, Reason> s_byDigits = All.ToFrozenDictionary(r => r.Digits);

    /// <summary>The reason of that name, or null.</summary>
    public static Reason? ByName(string name) => s_byName.GetValueOrDefault(name);

    /// <summary>The reason that the lights blink so, or null.</summary>
    public static Reason? ByDigits(int digits) => s_byDigits.GetValueOrDefault(digits);

    /// <summary>The reason behind what a person typed: a name or two digits; with the name probably meant if there is none.</summary>
    public static Reason? Find(string text, out string? didYouMean)
    {
        var found = int.TryParse(text, out var digits) ? ByDigits(digits) : ByName(text);
        didYouMean = found is null ? DidYouMean.Find(text, All.Select(r => r.Name)) : null;
        return found;
    }
}
