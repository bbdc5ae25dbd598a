using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Model.Validation.Rules;

/// <summary>Secrets are there, of the right kind, used, and such that the peer takes them. No sentence quotes one.</summary>
internal static class SecretRules
{
    private const int ShortestSafePsk = 20; // Microsoft's troubleshooter advises 20 or more
    private const int LongestAzurePsk = 128;
    private const int LongestPpkId = 128;
    private const int LongestEapName = 253; // a NAI that every server takes (RFC 7542 §2.3)
    private const int ShortestPpk = 43; // 256 bits in letters and digits

    public static void Check(RuleContext context)
    {
        var used = new HashSet<string>();
        foreach (var (connection, path) in context.Connections) Authentication(context, connection, path, used);
        foreach (var (item, path) in context.Interfaces)
        {
            if (item.Pppoe is { } pppoe) Refer(context, pppoe.Secret, "password", s => s.Password, path["pppoe"]["secret"], used);
            if (item.Lte?.Secret is { } secret) Refer(context, secret, "password", s => s.Password, path["lte"]["secret"], used);
            if (item.Lte?.Pin is { } pin) Refer(context, pin, "password", s => s.Password, path["lte"]["pin"], used);
        }

        foreach (var (name, secret) in context.Config.Secrets.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var path = JsonPath.Root["secrets"][name];
            context.SimpleName(name, 64, path);
            if (!used.Contains(name)) context.Warn(ProblemKind.Doubtful, path, "Nothing uses this secret.");
            var given = new[] { secret.Psk, secret.Password, secret.PrivateKey, secret.Sealed }.Count(s => s is not null);
            if (given != 1 && Fields.All(f => context.IsSound(path[f])))
                context.Error(given == 0 ? ProblemKind.MissingField : ProblemKind.Contradiction, path, given == 0 ? "The secret is empty." : "A secret is one thing.", $"give one of {string.Join(", ", Fields)}");
            if (secret.Psk is { } psk) Psk(context, psk.Reveal(), path["psk"]);
            if (secret.PrivateKey is { } key && !key.Reveal().Contains("PRIVATE KEY-----", StringComparison.Ordinal))
                context.Error(ProblemKind.BadValue, path["privateKey"], "The private key is not PEM text.");
            else if (secret.PrivateKey?.Reveal().Contains("ENCRYPTED", StringComparison.Ordinal) == true)
                context.Error(ProblemKind.BadValue, path["privateKey"], "The private key is encrypted.", "give it without a passphrase: the secret is protected as a whole");
            if (secret.Sealed is { } jwe && jwe.Reveal().Split('.').Length != 5)
                context.Error(ProblemKind.BadValue, path["sealed"], "A compact JWE has five parts with dots between them (RFC 7516 §7.1).");
        }
    }

    private static string[] Fields => ["psk", "password", "privateKey", "sealed"];

    private static void Authentication(RuleContext context, ConnectionConfig connection, JsonPath path, HashSet<string> used)
    {
        var at = path["authentication"];
        if (connection.Authentication?.Ppk is { } ppk) Ppk(context, connection, ppk, at["ppk"], used);
        switch (connection.Authentication)
        {
            case PskAuthentication psk:
                Refer(context, psk.Secret, "psk", s => s.Psk, at["secret"], used);
                break;
            case CertificateAuthentication certificate:
                OwnKey(context, certificate.Certificate, certificate.Key, at["key"], used);
                Certificates(context, connection, certificate.Certificate, certificate.Authorities, path);
                break;
            case EapMschapv2Authentication eap:
                Refer(context, eap.Secret, "password", s => s.Password, at["secret"], used);
                Certificates(context, connection, null, eap.Authorities, path);
                EapCalls(context, connection, path);
                break;
            case EapTlsAuthentication eap:
                OwnKey(context, eap.Certificate, eap.Key, at["key"], used);
                Certificates(context, connection, eap.Certificate, eap.Authorities, path);
                EapName(context, eap.User, at["user"]);
                EapName(context, eap.Server, at["server"]);
                EapCalls(context, connection, path);
                break;
        }
    }

    private static void Refer(RuleContext context, string name, string kind, Func<SecretConfig, SecretText?> field, JsonPath path, HashSet<string> used)
    {
        used.Add(name);
        if (!context.IsSound(path)) return;
        if (!context.IsSound(JsonPath.Root["secrets"])) return;
        if (!context.Config.Secrets.TryGetValue(name, out var secret))
        {
            var meant = DidYouMean.Find(name, context.Config.Secrets.Keys.Order(StringComparer.Ordinal));
            if (meant is not null) used.Add(meant);
            context.Error(ProblemKind.UnknownName, path, $"No secret is named \"{(name.Length <= 64 ? name : name[..61] + "...")}\".", DidYouMean.Question(meant));
        }
        else if (field(secret) is null && secret.Sealed is null && Fields.All(f => context.IsSound(JsonPath.Root["secrets"][name][f])))
            context.Error(ProblemKind.Contradiction, path, $"The secret \"{name}\" holds no \"{kind}\".");
    }

