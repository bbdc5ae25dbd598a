using System.Collections.Immutable;

namespace EdgeVpn.Model.Proposals;

/// <summary>Something wrong or doubtful in a proposal's text.</summary>
/// <param name="IsError">The proposal cannot be used.</param>
/// <param name="IsWeak">The remark is about strength.</param>
/// <param name="Sentence">What.</param>
/// <param name="Mend">What to do, where it is obvious.</param>
public sealed record ProposalRemark(bool IsError, bool IsWeak, string Sentence, string? Mend = null);

/// <summary>Reads proposals in the keywords that strongSwan's users know: <c>aes256-aes128-sha256-sha1-modp2048-modp1024</c>.</summary>
/// <remarks>
/// Words of one kind are alternatives, best first. IKE: an integrity word also names the PRF unless one is named; with AEAD it names only the PRF;
/// AEAD alone brings the SHA-2 PRFs. ESP: a key exchange asks for PFS, <c>none</c> beside it makes PFS optional; sequence numbers are 32-bit unless
/// <c>esn</c> is named.
/// </remarks>
public static class ProposalParser
{
    private const int LongestText = 512; // every keyword there is, once, fits a type's worth of them
    private static readonly ProposalTransform[] s_defaultPrfs = [new(TransformKind.Prf, 5), new(TransformKind.Prf, 6), new(TransformKind.Prf, 7)];

    /// <summary>Reads one proposal. Null if a remark is an error.</summary>
    public static ProposalSpec? Parse(string text, ProposalUse use, out ImmutableArray<ProposalRemark> remarks)
    {
        var found = ImmutableArray.CreateBuilder<ProposalRemark>();
        var transforms = Read(text, use, found);
        var complete = transforms.Count > 0 ? Complete(transforms, use, found) : [];
        remarks = found.ToImmutable();
        return remarks.Any(r => r.IsError) ? null : new ProposalSpec(use, text, complete);
    }

    /// <summary>Reads proposals known to be right, such as the defaults'.</summary>
    /// <exception cref="FormatException">One is not.</exception>
    public static ImmutableArray<ProposalSpec> ParseAll(IEnumerable<string> texts, ProposalUse use) =>
        [.. texts.Select(t => Parse(t, use, out var remarks) ?? throw new FormatException(remarks.First(r => r.IsError).Sentence))];

    private static List<ProposalTransform> Read(string text, ProposalUse use, ImmutableArray<ProposalRemark>.Builder remarks)
    {
        var transforms = new List<ProposalTransform>();
        if (text.Length is 0 or > LongestText)
        {
            remarks.Add(Error(text.Length == 0 ? "The proposal is empty." : $"The proposal is longer than {LongestText} characters."));
            return transforms;
        }

        foreach (var word in text.Split('-'))
        {
            if (AlgorithmKeyword.Find(word) is not { } keyword)
            {
                remarks.Add(Error($"\"{Cut(word)}\" is not an algorithm.", Mend(word)));
                continue;
            }

            if (keyword.Standing == AlgorithmStanding.Refused)
                remarks.Add(new ProposalRemark(true, true, $"\"{word}\" is {keyword.Why}.", $"use \"{keyword.Instead}\""));
            else if (keyword.Standing == AlgorithmStanding.Weak)
                remarks.Add(new ProposalRemark(false, true, $"\"{word}\" is {keyword.Why}.", $"\"{keyword.Instead}\" where the peer allows it"));

            if (Misplaced(keyword.Transform, use) is { } why) remarks.Add(Error($"\"{word}\" {why}"));
            else if (transforms.Contains(keyword.Transform)) remarks.Add(new ProposalRemark(false, false, $"\"{word}\" is named twice."));
            else transforms.Add(keyword.Transform);
        }

        return transforms;
    }

    private static string? Misplaced(ProposalTransform transform, ProposalUse use) => (use, transform.Kind) switch
    {
        (ProposalUse.Esp, TransformKind.Prf) => "is a PRF; ESP has none.",
        (ProposalUse.Ike, TransformKind.Esn) => "concerns sequence numbers; IKE has none.",
        (ProposalUse.Ike, TransformKind.Encryption) when AlgorithmKeyword.IsReadable(transform) => "encrypts nothing; IKE is never without (RFC 4543 §9).",
        (ProposalUse.Ike, TransformKind.KeyExchange) when transform.Id == 0 => "leaves IKE without a key exchange.",
        _ => null,
    };

    /// <summary>Adds what the keywords imply, says what is missing, and groups by type.</summary>
    private static ImmutableArray<ProposalTransform> Complete(List<ProposalTransform> named, ProposalUse use, ImmutableArray<ProposalRemark>.Builder remarks)
    {
        var encryption = Of(TransformKind.Encryption);
        var integrity = Of(TransformKind.Integrity);
        var aead = encryption.Count(AlgorithmKeyword.IsAead);
        var isAead = aead > 0;

        if (encryption.Count == 0) remarks.Add(Error("No cipher is named.", "for example aes256gcm16"));
        else if (aead > 0 && aead < encryption.Count)
            remarks.Add(Error("Ciphers that authenticate by themselves (gcm, ccm, chacha20poly1305) and others cannot share a proposal (RFC 7296 §3.3).", "write two proposals"));
        else if (!isAead && integrity.Count == 0) remarks.Add(Error("No integrity algorithm is named.", "add sha256"));

        var prf = Of(TransformKind.Prf);
        if (use == ProposalUse.Ike)
        {
            if (prf.Count == 0) prf = integrity.Count > 0 ? [.. integrity.Select(PrfOf)] : [.. s_defaultPrfs];
            if (Of(TransformKind.KeyExchange).Count == 0) remarks.Add(Error("No key exchange is named.", "add modp2048, ecp384 or x25519"));
        }
        else if (isAead && integrity.Count > 0)
        {
            remarks.Add(new ProposalRemark(false, false, "The integrity algorithm has no effect beside a cipher that authenticates by itself."));
        }

        var additional = named.Where(t => t.Kind >= TransformKind.AdditionalKeyExchange1).OrderBy(t => t.Kind).ToList();
        if (additional.Count > 0 && Of(TransformKind.KeyExchange).Count == 0 && use == ProposalUse.Esp)
            remarks.Add(Error("An additional key exchange needs a first one.", "add x25519"));

        var esn = Of(TransformKind.Esn);
        if (use == ProposalUse.Esp && esn.Count == 0) esn = [new(TransformKind.Esn, 0)];
        return [.. encryption, .. prf, .. isAead ? [] : integrity, .. Of(TransformKind.KeyExchange), .. esn, .. additional];

        List<ProposalTransform> Of(TransformKind kind) => [.. named.Where(t => t.Kind == kind)];
    }

    private static ProposalTransform PrfOf(ProposalTransform integrity) => new(TransformKind.Prf, integrity.Id switch
    {
        12 => 5,
        13 => 6,
        14 => 7,
        _ => integrity.Id, // MD5 and SHA-1 have the same number in both registries
    });

    private static string? Mend(string word) => word switch
    {
        _ when word.EndsWith('!') => "leave out the \"!\": what is not named is not proposed",
        "default" => "leave the list empty for the defaults",
        "aesgcm16" or "aesgcm" or "gcm" => "did you mean \"aes256gcm16\"?",
        _ => DidYouMean.Sentence(word, AlgorithmKeyword.All.Select(k => k.Word)),
    };

    private static string Cut(string word) => word.Length <= 32 ? word : word[..29] + "...";

    private static ProposalRemark Error(string sentence, string? mend = null) => new(true, false, sentence, mend);
}
