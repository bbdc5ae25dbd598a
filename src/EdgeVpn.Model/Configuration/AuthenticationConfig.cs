using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;

namespace EdgeVpn.Model.Configuration;

/// <summary>How the two ends prove who they are (RFC 7296 §2.15, 2.16).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(PskAuthentication), "psk")]
[JsonDerivedType(typeof(CertificateAuthentication), "certificate")]
[JsonDerivedType(typeof(EapMschapv2Authentication), "eap-mschapv2")]
[JsonDerivedType(typeof(EapTlsAuthentication), "eap-tls")]
public abstract record AuthenticationConfig
{
    [Description("A post-quantum preshared key beside it, the same at both ends (RFC 8784): what is recorded today stays secret from a later quantum computer.")]
    public PpkConfig? Ppk { get; init; }
}

/// <summary>A post-quantum preshared key (RFC 8784).</summary>
public sealed record PpkConfig
{
    [Description("Its name, which both ends know and which goes over the wire.")]
    public required string Id { get; init; }

    [Description("Name of the secret that holds it, as a \"psk\" of 32 random octets or more.")]
    public required string Secret { get; init; }

    [Description("Whether a peer without it is refused.")]
    public bool Required { get; init; } = true;
}

/// <summary>A pre-shared key, the same at both ends.</summary>
public sealed record PskAuthentication : AuthenticationConfig
{
    [Description("Name of the secret that holds the key.")]
    public required string Secret { get; init; }
}

/// <summary>X.509 certificates at both ends.</summary>
public sealed record CertificateAuthentication : AuthenticationConfig
{
    [Description("Our certificate and its intermediates: PEM text, or a file name in the box's certificate folder (PEM, DER, PKCS #12).")]
    public required string Certificate { get; init; }

    [Description("Name of the secret that holds our private key, or the password of the PKCS #12 file.")]
    public required string Key { get; init; }

    [Description("Certificates whose holders may vouch for the peer: PEM text or file names.")]
    public required ImmutableArray<string> Authorities { get; init; }

    [Description("require: refuse where revocation cannot be checked; prefer: accept then, and say so; off: do not check.")]
    public RevocationPolicy Revocation { get; init; } = RevocationPolicy.Prefer;
}

/// <summary>What to do about revoked certificates.</summary>
public enum RevocationPolicy
{
    Prefer,
    Require,
    Off,
}

/// <summary>User name and password inside EAP; the gateway shows a certificate.</summary>
public sealed record EapMschapv2Authentication : AuthenticationConfig
{
    [Description("User name.")]
    public required string User { get; init; }

    [Description("Name of the secret that holds the password.")]
    public required string Secret { get; init; }

    [Description("Certificates whose holders may vouch for the gateway: PEM text or file names.")]
    public required ImmutableArray<string> Authorities { get; init; }

    [Description("require: refuse where the gateway's revocation cannot be checked; prefer: accept then, and say so; off: do not check.")]
    public RevocationPolicy Revocation { get; init; } = RevocationPolicy.Prefer;
}

/// <summary>A client certificate inside EAP-TLS; the gateway shows a certificate.</summary>
public sealed record EapTlsAuthentication : AuthenticationConfig
{
    [Description("Our certificate and its intermediates: PEM text, or a file name in the box's certificate folder (PEM, DER, PKCS #12).")]
    public required string Certificate { get; init; }

    [Description("Name of the secret that holds our private key, or the password of the PKCS #12 file.")]
    public required string Key { get; init; }

    [Description("Certificates whose holders may vouch for the gateway: PEM text or file names.")]
    public required ImmutableArray<string> Authorities { get; init; }

    [Description("User name that EAP is told; else the certificate's own e-mail address, DNS name or common name.")]
    public string? User { get; init; }

    [Description("Identity in the certificate of the TLS server, where that is not the gateway itself but a server behind it (RADIUS).")]
    public string? Server { get; init; }

    [Description("require: refuse where the gateway's revocation cannot be checked; prefer: accept then, and say so; off: do not check.")]
    public RevocationPolicy Revocation { get; init; } = RevocationPolicy.Prefer;
}
