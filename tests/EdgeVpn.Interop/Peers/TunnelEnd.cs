using System.Collections.Immutable;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Peers;

/// <summary>How one end proves who it is.</summary>
public abstract record Authentication
{
    public sealed record Psk(string Secret) : Authentication;

    /// <summary>PEM texts: own certificate, its key (PKCS#8), and the authority that both ends trust.</summary>
    public sealed record Certificate(string CertificatePem, string KeyPem, string AuthorityPem) : Authentication
    {
        /// <summary>What stands between the certificate and its authority.</summary>
        public ImmutableArray<string> Intermediates { get; init; } = [];

        /// <summary>Who else is trusted.</summary>
        public ImmutableArray<string> MoreAuthorities { get; init; } = [];

        /// <summary>A strongSwan signs by RSASSA-PSS.</summary>
        public bool SignsByPss { get; init; }

        /// <summary>Our own policy.</summary>
        public string Revocation { get; init; } = "prefer";

        /// <summary>A file in our certificate folder, in DER.</summary>
        public byte[]? RevocationList { get; init; }
    }

    /// <summary>The gateway by certificate, the caller by user name and password inside EAP-MSCHAPv2.</summary>
    public sealed record Eap(string User, string Password, Certificate Gateway) : Authentication;

    /// <summary>The gateway by certificate, the caller by a certificate inside EAP-TLS.</summary>
    /// <param name="Own">The caller's, whose authority is its own.</param>
    /// <param name="Gateway">The gateway's.</param>
    /// <param name="Server">Whom the caller takes for the TLS server; null is the gateway.</param>
    /// <param name="Tls13">The gateway speaks TLS 1.3.</param>
    public sealed record EapTls(Certificate Own, Certificate Gateway, string? Server = null, bool Tls13 = false) : Authentication;

    /// <summary>The certificate of an end that has one, or whose authority an end trusts.</summary>
    public Certificate? Certified => this as Certificate ?? (this as Eap)?.Gateway ?? (this as EapTls)?.Gateway;

    /// <summary>Whether only one end can call.</summary>
    public bool IsEap => this is Eap or EapTls;
}

/// <summary>A post-quantum preshared key.</summary>
public sealed record PpkSetup(string Id, string Secret, bool Required = true);

/// <summary>One end of a tunnel in nobody's dialect; each product writes its own configuration from it.</summary>
public sealed record TunnelEnd
{
    /// <summary><see cref="Node.Box"/> or <see cref="Node.Gateway"/>.</summary>
    public required Node Node { get; init; }

    public required string LocalAddress { get; init; }

    /// <summary>An address, or <c>%any</c> for an end that only answers.</summary>
    public required string RemoteAddress { get; init; }

    public required string Identity { get; init; }

    /// <summary><c>%any</c> takes whoever has the secret.</summary>
    public required string PeerIdentity { get; init; }

    /// <summary>No line per IKE message in the daemon's log: what is measured does not write.</summary>
    public bool Quiet { get; init; }

    public Authentication Authentication { get; init; } = new Authentication.Psk("Zq81Lkd72Mnb39Xc5TgY");

    /// <summary>IKE proposal in strongSwan's keywords. Azure's first proposal is the default.</summary>
    public string Ike { get; init; } = "aes256-sha256-modp1024";

    /// <summary>ESP proposal; a key exchange method at its end asks for PFS.</summary>
    public string Esp { get; init; } = "aes256gcm16";

    public ImmutableArray<string> LocalSelectors { get; init; } = [];

    public ImmutableArray<string> RemoteSelectors { get; init; } = [];

    /// <summary>What stands behind this end, whatever the selectors say.</summary>
    public ImmutableArray<string> LocalNetworks { get; init; } = [];

    /// <summary>What stands behind the other end; routed into the tunnel when selectors are any to any.</summary>
    public ImmutableArray<string> RemoteNetworks { get; init; } = [];

    public TimeSpan IkeLifetime { get; init; } = TimeSpan.FromHours(8);

    public TimeSpan ChildLifetime { get; init; } = TimeSpan.FromHours(7.5);

    /// <summary>An idle peer is asked whether it lives after this time.</summary>
    public TimeSpan LivenessInterval { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Initiates by itself again when the peer went away.</summary>
    public bool Reconnects { get; init; }

    public bool Mobike { get; init; }

    /// <summary>A strongSwan that authenticates anew makes the new IKE SA before it deletes the old one; ours always does.</summary>
    public bool MakeBeforeBreak { get; init; } = true;

    /// <summary>What becomes of a tunnel whose peer calls again: replace, keep or never; null: the product's default.</summary>
    public string? Unique { get; init; }

    /// <summary>ESP in UDP also without a NAT; one end that wants it is enough.</summary>
    public bool AlwaysUdp { get; init; }

    /// <summary>A strongSwan announces hashes and signs as RFC 7427 says.</summary>
    public bool SignatureAuthentication { get; init; } = true;

    /// <summary>The IKE SA is made without a child (RFC 6023).</summary>
    public bool Childless { get; init; }

    /// <summary>A post-quantum preshared key beside the authentication (RFC 8784).</summary>
    public PpkSetup? Ppk { get; init; }

    /// <summary>Asks the other end for an address inside the tunnel, and speaks from no other.</summary>
    public bool RequestsAddress { get; init; }

    /// <summary>What the other end is given addresses out of.</summary>
    public string? AddressPool { get; init; }

    /// <summary>Which names the host behind this end is to be asked for by whoever is given an address (RFC 8598); ours only.</summary>
    public ImmutableArray<string> Domains { get; init; } = [];

    public bool IsAnyToAny => LocalSelectors.Contains("0.0.0.0/0");

    /// <summary>The branch end as the portal's defaults would have it.</summary>
    public static TunnelEnd Branch { get; } = new()
    {
        Node = Node.Box,
        LocalAddress = LabAddresses.BoxWan,
        RemoteAddress = LabAddresses.GatewayWan,
        Identity = "branch.lab",
        PeerIdentity = "cloud.lab",
        LocalSelectors = [LabAddresses.BranchNetwork],
        RemoteSelectors = [LabAddresses.CloudNetwork],
        LocalNetworks = [LabAddresses.BranchNetwork],
        RemoteNetworks = [LabAddresses.CloudNetwork],
    };

    /// <summary>The cloud end that fits <see cref="Branch"/>; it takes the branch from any address.</summary>
    public static TunnelEnd Cloud { get; } = new()
    {
        Node = Node.Gateway,
        LocalAddress = LabAddresses.GatewayWan,
        RemoteAddress = "%any",
        Identity = "cloud.lab",
        PeerIdentity = "branch.lab",
        LocalSelectors = [LabAddresses.CloudNetwork],
        RemoteSelectors = [LabAddresses.BranchNetwork],
        LocalNetworks = [LabAddresses.CloudNetwork],
        RemoteNetworks = [LabAddresses.BranchNetwork],
    };
}
