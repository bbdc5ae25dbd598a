using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Rehearsal.Proposals;

/// <summary>What of a proposal this engine can compute. The vocabulary is larger than the engine: a word may be known and still not be had.</summary>
public static class EngineSupport
{
    /// <summary>The keywords of a proposal that the engine lacks.</summary>
    public static IEnumerable<string> Missing(ProposalSpec spec, AlgorithmCatalog catalog) =>
        spec.Transforms.Where(t => !Has(t, spec.Use, catalog)).Select(Word);

    /// <summary>The proposals without what the engine lacks; one that loses all algorithms of a type is left out.</summary>
    public static ImmutableArray<ProposalSpec> Keep(IEnumerable<ProposalSpec> specs, AlgorithmCatalog catalog)
    {
        var kept = ImmutableArray.CreateBuilder<ProposalSpec>();
        foreach (var spec in specs)
        {
            ImmutableArray<ProposalTransform> had = [.. spec.Transforms.Where(t => Has(t, spec.Use, catalog))];
            if (had.Length == spec.Transforms.Length) kept.Add(spec);
            else if (spec.Transforms.All(t => had.Any(h => h.Kind == t.Kind))) kept.Add(new ProposalSpec(spec.Use, string.Join('-', had.Select(Word)), had));
        }

        return kept.ToImmutable();
    }

    private static string Word(ProposalTransform transform) => AlgorithmKeyword.WordFor(transform) ?? $"{transform.Kind} {transform.Id}";

    private static bool Has(ProposalTransform transform, ProposalUse use, AlgorithmCatalog catalog) => transform.Kind switch
    {
        TransformKind.Encryption => HasCipher((EncryptionAlgorithm)transform.Id, transform.KeyLength, use),
        TransformKind.Prf => catalog.Prf((PrfAlgorithm)transform.Id) is not null,
        TransformKind.Integrity => AlgorithmCatalog.IntegrityKeyOctets((IntegrityAlgorithm)transform.Id) > 0,
        TransformKind.Esn => transform.Id <= 1,
        _ => transform.Id == 0 || catalog.KeyExchange((KeyExchangeMethod)transform.Id) is not null, // the first and the additional ones
    };

    private static bool HasCipher(EncryptionAlgorithm cipher, int keyLength, ProposalUse use)
    {
        // Any integrity algorithm will do: which of them the proposal names is judged by itself.
        var integrity = AlgorithmCatalog.IsAead(cipher) ? IntegrityAlgorithm.None : IntegrityAlgorithm.HmacSha256_128;
        return use == ProposalUse.Ike
            ? AlgorithmCatalog.HasSkCipher(cipher, keyLength, integrity)
            : new EspSuite(cipher, keyLength, integrity).IsValid;
    }
}
