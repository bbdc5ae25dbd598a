using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Choosing one proposal of a peer's, and checking what a peer chose of ours (RFC 7296 §2.7, §3.3.6).</summary>
internal static class ProposalSelection
{
    private static readonly TransformType[] NegotiatedTypes =
    [
        TransformType.EncryptionAlgorithm,
        TransformType.PseudorandomFunction,
        TransformType.IntegrityAlgorithm,
        TransformType.KeyExchangeMethod,
        TransformType.ExtendedSequenceNumbers,
        TransformType.AdditionalKeyExchange1,
        TransformType.AdditionalKeyExchange2,
        TransformType.AdditionalKeyExchange3,
        TransformType.AdditionalKeyExchange4,
        TransformType.AdditionalKeyExchange5,
        TransformType.AdditionalKeyExchange6,
        TransformType.AdditionalKeyExchange7,
    ];

    /// <summary>Picks what both have: our order decides between proposals and, within one, between transforms.</summary>
    /// <param name="configured">Ours, best first.</param>
    /// <param name="offered">The peer's.</param>
    /// <param name="ignoreKeyExchange">In IKE_AUTH, where no key exchange can happen (§1.2).</param>
    /// <param name="preferredMethod">Where several methods are common, the one of the peer's KE payload saves a round trip.</param>
    /// <param name="allowAdditional">Whether key exchanges beyond the first can happen: both ends must say so first (RFC 9370 §2.2.1).</param>
    /// <returns>Null if nothing is common. The chosen proposal keeps the peer's number and SPI and holds one transform per type.</returns>
    public static Proposal? Choose(
        IEnumerable<Proposal> configured,
        ImmutableArray<Proposal> offered,
        bool ignoreKeyExchange = false,
        KeyExchangeMethod preferredMethod = KeyExchangeMethod.None,
        bool allowAdditional = true)
    {
        foreach (var ours in configured)
        {
            foreach (var theirs in offered)
            {
                if (theirs.Protocol == ours.Protocol && TryMatch(ours, theirs, ignoreKeyExchange, preferredMethod, allowAdditional) is { } transforms)
                    return theirs with { Transforms = transforms };
            }
        }

        return null;
    }

    /// <summary>Whether the peer's answer is one of our offers with exactly one transform of each type we gave (§3.3.6).</summary>
    public static bool IsAnswerTo(ImmutableArray<Proposal> offered, Proposal answer, bool ignoreKeyExchange = false)
    {
        foreach (var ours in offered)
        {
            if (ours.Number != answer.Number || ours.Protocol != answer.Protocol) continue;
            foreach (var type in NegotiatedTypes)
            {
                if (Of(answer, type).Length > 1) return false;
            }

            return TryMatch(ours, answer, ignoreKeyExchange, KeyExchangeMethod.None, allowAdditional: true) is not null
                && answer.Transforms.All(transform => IsOffered(ours, transform, ignoreKeyExchange));
        }

        return false;
    }

    public static bool TryReadIkeSuite(Proposal chosen, [NotNullWhen(true)] out IkeSuite? suite)
    {
        suite = null;
        var encryption = Single(chosen, TransformType.EncryptionAlgorithm);
        var prf = Single(chosen, TransformType.PseudorandomFunction);
        var method = Single(chosen, TransformType.KeyExchangeMethod);
        if (encryption is not { } e || prf is not { } p || method is not { } k) return false;
        var integrity = Single(chosen, TransformType.IntegrityAlgorithm)?.Id ?? 0;
        suite = new IkeSuite(
            (EncryptionAlgorithm)e.Id, e.KeyLength, (IntegrityAlgorithm)integrity, (PrfAlgorithm)p.Id, (KeyExchangeMethod)k.Id)
        {
            AdditionalKeyExchanges = AdditionalMethods(chosen),
        };
        return AlgorithmCatalog.HasSkCipher(suite.Encryption, suite.KeyLength, suite.Integrity);
    }

    public static bool TryReadEspSuite(Proposal chosen, out EspSuite suite, out bool extendedSequenceNumbers)
    {
        suite = default;
        extendedSequenceNumbers = (EsnTransform)(Single(chosen, TransformType.ExtendedSequenceNumbers)?.Id ?? 0) == EsnTransform.Extended;
        if (Single(chosen, TransformType.EncryptionAlgorithm) is not { } e) return false;
        var integrity = Single(chosen, TransformType.IntegrityAlgorithm)?.Id ?? 0;
        suite = new EspSuite((EncryptionAlgorithm)e.Id, e.KeyLength, (IntegrityAlgorithm)integrity);
        return suite.IsValid;
    }

    public static KeyExchangeMethod Method(Proposal chosen) =>
        (KeyExchangeMethod)(Single(chosen, TransformType.KeyExchangeMethod)?.Id ?? 0);

    /// <summary>The key exchanges behind the first, in their order; NONE is left out.</summary>
    public static ImmutableArray<KeyExchangeMethod> AdditionalMethods(Proposal chosen) =>
    [
        .. chosen.Transforms.Where(static t => IsAdditionalKeyExchange(t.Type) && t.Id != 0).OrderBy(static t => t.Type)
            .Select(static t => (KeyExchangeMethod)t.Id),
    ];