    private static void Certificates(RuleContext context, ConnectionConfig connection, string? certificate, System.Collections.Immutable.ImmutableArray<string> authorities, JsonPath path)
    {
        var at = path["authentication"];
        if (certificate is not null && certificate.Contains("PRIVATE KEY", StringComparison.Ordinal))
            context.Error(ProblemKind.BadValue, at["certificate"], "A private key does not belong here.", "put it in a secret and name that in \"key\"");
        if (certificate is not null) Entry(context, certificate, at["certificate"]);
        for (var i = 0; i < authorities.Length; i++) Entry(context, authorities[i], at["authorities"][i]);
        if (authorities.IsEmpty) context.Error(ProblemKind.MissingField, at["authorities"], "Without an authority every peer's certificate would be refused.");
        foreach (var (endpoint, place) in context.Items(connection.Remote.Endpoints, path["remote"]["endpoints"]))
            if (endpoint.Identity is null && endpoint.Address.HostName is null)
                context.Error(ProblemKind.MissingField, place["identity"], "With certificates the peer's identity must be named: else any holder of a certificate of that authority would do.");
    }

    /// <summary>A PKCS #12 file brings the key along; the secret then is its password.</summary>
    private static bool IsPkcs12(string certificate) => !certificate.Contains("-----BEGIN", StringComparison.Ordinal)
        && (certificate.EndsWith(".p12", StringComparison.OrdinalIgnoreCase) || certificate.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase));

    /// <summary>PEM text, or a plain file name: a document from far away names no place on this box's disk.</summary>
    private static void Entry(RuleContext context, string entry, JsonPath path)
    {
        if (entry.Length == 0) context.Error(ProblemKind.BadValue, path, "The certificate is empty.");
        else if (!entry.Contains("-----BEGIN", StringComparison.Ordinal) && (entry.Length > 128 || entry[0] == '.' || entry.Any(static c => c is '/' or '\\' || char.IsControl(c))))
            context.Error(ProblemKind.BadValue, path, "A certificate is PEM text, or the plain name of a file in the certificate folder.");
    }

    private static void Ppk(RuleContext context, ConnectionConfig connection, PpkConfig ppk, JsonPath path, HashSet<string> used)
    {
        Refer(context, ppk.Secret, "psk", s => s.Psk, path["secret"], used);
        if (connection.Authentication is EapMschapv2Authentication or EapTlsAuthentication)
            context.Error(ProblemKind.Contradiction, path, "A post-quantum preshared key goes with pre-shared keys and certificates, not with EAP.");
        if (context.IsSound(path["id"]) && ppk.Id.Length is 0 or > LongestPpkId)
            context.Error(ProblemKind.BadValue, path["id"], $"The name of a post-quantum preshared key has 1 to {LongestPpkId} characters.");
        if (context.Config.Secrets.TryGetValue(ppk.Secret ?? "", out var secret) && secret.Psk is { } text && text.Reveal().Length < ShortestPpk)
            context.Warn(ProblemKind.Weak, path["secret"], "RFC 8784 §6 asks for 256 bits: fewer can be searched by the quantum computer that it is against.", $"use {ShortestPpk} random letters and digits or more");
    }

    private static void OwnKey(RuleContext context, string certificate, string key, JsonPath path, HashSet<string> used)
    {
        if (IsPkcs12(certificate)) Refer(context, key, "password", s => s.Password, path, used);
        else Refer(context, key, "privateKey", s => s.PrivateKey, path, used);
    }

    private static void EapName(RuleContext context, string? name, JsonPath path)
    {
        if (name is not null && (name.Length is 0 or > LongestEapName || name.Any(char.IsControl) || name.Trim() != name))
            context.Error(ProblemKind.BadValue, path, $"A name in EAP has 1 to {LongestEapName} characters and no space at its ends.", "leave it out for the certificate's own");
    }

    private static void EapCalls(RuleContext context, ConnectionConfig connection, JsonPath path)
    {
        if (connection.Mode != ConnectionMode.Initiator)
            context.Error(ProblemKind.Contradiction, path["mode"], "EAP is for the side that calls.", "\"mode\": \"initiator\"");
    }

    private static void Psk(RuleContext context, string psk, JsonPath path)
    {
        if (psk.Length == 0)
        {
            context.Error(ProblemKind.BadValue, path, "The pre-shared key is empty.");
            return;
        }

        if (psk.Any(c => c is < '!' or > '~' or '-' or '~'))
            context.Warn(ProblemKind.Doubtful, path, "Azure refuses pre-shared keys with a space, '-', '~' or anything but printable ASCII.", "use letters and digits");
        if (psk.Length < ShortestSafePsk)
            context.Warn(ProblemKind.Weak, path, $"A pre-shared key of {psk.Length} characters can be guessed from one recorded handshake with an active attacker.", $"use {ShortestSafePsk} random letters and digits or more");
        if (psk.Length > LongestAzurePsk)
            context.Warn(ProblemKind.Doubtful, path, $"Azure refuses pre-shared keys of more than {LongestAzurePsk} characters.");
    }
}
