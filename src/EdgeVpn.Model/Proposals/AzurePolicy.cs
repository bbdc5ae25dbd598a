using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EdgeVpn.Model.Proposals;

/// <summary>A custom IPsec/IKE policy of an Azure connection, in Azure's names: used exclusively, as initiator and as responder.</summary>
/// <param name="IkeEncryption">AES256, GCMAES128 …</param>
/// <param name="IkeIntegrity">SHA384 …; the PRF too, and with GCM nothing but the PRF.</param>
/// <param name="DhGroup">DHGroup14, ECP384 …</param>
/// <param name="IpsecEncryption">GCMAES256 …</param>
/// <param name="IpsecIntegrity">SHA256 …; with GCM the cipher's own name.</param>
/// <param name="PfsGroup">ECP384, PFS2048 … or None.</param>
public sealed record AzurePolicy(
    string IkeEncryption, string IkeIntegrity, string DhGroup, string IpsecEncryption, string IpsecIntegrity, string PfsGroup)
{
    public const int DefaultLifetimeSeconds = 27_000;
    public const long DefaultKilobytes = 102_400_000;
    private const int LeastLifetimeSeconds = 300;
    private const long LeastKilobytes = 1_024;

    /// <summary>What to ask for where nothing speaks against it: every algorithm the strongest that Azure lists, PFS included.</summary>
    public static readonly AzurePolicy Recommended = new("GCMAES256", "SHA384", "ECP384", "GCMAES256", "GCMAES256", "ECP384");

    /// <summary>Azure's quick mode lifetime; local to Azure, need not be ours.</summary>
    public int LifetimeSeconds { get; init; } = DefaultLifetimeSeconds;

    /// <summary>Azure's quick mode lifetime in kilobytes.</summary>
    public long Kilobytes { get; init; } = DefaultKilobytes;

    /// <summary>As a tool printed it: names are taken unread (see <see cref="Problem"/>), and a lifetime that is missing or none is Azure's default.</summary>
    internal static AzurePolicy Printed(
        string ikeEncryption, string ikeIntegrity, string dhGroup, string ipsecEncryption, string ipsecIntegrity, string pfsGroup, long? seconds, long? kilobytes) =>
        new(ikeEncryption, ikeIntegrity, dhGroup, ipsecEncryption, ipsecIntegrity, pfsGroup)
        {
            LifetimeSeconds = seconds is > 0 and <= int.MaxValue ? (int)seconds : DefaultLifetimeSeconds,
            Kilobytes = kilobytes is > 0 ? kilobytes.Value : DefaultKilobytes,
        };

    /// <summary>The IKE proposal it stands for, in keywords.</summary>
    public string IkeProposal => AzureNames.TryIke(IkeEncryption, IkeIntegrity, DhGroup, out var text, out var problem)
        ? text : throw new InvalidOperationException(problem);

    /// <summary>The ESP proposal it stands for, in keywords; its key exchange is the PFS group.</summary>
    public string EspProposal => AzureNames.TryEsp(IpsecEncryption, IpsecIntegrity, PfsGroup, DhGroup, out var text, out var problem)
        ? text : throw new InvalidOperationException(problem);

    /// <summary>The fields as <c>az</c> takes them.</summary>
    public string AzArguments => string.Create(
        CultureInfo.InvariantCulture,
        $"--ike-encryption {IkeEncryption} --ike-integrity {IkeIntegrity} --dh-group {DhGroup} --ipsec-encryption {IpsecEncryption} --ipsec-integrity {IpsecIntegrity} --pfs-group {PfsGroup} --sa-lifetime {LifetimeSeconds} --sa-max-size {Kilobytes}");

    /// <summary>The command that gives a connection this policy.</summary>
    /// <param name="connection">The connection's name at Azure, as far as it is known.</param>
    public string AzCommand(string connection) =>
        $"az network vpn-connection ipsec-policy add --resource-group GROUP --connection-name {connection} {AzArguments}";

    /// <summary>
    /// Reads <c>GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384</c>: IKE cipher, hash, DH group; IPsec cipher, hash, PFS group; then, if wanted,
    /// seconds and kilobytes.
    /// </summary>
    /// <param name="problem">What Azure, or this engine, would not take, by name and with the mend.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out AzurePolicy? policy, [NotNullWhen(false)] out string? problem)
    {
        policy = null;
        var fields = text.Split('/');
        if (fields.Length is not (6 or 7 or 8))
        {
            problem = $"\"{text}\" is no policy: six names with '/' between them, as {Recommended}.";
            return false;
        }

        var (seconds, kilobytes) = (DefaultLifetimeSeconds, DefaultKilobytes);
        if ((fields.Length > 6 && !int.TryParse(fields[6], CultureInfo.InvariantCulture, out seconds))
            || (fields.Length > 7 && !long.TryParse(fields[7], CultureInfo.InvariantCulture, out kilobytes)))
        {
            problem = $"\"{text}\": after the names come seconds and kilobytes, as numbers.";
            return false;
        }

        var read = new AzurePolicy(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]) { LifetimeSeconds = seconds, Kilobytes = kilobytes };
        problem = read.Problem();
        if (problem is not null) return false;
        policy = read;
        return true;
    }

    /// <summary>The policy that asks for exactly one combination of the two proposals, the best that Azure has names for; null if there is none.</summary>
    public static AzurePolicy? From(ProposalSpec ike, ProposalSpec esp)
    {
        if (Ike(ike) is not var (cipher, hash, group) || Esp(esp) is not var (ipsecCipher, ipsecHash)) return null;
        var pfs = esp.Of(TransformKind.KeyExchange).Select(t => AzureNames.PfsGroup(Word(t))).FirstOrDefault(name => name is not null);
        if (pfs is null && esp.Of(TransformKind.KeyExchange).Any()) return null;
        return new AzurePolicy(cipher, hash, group, ipsecCipher, ipsecHash, pfs ?? "None");
    }

    /// <summary>What is wrong with it; null if nothing is.</summary>
    public string? Problem()
    {
        if (!AzureNames.TryIke(IkeEncryption, IkeIntegrity, DhGroup, out var ike, out var problem)
            || !AzureNames.TryEsp(IpsecEncryption, IpsecIntegrity, PfsGroup, DhGroup, out var esp, out problem)) return problem;
        if (IsGcm(IpsecEncryption) != IsGcm(IpsecIntegrity) || (IsGcm(IpsecEncryption) && !Same(IpsecEncryption, IpsecIntegrity)))
            return $"Azure refuses IPsec encryption {IpsecEncryption} with integrity {IpsecIntegrity}: with GCM both are the same name.";
        if (Same(IkeEncryption, "GCMAES192")) return "Azure has no IKE encryption GCMAES192: GCMAES256 or GCMAES128.";
        if (Same(IpsecIntegrity, "SHA384")) return "Azure has no IPsec integrity SHA384: SHA256, or GCM in both places.";
        if (Refusal(ike, ProposalUse.Ike) is { } weakIke) return weakIke;
        if (Refusal(esp, ProposalUse.Esp) is { } weakEsp) return weakEsp;
        if (LifetimeSeconds < LeastLifetimeSeconds) return $"Azure refuses an SA lifetime under {LeastLifetimeSeconds} seconds.";
        return Kilobytes < LeastKilobytes ? $"Azure refuses an SA size under {LeastKilobytes} kilobytes." : null;
    }

    public override string ToString() => $"{IkeEncryption}/{IkeIntegrity}/{DhGroup}/{IpsecEncryption}/{IpsecIntegrity}/{PfsGroup}";

    private static string? Refusal(string proposal, ProposalUse use)
    {
        ProposalParser.Parse(proposal, use, out var remarks);
        return remarks.FirstOrDefault(static r => r.IsError) is { } refused ? refused.Sentence + (refused.Mend is { } mend ? $" ({mend})" : "") : null;
    }

    private static (string Cipher, string Hash, string Group)? Ike(ProposalSpec spec)
    {
        foreach (var encryption in spec.Of(TransformKind.Encryption))
        {
            var isAead = AlgorithmKeyword.IsAead(encryption);
            if (AzureNames.Cipher(Word(encryption)) is not { } cipher || cipher is "GCMAES192" or "DES" or "None") continue;
            foreach (var group in spec.Of(TransformKind.KeyExchange))
            {
                if (AzureNames.Group(Word(group)) is not { } azureGroup) continue;
                foreach (var prf in spec.Of(TransformKind.Prf))
                {
                    // One name stands for the PRF and, without GCM, for the integrity algorithm of the same hash.
                    var hash = Word(prf)["prf".Length..];
                    if (AzureNames.Hash(hash) is { } azureHash && (isAead || spec.Of(TransformKind.Integrity).Any(t => Word(t) == hash)))
                        return (cipher, azureHash, azureGroup);
                }
            }
        }

        return null;
    }

    private static (string Cipher, string Hash)? Esp(ProposalSpec spec)
    {
        if (!spec.Of(TransformKind.Esn).Any(static t => t.Id == 0)) return null; // Azure turns extended sequence numbers off
        foreach (var encryption in spec.Of(TransformKind.Encryption))
        {
            if (AzureNames.Cipher(Word(encryption)) is not { } cipher || cipher is "DES" or "None") continue;
            if (AlgorithmKeyword.IsAead(encryption)) return (cipher, cipher);
            foreach (var integrity in spec.Of(TransformKind.Integrity))
                if (AzureNames.Hash(Word(integrity)) is "SHA256" or "SHA1") return (cipher, AzureNames.Hash(Word(integrity))!);
        }

        return null;
    }

    private static bool IsGcm(string name) => name.StartsWith("GCM", StringComparison.OrdinalIgnoreCase);

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    private static string Word(ProposalTransform transform) => AlgorithmKeyword.WordFor(transform) ?? "";
}
