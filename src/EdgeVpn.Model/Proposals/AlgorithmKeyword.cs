using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EdgeVpn.Model.Proposals;

/// <summary>What to think of an algorithm (RFC 8221, RFC 8247).</summary>
public enum AlgorithmStanding
{
    /// <summary>Use it.</summary>
    Sound,

    /// <summary>SHOULD NOT, or on its way there: allowed, with a warning.</summary>
    Weak,

    /// <summary>Refused by name.</summary>
    Refused,
}

/// <summary>A word of a proposal and what it stands for.</summary>
/// <param name="Word">As strongSwan's users know it.</param>
/// <param name="Transform">What it stands for.</param>
/// <param name="Standing">Sound, weak or refused.</param>
/// <param name="Why">For a weak or refused one: a sentence's end after "is".</param>
/// <param name="Instead">For a weak or refused one: the word to use.</param>
public sealed record AlgorithmKeyword(string Word, ProposalTransform Transform, AlgorithmStanding Standing = AlgorithmStanding.Sound, string? Why = null, string? Instead = null)
{
    private const AlgorithmStanding Weak = AlgorithmStanding.Weak;
    private const AlgorithmStanding Refused = AlgorithmStanding.Refused;

    /// <summary>Every word, the preferred one of several for the same transform first.</summary>
    public static readonly ImmutableArray<AlgorithmKeyword> All =
    [
        .. Sizes("aes{0}gcm16", 20), .. Sizes("aes{0}gcm128", 20), .. Sizes("aes{0}gcm12", 19), .. Sizes("aes{0}gcm96", 19),
        .. Sizes("aes{0}gcm8", 18), .. Sizes("aes{0}gcm64", 18), .. Sizes("aes{0}ccm16", 16), .. Sizes("aes{0}ccm128", 16),
        .. Sizes("aes{0}ccm12", 15), .. Sizes("aes{0}ccm96", 15), .. Sizes("aes{0}ccm8", 14), .. Sizes("aes{0}ccm64", 14),
        .. Sizes("aes{0}ctr", 13), .. Sizes("aes{0}", 12), Encryption("aes", 12, 128), Encryption("chacha20poly1305", 28, 0),
        .. Sizes("aes{0}gmac", 21, Weak, "integrity without secrecy: packets can be read on their way (RFC 4543)", "aes{0}gcm16"),
        Encryption("3des", 3, 0, Weak, "slow, and its 64-bit blocks leak after some gigabytes (RFC 8221 §5)", "aes256gcm16"),
        Encryption("des", 2, 0, Refused, "broken (RFC 8221 §5: MUST NOT)", "aes256gcm16"),
        Encryption("null", 11, 0, Refused, "no encryption: packets leave in clear", "aes256gcm16"),

        new("sha256", Integrity(12)), new("sha2_256", Integrity(12)), new("sha384", Integrity(13)), new("sha2_384", Integrity(13)),
        new("sha512", Integrity(14)), new("sha2_512", Integrity(14)),
        new("sha1", Integrity(2), Weak, "on its way out (RFC 8247 §2.3)", "sha256"), new("sha", Integrity(2), Weak, "on its way out (RFC 8247 §2.3)", "sha256"),
        new("md5", Integrity(1), Refused, "broken (RFC 8221 §6: MUST NOT)", "sha256"),

        new("prfsha256", Prf(5)), new("prfsha384", Prf(6)), new("prfsha512", Prf(7)),
        new("prfsha1", Prf(2), Weak, "on its way out (RFC 8247 §2.2)", "prfsha256"),
        new("prfmd5", Prf(1), Refused, "broken (RFC 8247 §2.2: MUST NOT)", "prfsha256"),

        .. KeyExchanges.Select(k => new AlgorithmKeyword(k.Word, new(TransformKind.KeyExchange, k.Id), k.Standing, k.Why, k.Instead)),
        .. Enumerable.Range(1, 7).SelectMany(n => KeyExchanges.Select(k =>
            new AlgorithmKeyword($"ke{n}_{k.Word}", new((TransformKind)(5 + n), k.Id), k.Standing, k.Why, k.Instead is null ? null : $"ke{n}_{k.Instead}"))),

        new("esn", new(TransformKind.Esn, 1)), new("noesn", new(TransformKind.Esn, 0)),
    ];

