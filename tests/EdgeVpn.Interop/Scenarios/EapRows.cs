using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Interop.Scenarios;

/// <summary>The rows about EAP, where our end calls: it is the initiator that proves itself so.</summary>
public static class EapRows
{
    private const string User = "branch-042";
    private const string Password = "corr\u00e8ct horse 7";

    public static IReadOnlyList<CertificateRow> All { get; } =
    [
        new("eap-mschapv2", "strongSwan proves itself by certificate, our end by user name and password.", static (_, theirs) =>
            With(theirs, static eap => eap)),
        new("eap-mschapv2-wrong-password", "The password is another than strongSwan's.", static (_, theirs) =>
            With(theirs, static eap => eap with { Password = "something else" }), 33, "refuses the user name or password"),
        new("eap-mschapv2-unknown-user", "strongSwan does not know the user.", static (_, theirs) =>
            With(theirs, static eap => eap with { User = "nobody" }), 33),
        new("eap-mschapv2-unknown-authority", "The gateway's certificate is of an authority that our end does not know: it is told no name and no password.", static (_, theirs) =>
        {
            using var other = new LabPki();
            var authority = other.AuthorityPem;
            return With(theirs, eap => eap with { Gateway = eap.Gateway with { AuthorityPem = authority } });
        }, 35, "unknown authority"),
        new("eap-tls", "strongSwan proves itself by certificate, our end by a certificate in TLS 1.2.", static (ours, theirs) => Tls(ours, theirs, LabKey.EcP256)),
        new("eap-tls-rsa-4096", "RSA-4096 and an intermediate at both ends: TLS goes in fragments of EAP.", static (ours, theirs) =>
        {
            using var root = new LabPki();
            using var middle = root.Intermediate();
            var how = new LabCertificate { Key = LabKey.Rsa4096 };
            var tls = new Authentication.EapTls(middle.Issue(ours, how), middle.Issue(theirs, how));
            return new Proofs(tls, tls);
        }),
        new("eap-tls-1.3", "The same in TLS 1.3, as RFC 9190 says.", static (ours, theirs) => Tls(ours, theirs, LabKey.EcP256, static tls => tls with { Tls13 = true }))
        {
            NotBefore = StrongSwanRelease.Debian13, // 5.9.8 ends without the octet that RFC 9190 §2.1.1 asks for
        },
        new("eap-tls-wrong-certificate", "Our certificate is of an authority that strongSwan does not know.", static (ours, theirs) =>
        {
            using var other = new LabPki();
            var stranger = other.Issue(ours);
            var proofs = Tls(ours, theirs, LabKey.EcP256);
            return proofs with { Ours = (Authentication.EapTls)proofs.Ours with { Own = stranger } };
        }, 35, "refuses our certificate"),
        new("eap-tls-other-server", "The TLS server's certificate is not for the server that our end expects.", static (ours, theirs) =>
        {
            var proofs = Tls(ours, theirs, LabKey.EcP256);
            return proofs with { Ours = (Authentication.EapTls)proofs.Ours with { Server = "radius.lab" } };
        }, 35, "another name"),
        new("eap-tls-unknown-authority", "The gateway's certificate is of an authority that our end does not know: no TLS is begun.", static (ours, theirs) =>
        {
            using var other = new LabPki();
            var authority = other.AuthorityPem;
            var proofs = Tls(ours, theirs, LabKey.EcP256);
            var tls = (Authentication.EapTls)proofs.Ours;
            return proofs with { Ours = tls with { Gateway = tls.Gateway with { AuthorityPem = authority } } };
        }, 35, "unknown authority"),
    ];

    public static CertificateRow Named(string row) => All.Single(one => one.Row == row);

    private static Proofs With(string theirs, Func<Authentication.Eap, Authentication.Eap> ours)
    {
        using var pki = new LabPki();
        var both = new Authentication.Eap(User, Password, pki.Issue(theirs));
        return new Proofs(ours(both), both);
    }

    private static Proofs Tls(string ours, string theirs, LabKey key, Func<Authentication.EapTls, Authentication.EapTls>? with = null)
    {
        using var pki = new LabPki();
        var tls = new Authentication.EapTls(pki.Issue(ours, new LabCertificate { Key = key }), pki.Issue(theirs, new LabCertificate { Key = key }));
        if (with is not null) tls = with(tls);
        return new Proofs(tls, tls);
    }
}
