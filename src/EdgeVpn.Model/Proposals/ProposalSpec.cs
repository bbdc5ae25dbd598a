using System.Collections.Immutable;

namespace EdgeVpn.Model.Proposals;

/// <summary>One proposal: for each transform type the algorithms that would do, best first.</summary>
/// <param name="Use">IKE or ESP.</param>
/// <param name="Text">The keywords it was made from.</param>
/// <param name="Transforms">Grouped by type: encryption, PRF, integrity, key exchange, ESN, additional key exchanges.</param>
public sealed record ProposalSpec(ProposalUse Use, string Text, ImmutableArray<ProposalTransform> Transforms)
{
    /// <summary>The transforms of one type, best first.</summary>
    public IEnumerable<ProposalTransform> Of(TransformKind kind) => Transforms.Where(t => t.Kind == kind);

    /// <summary>Two specs are equal if they negotiate the same.</summary>
    public bool Equals(ProposalSpec? other) => other is not null && Use == other.Use && Transforms.SequenceEqual(other.Transforms);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var transform in Transforms) hash.Add(transform);
        return hash.ToHashCode();
    }

    public override string ToString() => Text;
}