    private static readonly FrozenDictionary<string, AlgorithmKeyword> s_byWord = All.ToFrozenDictionary(k => k.Word);
    private static readonly FrozenDictionary<ProposalTransform, string> s_byTransform =
        All.GroupBy(k => k.Transform).ToFrozenDictionary(g => g.Key, g => g.First().Word);

    /// <summary>The key exchange methods, once; they serve as first and as additional ones.</summary>
    private static (string Word, ushort Id, AlgorithmStanding Standing, string? Why, string? Instead)[] KeyExchanges =>
    [
        ("x25519", 31, default, null, null), ("curve25519", 31, default, null, null), ("x448", 32, default, null, null), ("curve448", 32, default, null, null),
        ("ecp256", 19, default, null, null), ("ecp384", 20, default, null, null), ("ecp521", 21, default, null, null),
        ("modp2048", 14, default, null, null), ("modp3072", 15, default, null, null), ("modp4096", 16, default, null, null),
        ("modp6144", 17, default, null, null), ("modp8192", 18, default, null, null),
        ("mlkem512", 35, default, null, null), ("mlkem768", 36, default, null, null), ("mlkem1024", 37, default, null, null),
        ("modp1024", 2, Weak, "within reach of a large attacker (RFC 8247 §2.4: SHOULD NOT)", "modp2048"),
        ("modp1536", 5, Weak, "too short (RFC 8247 §2.4: SHOULD NOT)", "modp2048"),
        ("modp2048s224", 23, Weak, "of unknown origin (RFC 8247 §2.4: SHOULD NOT)", "modp2048"),
        ("modp2048s256", 24, Weak, "of unknown origin (RFC 8247 §2.4: SHOULD NOT)", "modp2048"),
        ("ecp224", 26, Weak, "seldom used and shorter than recommended", "ecp256"), ("ecp192", 25, Weak, "too short", "ecp256"),
        ("modp768", 1, Refused, "broken (RFC 8247 §2.4: MUST NOT)", "modp2048"),
        ("modp1024s160", 22, Refused, "broken (RFC 8247 §2.4: MUST NOT)", "modp2048"),
        ("none", 0, default, null, null), ("modpnone", 0, default, null, null),
    ];

    /// <summary>The keyword behind a word, or null.</summary>
    public static AlgorithmKeyword? Find(string word) => s_byWord.GetValueOrDefault(word);

    /// <summary>The preferred word for a transform, or null if it has none.</summary>
    public static string? WordFor(ProposalTransform transform) => s_byTransform.GetValueOrDefault(transform);

    /// <summary>True for a cipher that authenticates by itself (RFC 5282).</summary>
    public static bool IsAead(ProposalTransform transform) =>
        transform is { Kind: TransformKind.Encryption, Id: 14 or 15 or 16 or 18 or 19 or 20 or 21 or 28 };

    /// <summary>True for a cipher that authenticates and encrypts nothing (ENCR_NULL_AUTH_AES_GMAC, RFC 4543).</summary>
    public static bool IsReadable(ProposalTransform transform) => transform is { Kind: TransformKind.Encryption, Id: 21 };

    private static ProposalTransform Integrity(ushort id) => new(TransformKind.Integrity, id);

    private static ProposalTransform Prf(ushort id) => new(TransformKind.Prf, id);

    private static AlgorithmKeyword Encryption(string word, ushort id, ushort bits, AlgorithmStanding standing = default, string? why = null, string? instead = null) =>
        new(word, new(TransformKind.Encryption, id, bits), standing, why, instead);

    private static AlgorithmKeyword[] Sizes(string pattern, ushort id, AlgorithmStanding standing = default, string? why = null, string? instead = null) =>
        [.. new ushort[] { 256, 192, 128 }.Select(bits => Encryption(pattern.Replace("{0}", $"{bits}"), id, bits, standing, why, instead?.Replace("{0}", $"{bits}")))];
}
