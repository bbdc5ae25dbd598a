using EdgeVpn.Model.Proposals;
using EdgeVpn.Rehearsal.Proposals;

namespace EdgeVpn.Rehearsal.Lint;

/// <summary>What two lists of proposals come to, found without an engine: the rule of RFC 7296 §2.7 in keywords.</summary>
/// <remarks>The engine has a rule of its own over octets; a test runs every combination through both, so that neither can be wrong alone.</remarks>
public static class Agreement
{
    private static readonly TransformKind[] s_kinds =
    [
        TransformKind.Encryption, TransformKind.Prf, TransformKind.Integrity, TransformKind.KeyExchange, TransformKind.Esn,
        .. Enumerable.Range((int)TransformKind.AdditionalKeyExchange1, 7).Select(static kind => (TransformKind)kind),
    ];

    /// <summary>The one combination that the end that answers takes: its own order decides.</summary>
    /// <param name="answering">What the end that answers accepts, best first.</param>
    /// <param name="asking">What the other end offers, best first.</param>
    /// <param name="withKeyExchange">False in IKE_AUTH, whose child SA has no key exchange of its own: that is why PFS shows at the first rekey only.</param>
    /// <returns>Null: NO_PROPOSAL_CHOSEN.</returns>
    public static ProposalSpec? Of(IEnumerable<ProposalSpec> answering, IEnumerable<ProposalSpec> asking, bool withKeyExchange = true)
    {
        var offers = asking.ToList();
        // The asking end sends one public value, for its first method; a common proposal keeps to it where it can.
        var guess = offers.SelectMany(static o => o.Of(TransformKind.KeyExchange)).Cast<ProposalTransform?>().FirstOrDefault(static t => t!.Value.Id != 0);
        foreach (var mine in answering)
        {
            foreach (var yours in offers)
                if (Common(mine, yours, guess, withKeyExchange) is { } common) return common;
        }

        return null;
    }

    private static ProposalSpec? Common(ProposalSpec mine, ProposalSpec yours, ProposalTransform? guess, bool withKeyExchange)
    {
        if (mine.Use != yours.Use) return null;
        var chosen = new List<ProposalTransform>();
        foreach (var kind in s_kinds)
        {
            if (!withKeyExchange && kind is TransformKind.KeyExchange or >= TransformKind.AdditionalKeyExchange1) continue;
            var (ours, theirs) = (mine.Of(kind).ToList(), yours.Of(kind).ToList());
            if (ours.Count == 0 && theirs.Count == 0) continue;
            if (ours.Count == 0 || theirs.Count == 0)
            {
                // Nothing named of a type means none of it (§3.3.3); so it is with key exchanges behind the first (RFC 9370 §2.2.1).
                if ((ours.Count == 0 ? theirs : ours).Any(static t => t.Id == 0)) continue;
                return null;
            }

            var both = ours.Where(theirs.Contains).ToList();
            if (both.Count == 0) return null;
            var pick = kind == TransformKind.KeyExchange && guess is { } g && both.Contains(g) ? g : both[0];
            chosen.Add(pick);
        }

        return new ProposalSpec(mine.Use, SuiteText.Of(chosen), [.. chosen]);
    }
}
