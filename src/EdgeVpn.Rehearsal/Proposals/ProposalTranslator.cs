using System.Collections.Immutable;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Rehearsal.Proposals;

/// <summary>From proposals as people write them to proposals as IKE carries them.</summary>
public static class ProposalTranslator
{
    /// <summary>A wire proposal without SPI, for the engine to number and complete. Transform IDs are IANA's on both sides.</summary>
    public static Proposal ToWire(ProposalSpec spec) =>
        new(0, spec.Use == ProposalUse.Ike ? ProtocolId.Ike : ProtocolId.Esp, [], [.. spec.Transforms.Select(ToWire)]);

    /// <summary>Wire proposals, best first.</summary>
    public static ImmutableArray<Proposal> ToWire(IEnumerable<ProposalSpec> specs) => [.. specs.Select(ToWire)];

    /// <summary>A proposal that came over the wire, in keywords; transforms without a keyword are named by their numbers.</summary>
    public static string ToText(Proposal proposal) => string.Join('-', proposal.Transforms.Select(ToText));

    private static Transform ToWire(ProposalTransform transform) => new((TransformType)transform.Kind, transform.Id, transform.KeyLength);

    private static string ToText(Transform transform) =>
        AlgorithmKeyword.WordFor(new ProposalTransform((TransformKind)transform.Type, transform.Id, transform.KeyLength))
        ?? $"{(byte)transform.Type}:{transform.Id}{(transform.KeyLength == 0 ? "" : $":{transform.KeyLength}")}";
}
