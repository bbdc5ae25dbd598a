using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Rehearsal.Lint.Rules;

/// <summary>Weak algorithms that will really be used, and the lines that mend both ends.</summary>
internal static class StrengthRules
{
    public static void Check(LintContext context)
    {
        var prediction = context.Prediction;
        var seen = new HashSet<(string, string)>();
        if (context.BoxMayCall && prediction.BoxMayCall)
        {
            Judge(context, prediction.IkeWhenBoxCalls!, "IKE", "ike", seen);
            Judge(context, prediction.EspWhenBoxCalls!, "ESP", "esp", seen);
        }

        if (context.AzureMayCall && prediction.AzureMayCall)
        {
            Judge(context, prediction.IkeWhenAzureCalls!, "IKE", "ike", seen);
            Judge(context, prediction.EspWhenAzureCalls!, "ESP", "esp", seen);
        }

        if (context.ComesUp)
        {
            foreach (var renewed in new[] { prediction.RekeyByBox, prediction.RekeyByAzure })
                if (renewed is not null) Judge(context, renewed, "ESP after a rekey", "esp", seen);
        }

        Integrity(context);
        Readable(context);
    }

    private static void Judge(LintContext context, ProposalSpec agreed, string where, string field, HashSet<(string, string)> seen)
    {
        foreach (var transform in agreed.Transforms)
        {
            if (AlgorithmKeyword.WordFor(transform) is not { } word || AlgorithmKeyword.Find(word) is not { Standing: AlgorithmStanding.Weak } weak) continue;
            var id = transform.Kind switch
            {
                TransformKind.KeyExchange => FindingId.WeakGroup,
                TransformKind.Encryption => FindingId.WeakCipher,
                _ => FindingId.WeakHash,
            };
            if (!seen.Add((field, id + weak.Transform.Id))) continue;
            context.Warn(id, context.Path[field]["proposals"], $"{where} will use {Name(word)}, {weak.Why}.", BothEnds(context));
        }
    }

    private static string Name(string word) => word switch
    {
        "modp1024" => "group 2 (modp1024)",
        "modp2048s256" => "group 24 (modp2048s256)",
        "3des" => "3DES",
        "sha1" or "prfsha1" => "SHA1",
        _ => word,
    };

    private static string BothEnds(LintContext context)
    {
        var policy = AzurePolicy.Recommended;
        return $"{policy.AzCommand(context.Connection.Name)}; and here \"ike\": {{ \"proposals\": [\"{policy.IkeProposal}\"] }}, \"esp\": {{ \"proposals\": [\"{policy.EspProposal}\"] }}";
    }

    /// <summary>A cipher that encrypts nothing is said where it is named: no agreement with Azure would show it, which has none such.</summary>
    private static void Readable(LintContext context)
    {
        for (var i = 0; i < context.Connection.Esp.Proposals.Length; i++)
        {
            if (context.Connection.Esp.Proposals[i].Split('-').Select(AlgorithmKeyword.Find).FirstOrDefault(static w => w is { Transform: var t } && AlgorithmKeyword.IsReadable(t)) is not { } gmac) continue;
            context.Warn(FindingId.WeakCipher, context.Path["esp"]["proposals"][i], $"{gmac.Word} is {gmac.Why}; Azure has no name for it.", BothEnds(context));
        }
    }

    /// <summary>Azure takes GCM only with the same name as integrity; a hash beside it is a sign that the policy was written so.</summary>
    private static void Integrity(LintContext context)
    {
        for (var i = 0; i < context.Connection.Esp.Proposals.Length; i++)
        {
            var words = context.Connection.Esp.Proposals[i].Split('-').Select(AlgorithmKeyword.Find).OfType<AlgorithmKeyword>().ToList();
            if (words.Find(static w => AlgorithmKeyword.IsAead(w.Transform)) is not { } gcm || words.Find(static w => w.Transform.Kind == TransformKind.Integrity) is not { } hash) continue;
            if (AzureNames.Cipher(gcm.Word) is not { } name) continue;
            JsonPath at = context.Path["esp"]["proposals"][i];
            context.Warn(
                FindingId.GcmIntegrity, at, $"{gcm.Word} authenticates by itself: \"{hash.Word}\" has no effect, and Azure refuses a policy that says so.",
                $"leave \"{hash.Word}\" out; at Azure --ipsec-encryption {name} --ipsec-integrity {name}");
        }
    }
}
