using System.Diagnostics.CodeAnalysis;

namespace EdgeVpn.Model.Proposals;

/// <summary>Azure's names of algorithms (custom IPsec/IKE policies), in both directions.</summary>
/// <remarks>Case does not count: Azure prints <c>IPSec</c> and <c>IPsec</c>, its scripts <c>DHGroup2</c> and <c>dhgroup2</c>.</remarks>
public static class AzureNames
{
    private static readonly (string Azure, string Word)[] s_ciphers =
    [
        ("GCMAES256", "aes256gcm16"), ("GCMAES192", "aes192gcm16"), ("GCMAES128", "aes128gcm16"),
        ("AES256", "aes256"), ("AES192", "aes192"), ("AES128", "aes128"), ("DES3", "3des"), ("DES", "des"), ("None", "null"),
    ];

    private static readonly (string Azure, string Word)[] s_hashes =
    [
        ("SHA384", "sha384"), ("SHA256", "sha256"), ("SHA1", "sha1"), ("MD5", "md5"),
        ("GCMAES256", ""), ("GCMAES192", ""), ("GCMAES128", ""), // the cipher authenticates by itself
    ];

    private static readonly (string Azure, string Word)[] s_groups =
    [
        ("DHGroup14", "modp2048"), ("DHGroup2048", "modp2048"), ("DHGroup24", "modp2048s256"), ("ECP384", "ecp384"), ("ECP256", "ecp256"),
        ("DHGroup2", "modp1024"), ("DHGroup1", "modp768"),
    ];

    private static readonly (string Azure, string Word)[] s_pfsGroups =
    [
        ("PFS2048", "modp2048"), ("PFS14", "modp2048"), ("PFS24", "modp2048s256"), ("ECP384", "ecp384"), ("ECP256", "ecp256"),
        ("PFS2", "modp1024"), ("PFS1", "modp768"), ("None", ""),
    ];

    /// <summary>An IKE proposal from <c>ikeEncryption</c>, <c>ikeIntegrity</c> and <c>dhGroup</c>.</summary>
    /// <param name="proposal">In keywords; it may still be refused as too weak by <see cref="ProposalParser"/>.</param>
    /// <param name="problem">The sentence that says which name is unknown.</param>
    public static bool TryIke(string encryption, string integrity, string group, [NotNullWhen(true)] out string? proposal, [NotNullWhen(false)] out string? problem)
    {
        proposal = null;
        if (!TryFind(s_ciphers, encryption, "IKE cipher", out var cipher, out problem)
            || !TryFind(s_hashes, integrity, "IKE hash", out var hash, out problem)
            || !TryFind(s_groups, group, "DH group", out var exchange, out problem)) return false;
        // With GCM, Azure's integrity name is the PRF alone; GCMAES256 there (older policies) leaves the PRF to the defaults.
        if (cipher.Contains("gcm", StringComparison.Ordinal) && hash.Length > 0) hash = $"prf{hash}";
        proposal = Join(cipher, hash, exchange);
        return true;
    }

    /// <summary>An ESP proposal from <c>ipsecEncryption</c>, <c>ipsecIntegrity</c> and <c>pfsGroup</c>; <c>PFSMM</c> means the IKE group.</summary>
    /// <param name="ikeGroup">The policy's <c>dhGroup</c>.</param>
    public static bool TryEsp(
        string encryption, string integrity, string pfsGroup, string ikeGroup, [NotNullWhen(true)] out string? proposal, [NotNullWhen(false)] out string? problem)
    {
        proposal = null;
        string? exchange;
        if (!TryFind(s_ciphers, encryption, "ESP cipher", out var cipher, out problem)
            || !TryFind(s_hashes, integrity, "ESP hash", out var hash, out problem)) return false;
        if (pfsGroup.Equals("PFSMM", StringComparison.OrdinalIgnoreCase)
            ? !TryFind(s_groups, ikeGroup, "DH group", out exchange, out problem)
            : !TryFind(s_pfsGroups, pfsGroup, "PFS group", out exchange, out problem)) return false;
        if (cipher.Contains("gcm", StringComparison.Ordinal)) hash = "";
        proposal = Join(cipher, hash, exchange!);
        return true;
    }

    /// <summary>Azure's cipher name for a keyword, or null: <c>aes256gcm16</c> is GCMAES256.</summary>
    public static string? Cipher(string word) => Azure(s_ciphers, word);

    /// <summary>Azure's hash name for an integrity or PRF keyword, or null.</summary>
    public static string? Hash(string word) => Azure(s_hashes, word.StartsWith("prf", StringComparison.Ordinal) ? word[3..] : word);

    /// <summary>Azure's DH group name for a keyword, or null.</summary>
    public static string? Group(string word) => Azure(s_groups, word);

    /// <summary>Azure's PFS group name for a keyword, or null; the empty word is None.</summary>
    public static string? PfsGroup(string word) => Azure(s_pfsGroups, word is "none" ? "" : word);

    private static string? Azure((string Azure, string Word)[] table, string word) =>
        Array.Find(table, row => row.Word == word).Azure;

    private static bool TryFind((string Azure, string Word)[] table, string name, string what, [NotNullWhen(true)] out string? word, [NotNullWhen(false)] out string? problem)
    {
        var row = Array.Find(table, r => r.Azure.Equals(name, StringComparison.OrdinalIgnoreCase));
        word = row.Word;
        problem = word is null ? string.Join(' ', [$"Azure's {what} \"{name}\" is unknown.", .. Suggestion(table, name)]) : null;
        return word is not null;
    }

    // GMACAES256 is GCMAES256 mistyped: Azure has no cipher that leaves packets readable, but None.
    private static IEnumerable<string> Suggestion((string Azure, string Word)[] table, string name) =>
        DidYouMean.Sentence(name, table.Select(static row => row.Azure)) is { } question ? [$"({question})"] : [];

    private static string Join(params string[] words) => string.Join('-', words.Where(w => w.Length > 0));
}
