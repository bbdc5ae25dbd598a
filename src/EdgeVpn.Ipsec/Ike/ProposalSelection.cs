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
    ];

    /// <summary>Picks what both have: our order decides between proposals and, within one, between transforms.</summary>
    /// <param name="configured">Ours, best first.</param>
    /// <param name="offered">The peer's.</param>
    /// <param name="ignoreKeyExchange">In IKE_AUTH, where no key exchange can happen (§1.2).</param>
    /// <param name="preferredMethod">Where several methods are common, the one of the peer's KE payload saves a round trip.</param>
    /// <returns>Null if nothing is common. The chosen proposal keeps the peer's number and SPI and holds one transform per type.</returns>
    public static Proposal? Choose(
        IEnumerable<Proposal> configured,
        ImmutableArray<Proposal> offered,
        bool ignoreKeyExchange = false,
        KeyExchangeMethod preferredMethod = KeyExchangeMethod.None)
    {
        foreach (var ours in configured)
        {
            foreach (var theirs in offered)
            {
                if (theirs.Protocol == ours.Protocol && TryMatch(ours, theirs, ignoreKeyExchange, preferredMethod) is { } transforms)
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

            return TryMatch(ours, answer, ignoreKeyExchange, KeyExchangeMethod.None) is not null
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
            (EncryptionAlgorithm)e.Id, e.KeyLength, (IntegrityAlgorithm)integrity, (PrfAlgorithm)p.Id, (KeyExchangeMethod)k.Id);
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

    /// <summary>Numbers the proposals 1, 2, … and gives each the SPI.</summary>
    public static ImmutableArray<Proposal> Offer(IEnumerable<Proposal> configured, byte[] spi, bool withKeyExchange = true)
    {
        var offers = ImmutableArray.CreateBuilder<Proposal>();
        foreach (var proposal in configured)
        {
            var transforms = withKeyExchange
                ? proposal.Transforms
                : [.. proposal.Transforms.Where(static t => t.Type != TransformType.KeyExchangeMethod)];
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
        Proposal ours, Proposal theirs, bool ignoreKeyExchange, KeyExchangeMethod preferredMethod)
    {
        var chosen = ImmutableArray.CreateBuilder<Transform>(NegotiatedTypes.Length);
        foreach (var type in theirs.Transforms.Select(static t => t.Type).Distinct().Except(NegotiatedTypes))
        {
            if (IsAdditionalKeyExchange(type) && ignoreKeyExchange) continue;
            if (!IsAdditionalKeyExchange(type) || FindNone(Of(theirs, type)) is not { } none) return null; // a demand we cannot meet (§3.3.6)
            chosen.Add(none); // the initiator can do without (RFC 9370 §2.2.1)
        }

        foreach (var type in NegotiatedTypes)
        {
            if (ignoreKeyExchange && type == TransformType.KeyExchangeMethod) continue;
            var mine = Of(ours, type);
            var yours = Of(theirs, type);
            if (mine.IsEmpty && yours.IsEmpty) continue;
            if (Common(mine, yours, preferredMethod) is not { } transform) return null;
            if (transform.Id != 0 || !yours.IsEmpty) chosen.Add(transform);
        }

        return chosen.ToImmutable();
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

    private static bool IsAdditionalKeyExchange(TransformType type) =>
        type is >= TransformType.AdditionalKeyExchange1 and <= TransformType.AdditionalKeyExchange7;

    private static bool IsOffered(Proposal ours, Transform transform, bool ignoreKeyExchange) =>
        transform.Id == 0
        || (ignoreKeyExchange && transform.Type == TransformType.KeyExchangeMethod)
        || ours.Transforms.Contains(transform);

    private static Transform? Single(Proposal proposal, TransformType type) =>
        Of(proposal, type) is [var single, ..] ? single : null;

    private static ImmutableArray<Transform> Of(Proposal proposal, TransformType type) =>
        [.. proposal.Transforms.Where(transform => transform.Type == type)];
}
