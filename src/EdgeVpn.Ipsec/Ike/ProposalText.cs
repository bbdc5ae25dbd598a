using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Proposals in words, for a person who compares what was wanted with what came.</summary>
internal static class ProposalText
{
    /// <summary>A peer may send hundreds: a line of text holds this many.</summary>
    private const int MaxShown = 6;

    public static string Of(IReadOnlyCollection<Proposal> proposals) =>
        "offered " + string.Join(", ", proposals.Take(MaxShown).Select(Of)) + (proposals.Count > MaxShown ? ", …" : "");

    private static string Of(Proposal proposal) => string.Join('-', proposal.Transforms.Select(Of));

    private static string Of(Transform transform) => transform.Type switch
    {
        TransformType.EncryptionAlgorithm =>
            (EncryptionAlgorithm)transform.Id + (transform.KeyLength == 0 ? "" : transform.KeyLength.ToString()),
        TransformType.PseudorandomFunction => "Prf" + (PrfAlgorithm)transform.Id,
        TransformType.IntegrityAlgorithm => ((IntegrityAlgorithm)transform.Id).ToString(),
        TransformType.KeyExchangeMethod => ((KeyExchangeMethod)transform.Id).ToString(),
        TransformType.ExtendedSequenceNumbers => transform.Id == 0 ? "NoEsn" : "Esn",
        _ => $"{transform.Type}:{transform.Id}",
    };
}
