using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using EdgeVpn.Appliance.Control;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Pki;

/// <summary>The credentials of all connections by name: the IKE thread asks for the engine's part, workers for keys and authorities.</summary>
public sealed class CredentialStore(CertificateSource source)
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>What the engine is told. Read once per configuration; the IKE thread.</summary>
    /// <exception cref="PkiException">A certificate or key of ours cannot be used.</exception>
    public AuthenticationCredential Of(ConnectionPlan plan)
    {
        var config = plan.Config.Authentication;
        if (config is PskAuthentication psk)
            return new AuthenticationCredential.PreSharedKey(new Secret(Encoding.UTF8.GetBytes(Required(plan, psk.Secret, static s => s.Psk))));
        var entry = _entries.TryGetValue(plan.Name, out var known) && known.Problem is null && ReferenceEquals(known.Config, config) ? known : Read(plan, config);
        return entry.Credential ?? throw new PkiException(entry.Problem!);
    }

    /// <summary>The post-quantum preshared key beside the credential (RFC 8784). Read once per configuration, as <see cref="Of"/>.</summary>
    public static Ppk? PpkOf(ConnectionPlan plan) =>
        plan.Config.Authentication.Ppk is { } ppk && plan.Secrets.TryGetValue(ppk.Secret, out var secret) && secret.Psk is { } text
            ? new Ppk(ppk.Id, new Secret(Encoding.UTF8.GetBytes(text.Reveal())), ppk.Required)
            : null;

    /// <summary>Keys and authorities of a connection; null if there is none of that name.</summary>
    public LoadedCredential? Loaded(string connection) => _entries.TryGetValue(connection, out var entry) ? entry.Loaded : null;

    /// <summary>Connections that are no more.</summary>
    public void Keep(IEnumerable<string> connections)
    {
        foreach (var gone in _entries.Keys.Except(connections)) _entries.TryRemove(gone, out _);
    }

    private Entry Read(ConnectionPlan plan, AuthenticationConfig config)
    {
        Entry entry;
        try
        {
            entry = config switch
            {
                CertificateAuthentication certificate => WithCertificate(
                    config, LoadedCredential.Of(certificate.Certificate, Secret(plan, certificate.Key), certificate.Authorities, certificate.Revocation, source)),
                EapMschapv2Authentication eap => WithPassword(config, eap, Required(plan, eap.Secret, static s => s.Password), source),
                EapTlsAuthentication eap => WithTls(
                    eap, LoadedCredential.Of(eap.Certificate, Secret(plan, eap.Key), eap.Authorities, eap.Revocation, source)),
                _ => throw new ArgumentOutOfRangeException(nameof(config)),
            };
        }
        catch (PkiException problem)
        {
            entry = new Entry(config, null, null, problem.Message);
        }

        _entries[plan.Name] = entry;
        return entry;
    }

    private static Entry WithCertificate(AuthenticationConfig config, LoadedCredential loaded) => new(
        config, loaded, new AuthenticationCredential.Certificate(loaded.Chain, loaded.Key!.Kind, loaded.AuthorityHashes), null);

    private static Entry WithPassword(AuthenticationConfig config, EapMschapv2Authentication eap, string password, CertificateSource source)
    {
        var trust = LoadedCredential.Trust(eap.Authorities, eap.Revocation, source);
        return new Entry(
            config, trust, new AuthenticationCredential.EapMsChapV2(eap.User, new Secret(Encoding.UTF8.GetBytes(password)), trust.AuthorityHashes), null);
    }

    private static Entry WithTls(EapTlsAuthentication eap, LoadedCredential loaded) => new(
        eap,
        loaded,
        new AuthenticationCredential.EapTls(
            eap.User ?? loaded.Name, loaded.Chain, loaded.Key!.Kind, eap.Server is { } server ? Identification.Parse(server) : null, loaded.AuthorityHashes),
        null);

    private static string Required(ConnectionPlan plan, string name, Func<SecretConfig, SecretText?> field) =>
        field(Secret(plan, name))?.Reveal() ?? throw new PkiException($"The secret '{name}' does not hold what is needed.");

    private static SecretConfig Secret(ConnectionPlan plan, string name) =>
        plan.Secrets.TryGetValue(name, out var secret) ? secret : throw new PkiException($"The secret '{name}' is not there.");

    private sealed record Entry(AuthenticationConfig Config, LoadedCredential? Loaded, AuthenticationCredential? Credential, string? Problem);
}
