using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Appliance.Pki;

/// <summary>Whether a peer's certificate leads to one of our roots, at one moment: no network, no system store, no revocation.</summary>
internal static class ChainVerdict
{
    /// <summary>Certificates between leaf and root, both counted.</summary>
    private const int MaxDepth = 8;

    private static readonly string[] UsagesOfIke =
    [
        "1.3.6.1.5.5.7.3.17", // id-kp-ipsecIKE (RFC 4945 §5.1.3.12)
        "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", // serverAuth, clientAuth: what most authorities give
        "1.3.6.1.5.5.7.3.5", "1.3.6.1.5.5.7.3.6", "1.3.6.1.5.5.7.3.7", // IPsec end system, tunnel, user: obsolete, still seen
        "2.5.29.37.0", // any
    ];

    /// <param name="chain">Leaf first, root last, if it is good. The caller disposes the certificates.</param>
    /// <returns>Null if it is good, otherwise what is wrong, in one clause.</returns>
    public static string? Judge(
        X509Certificate2 leaf, X509Certificate2Collection others, LoadedCredential trust, DateTimeOffset now, out ImmutableArray<X509Certificate2> chain)
    {
        chain = [];
        using var builder = new X509Chain();
        var policy = builder.ChainPolicy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(trust.Roots);
        policy.ExtraStore.AddRange(trust.Intermediates);
        policy.ExtraStore.AddRange(others);
        policy.RevocationMode = X509RevocationMode.NoCheck; // ours to do, bounded
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.UtcDateTime;
        policy.VerificationTimeIgnored = false;

        var isBuilt = builder.Build(leaf);
        var elements = builder.ChainElements.Select(static e => e.Certificate).ToImmutableArray();
        string? fault = null;
        if (!isBuilt) fault = Faults(builder, trust, now);
        else if (elements.Length > MaxDepth) fault = $"its chain has {elements.Length} certificates, at most {MaxDepth} are followed";
        else fault = UsageFault(leaf);
        if (fault is null) chain = elements;
        else foreach (var element in elements) element.Dispose();
        return fault;
    }

    private static string Faults(X509Chain builder, LoadedCredential trust, DateTimeOffset now)
    {
        foreach (var element in builder.ChainElements)
        {
            var flags = element.ChainElementStatus.Aggregate(X509ChainStatusFlags.NoError, static (all, one) => all | one.Status);
            if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid)) return ValidityFault(element.Certificate, trust, now);
        }

        var all = builder.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (sum, one) => sum | one.Status);
        var top = builder.ChainElements.Count > 0 ? builder.ChainElements[^1].Certificate : null;
        if ((all & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            return $"unknown authority: {top?.Issuer} is not among \"authorities\"";
        if (all.HasFlag(X509ChainStatusFlags.NotSignatureValid)) return "a signature in its chain is not its issuer's";
        return $"its chain is not valid: {all}";
    }

    /// <summary>Expired, or not yet valid; and whether our own clock is to blame.</summary>
    internal static string ValidityFault(X509Certificate2 certificate, LoadedCredential trust, DateTimeOffset now)
    {
        var (from, to) = (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
        if (now < from)
        {
            return now < trust.ClockAtLeast
                ? $"clock: this box believes it is {Day(now)}, before its own certificates were made ({Day(trust.ClockAtLeast)}): see reason 61"
                : $"not yet valid: {certificate.Subject} begins {Day(from)}, this box's clock says {Day(now)}";
        }

        var rootsExpired = trust.Roots.All(root => now > new DateTimeOffset(root.NotAfter.ToUniversalTime()));
        return rootsExpired
            ? $"clock: this box believes it is {Day(now)}, when every authority it trusts has expired: see reason 61"
            : $"expired: {certificate.Subject} ended {Day(to)}, this box's clock says {Day(now)}";
    }

    private static string? UsageFault(X509Certificate2 leaf)
    {
        // RFC 4945 §5.1.3.2: where there is a key usage, it must let the key sign.
        if (leaf.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage
            && (usage.KeyUsages & (X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation)) == 0)
            return "its key usage forbids signatures";
        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } extended
            && !extended.EnhancedKeyUsages.Cast<System.Security.Cryptography.Oid>().Any(static oid => UsagesOfIke.Contains(oid.Value)))
            return "its extended key usage does not cover IKE";
        return null;
    }

    private static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
