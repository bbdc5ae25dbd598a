using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Interop.Peers;

/// <summary>Writes libreswan's configuration and secrets from a <see cref="TunnelEnd"/>.</summary>
internal static class LibreswanFiles
{
    internal const string ConnectionName = "gw", CertificateName = "own";

    private static readonly string[] Kinds = ["aes", "sha", "dh"];

    /// <summary>ipsec.conf. The log tells the SPIs of IKE SAs only at this level.</summary>
    internal static string Connection(TunnelEnd end)
    {
        var (esp, pfs) = Esp(end.Esp);
        return $"""
            config setup
                plutodebug=base
            conn {ConnectionName}
                ikev2=yes
                left={end.LocalAddress}
                right={end.RemoteAddress}
                leftid=@{end.Identity}
                rightid=@{end.PeerIdentity}
                leftsubnet={end.LocalSelectors.Single()}
                rightsubnet={end.RemoteSelectors.Single()}
                {Proof(end.Authentication)}
                ike={Ike(end.Ike)}
                esp={esp}
                pfs={(pfs ? "yes" : "no")}
                esn={(end.Esp.Split('-').Contains("esn") ? "yes" : "no")}
                fragmentation=yes
                ikelifetime={Seconds(end.IkeLifetime)}
                salifetime={Seconds(end.ChildLifetime)}
                dpddelay={Seconds(end.LivenessInterval)}
                dpdtimeout={Seconds(end.LivenessInterval * 3)}
                dpdaction=clear
                retransmit-interval=300
                retransmit-timeout=4s
                keyingtries=1
                encapsulation={(end.AlwaysUdp ? "yes" : "auto")}
                {(end.Ppk is { } ppk ? $"ppk={(ppk.Required ? "insist" : "yes")}" : "")}
                leftupdown=%disabled
                auto=add

            """;
    }

    /// <summary>ipsec.secrets.</summary>
    internal static string Secrets(TunnelEnd end) =>
        (end.Authentication is Authentication.Psk psk ? $"@{end.Identity} @{end.PeerIdentity} : PSK \"{psk.Secret}\"\n" : "")
        + (end.Ppk is { } ppk ? $"@{end.Identity} @{end.PeerIdentity} : PPKS \"{ppk.Id}\" \"{ppk.Secret}\"\n" : "");

    private static string Proof(Authentication authentication)
    {
        if (authentication is not Authentication.Certificate certificate) return "authby=secret";
        using var own = X509Certificate2.CreateFromPem(certificate.CertificatePem);
        using var rsa = own.GetRSAPublicKey();
        return $"authby={(rsa is null ? "ecdsa" : "rsa-sha2")}\n    leftcert={CertificateName}";
    }

    /// <summary>Words of one kind stand side by side with a plus, kinds with a hyphen: aes256-sha256-modp2048-ecp256 is aes256-sha2_256-dh14+dh19.</summary>
    private static string Ike(string proposal) => string.Join('-', Kinds.Select(kind => Words(proposal, kind)).Where(words => words.Length > 0));

    private static (string Proposal, bool Pfs) Esp(string proposal)
    {
        var (integrity, groups) = (Words(proposal, "sha"), Words(proposal, "dh"));
        return ($"{Words(proposal, "aes")}-{(integrity.Length > 0 ? integrity : "null")}{(groups.Length > 0 ? ";" + groups : "")}", groups.Length > 0);
    }

    private static string Words(string proposal, string kind) => string.Join('+', proposal.Split('-').Select(Word).Where(word => word.StartsWith(kind, StringComparison.Ordinal)));

    private static string Word(string keyword) => keyword switch
    {
        "aes128gcm16" => "aes_gcm128",
        "aes256gcm16" => "aes_gcm256",
        "sha256" or "prfsha256" => "sha2_256",
        "sha384" or "prfsha384" => "sha2_384",
        "sha512" or "prfsha512" => "sha2_512",
        "modp2048" => "dh14",
        "ecp256" => "dh19",
        "ecp384" => "dh20",
        "x25519" => "dh31",
        "aes128" or "aes256" or "sha1" or "esn" => keyword,
        _ => throw new ArgumentException($"no word of libreswan's for {keyword}", nameof(keyword)),
    };

    private static string Seconds(TimeSpan time) => Math.Max(1, (long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "s";
}