    /// <summary>Whether any of the proposals has key exchanges behind the first.</summary>
    public static bool HasAdditional(IEnumerable<Proposal> proposals) =>
        proposals.Any(static p => p.Transforms.Any(static t => IsAdditionalKeyExchange(t.Type) && t.Id != 0));

    /// <summary>Numbers the proposals 1, 2, … and gives each the SPI.</summary>
    public static ImmutableArray<Proposal> Offer(IEnumerable<Proposal> configured, byte[] spi, bool withKeyExchange = true)
    {
        var offers = ImmutableArray.CreateBuilder<Proposal>();
        foreach (var proposal in configured)
        {
            var transforms = withKeyExchange
                ? proposal.Transforms
                : [.. proposal.Transforms.Where(static t => !IsKeyExchange(t.Type))];
            if (!withKeyExchange && offers.Any(offer => offer.Transforms.SequenceEqual(transforms))) continue;
            offers.Add(proposal with { Number = (byte)(offers.Count + 1), Spi = spi, Transforms = transforms });
        }

        return offers.ToImmutable();
    }

    /// <summary>The key exchange methods a list of proposals names, best first, NONE left out.</summary>
    public static IEnumerable<KeyExchangeMethod> Methods(IEnumerable<Proposal> proposals) => proposals
        .SelectMany(static p => p.Transforms)
        .Where(static t => t.Type == TransformType.KeyExchangeMethod && t.Id != 0)
        .Select(static t => (KeyExchangeMethod)t.Id)
        .Distinct();

    private static ImmutableArray<Transform>? TryMatch(
        Proposal ours, Proposal theirs, bool ignoreKeyExchange, KeyExchangeMethod preferredMethod, bool allowAdditional)
    {
        if (theirs.Transforms.Any(static t => !NegotiatedTypes.Contains(t.Type))) return null; // a demand we cannot meet (§3.3.6)
        var chosen = ImmutableArray.CreateBuilder<Transform>(NegotiatedTypes.Length);
        foreach (var type in NegotiatedTypes)
        {
            if (ignoreKeyExchange && IsKeyExchange(type)) continue;
            var mine = Of(ours, type);
            var yours = Of(theirs, type);
            if (mine.IsEmpty && yours.IsEmpty) continue;
            if (IsAdditionalKeyExchange(type) && !yours.IsEmpty)
            {
                yours = Unused(yours, chosen, allowAdditional);
                if (yours.IsEmpty) return null; // it insists on one that cannot be had
            }

            if (Common(mine, yours, preferredMethod) is not { } transform) return null;
            if (transform.Id != 0 || !yours.IsEmpty) chosen.Add(transform);
        }

        return chosen.ToImmutable();
    }

    /// <summary>No method is used twice, and none behind a first that does not happen (RFC 9370 §2.2.1).</summary>
    private static ImmutableArray<Transform> Unused(ImmutableArray<Transform> additional, ImmutableArray<Transform>.Builder chosen, bool allowAdditional)
    {
        var used = chosen.Where(static t => IsKeyExchange(t.Type) && t.Id != 0).Select(static t => t.Id).ToHashSet();
        return [.. additional.Where(t => t.Id == 0 || (allowAdditional && used.Count > 0 && !used.Contains(t.Id)))];
    }

    /// <summary>Our first transform that the peer has too. No transform of a type means NONE of it (§3.3.3).</summary>
    private static Transform? Common(ImmutableArray<Transform> mine, ImmutableArray<Transform> yours, KeyExchangeMethod preferredMethod)
    {
        if (mine.IsEmpty) return FindNone(yours);
        if (yours.IsEmpty) return FindNone(mine);
        var common = mine.Where(transform => !transform.HasUnknownAttribute && yours.Contains(transform)).ToList();
        if (common.Count == 0) return null;
        var preferred = common.FindIndex(t => t.Type == TransformType.KeyExchangeMethod && t.Id == (ushort)preferredMethod);
        return common[preferred > 0 ? preferred : 0];
    }

    private static Transform? FindNone(ImmutableArray<Transform> transforms)
    {
        foreach (var transform in transforms)
        {
            if (transform.Id == 0) return transform;
        }

        return null;
    }

    private static bool IsKeyExchange(TransformType type) => type == TransformType.KeyExchangeMethod || IsAdditionalKeyExchange(type);

    private static bool IsAdditionalKeyExchange(TransformType type) =>
        type is >= TransformType.AdditionalKeyExchange1 and <= TransformType.AdditionalKeyExchange7;

    private static bool IsOffered(Proposal ours, Transform transform, bool ignoreKeyExchange) =>
        transform.Id == 0
        || (ignoreKeyExchange && IsKeyExchange(transform.Type))
        || ours.Transforms.Contains(transform);

    private static Transform? Single(Proposal proposal, TransformType type) =>
        Of(proposal, type) is [var single, ..] ? single : null;

    private static ImmutableArray<Transform> Of(Proposal proposal, TransformType type) =>
        [.. proposal.Transforms.Where(transform => transform.Type == type)];
}
