using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Proposals;

namespace EdgeVpn.Model.Azure;

/// <summary>A connection's proposals as Azure's one policy: a value for each field, all of them or none.</summary>
internal static class AzurePolicyWriter
{
    /// <summary>The policy; null if a proposal has no counterpart in Azure, which a remark says.</summary>
    public static AzurePolicy? Of(ConnectionConfig connection, List<ImportRemark> remarks)
    {
        var ike = First(connection, connection.Ike.Proposals.IsEmpty ? DefaultProposals.Ike : connection.Ike.Proposals, ProposalUse.Ike, remarks);
        var esp = First(connection, connection.Esp.Proposals.IsEmpty ? DefaultProposals.EspOffer : connection.Esp.Proposals, ProposalUse.Esp, remarks);
        if (ike is null || esp is null) return null;
        return AzurePolicy.Printed(
            ike.Value.Cipher, ike.Value.Hash, ike.Value.Group, esp.Value.Cipher, esp.Value.Hash, esp.Value.Group,
            (long)connection.Esp.Lifetime.TotalSeconds, connection.Esp.LifetimeKilobytes);
    }

    /// <summary>The first proposal that Azure has names for, and of its alternatives the first that it has.</summary>
    private static (string Cipher, string Hash, string Group)? First(ConnectionConfig connection, IReadOnlyList<string> proposals, ProposalUse use, List<ImportRemark> remarks)
    {
        foreach (var text in proposals)
        {
            if (ProposalParser.Parse(text, use, out _) is not { } proposal || Named(proposal, use) is not { } named) continue;
            var isWhole = use == ProposalUse.Ike ? AzureNames.TryIke(named.Cipher, named.Hash, named.Group, out var back, out _) : AzureNames.TryEsp(named.Cipher, named.Hash, named.Group, "", out back, out _);
            if (!isWhole || proposals.Count > 1 || !proposal.Equals(ProposalParser.Parse(back!, use, out _)))
                remarks.Add(new ImportRemark(ImportRemarkKind.Note, connection.Name, $"Azure's policy has one choice per field: {back} was taken of {string.Join(", ", proposals)}."));
            return named;
        }

        remarks.Add(new ImportRemark(
            ImportRemarkKind.Missing, connection.Name, $"Azure has no names for {string.Join(", ", proposals)}: no policy is written, and Azure will use its default set.",
            use == ProposalUse.Ike ? "add a proposal such as aes256gcm16-prfsha384-ecp384" : "add a proposal such as aes256gcm16-ecp384"));
        return null;
    }

    private static (string Cipher, string Hash, string Group)? Named(ProposalSpec proposal, ProposalUse use)
    {
        if (proposal.Transforms.Any(t => t.Kind >= TransformKind.AdditionalKeyExchange1)) return null;
        // The names are one list; IKE has no GCMAES192 among them, and IPsec no SHA384.
        var cipher = proposal.Of(TransformKind.Encryption).Select(t => (Transform: t, Azure: AzureNames.Cipher(Word(t))))
            .FirstOrDefault(c => c.Azure is not null && (use == ProposalUse.Esp || c.Azure != "GCMAES192"));
        if (cipher.Azure is null) return null;
        var isAead = AlgorithmKeyword.IsAead(cipher.Transform);
        var hash = use == ProposalUse.Esp && isAead ? cipher.Azure
            : proposal.Of(use == ProposalUse.Ike ? TransformKind.Prf : TransformKind.Integrity).Select(t => AzureNames.Hash(Word(t)))
                .FirstOrDefault(h => h is not null && (use == ProposalUse.Ike || h != "SHA384"));
        var groups = proposal.Of(TransformKind.KeyExchange).ToList();
        var group = use == ProposalUse.Ike ? groups.Select(g => AzureNames.Group(Word(g))).FirstOrDefault(g => g is not null)
            : groups.Count == 0 ? AzureNames.PfsGroup("") : groups.Select(g => AzureNames.PfsGroup(Word(g))).FirstOrDefault(g => g is not null);
        return hash is null || group is null ? null : (cipher.Azure, hash, group);
    }

    private static string Word(ProposalTransform transform) => AlgorithmKeyword.WordFor(transform) ?? "";
}
