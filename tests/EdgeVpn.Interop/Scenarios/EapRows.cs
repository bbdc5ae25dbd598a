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
    ];

    public static CertificateRow Named(string row) => All.Single(one => one.Row == row);

    private static Proofs With(string theirs, Func<Authentication.Eap, Authentication.Eap> ours)
    {
        using var pki = new LabPki();
        var both = new Authentication.Eap(User, Password, pki.Issue(theirs));
        return new Proofs(ours(both), both);
    }
}
