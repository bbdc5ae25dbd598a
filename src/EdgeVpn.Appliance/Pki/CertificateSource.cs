using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Pki;

/// <summary>Certificates as a configuration names them: PEM text, or a file in the box's certificate folder.</summary>
/// <remarks>
/// A file name is a plain name, without folders. PEM (any number of certificates), DER (one), and for our own certificate PKCS #12, whose password
/// is then in the secret that <c>key</c> names. Nothing is ever looked for in the system's stores.
/// </remarks>
public sealed class CertificateSource(string? folder)
{
    /// <summary>More than any chain or list of authorities needs.</summary>
    private const long MaxFileOctets = 256 * 1024;

    private const int MaxCertificates = 64;

    /// <summary>Where files are looked for; null where there is no such folder.</summary>
    public string? Folder => folder;

    /// <summary>Every certificate of one entry, in its order. The caller disposes them.</summary>
    /// <exception cref="PkiException">It cannot be read, or holds none.</exception>
    public X509Certificate2Collection Read(string entry)
    {
        if (IsText(entry)) return FromPem(entry, "the certificate");
        var octets = ReadFile(entry);
        return IsPem(octets) ? FromPem(System.Text.Encoding.UTF8.GetString(octets), entry) : [FromDer(octets, entry)];
    }

    /// <summary>Our own certificate with its intermediates, and its key.</summary>
    /// <param name="entry">The certificate's entry.</param>
    /// <param name="secret">The secret that <c>key</c> names.</param>
    public (X509Certificate2Collection Chain, byte[] Pkcs8) ReadOwn(string entry, SecretConfig secret)
    {
        if (!IsPkcs12(entry))
        {
            var text = secret.PrivateKey ?? throw new PkiException("The secret that \"key\" names holds no \"privateKey\".");
            return (Read(entry), PrivateKeyText.ToPkcs8(text.Reveal()));
        }

        X509Certificate2Collection? all = null;
        try
        {
            all = X509CertificateLoader.LoadPkcs12Collection(
                ReadFile(entry), secret.Password?.Reveal(), X509KeyStorageFlags.EphemeralKeySet | X509KeyStorageFlags.Exportable);
            var own = all.FirstOrDefault(static c => c.HasPrivateKey) ?? throw new PkiException($"{entry} holds no private key.");
            X509Certificate2Collection chain = [own, .. all.Where(c => c != own)];
            all = null;
            return (chain, PrivateKeyText.ToPkcs8(own));
        }
        catch (CryptographicException fault)
        {
            throw new PkiException($"{entry} is no PKCS #12 file, or its password is another: {fault.Message}", fault);
        }
        finally
        {
            foreach (var certificate in all ?? []) certificate.Dispose();
        }
    }

    public static bool IsPkcs12(string entry) =>
        !IsText(entry) && (entry.EndsWith(".p12", StringComparison.OrdinalIgnoreCase) || entry.EndsWith(".pfx", StringComparison.OrdinalIgnoreCase));

    private static bool IsText(string entry) => entry.Contains("-----BEGIN", StringComparison.Ordinal);

    private static bool IsPem(byte[] octets) => octets.AsSpan().IndexOf("-----BEGIN"u8) >= 0;

    private static X509Certificate2Collection FromPem(string text, string what)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            foreach (var field in new PemFields(text))
            {
                if (field.Label is not ("CERTIFICATE" or "TRUSTED CERTIFICATE" or "X509 CERTIFICATE")) continue;
                if (certificates.Count == MaxCertificates) throw new PkiException($"{what} holds more than {MaxCertificates} certificates.");
                certificates.Add(FromDer(field.Octets, what));
            }
        }
        catch (PkiException)
        {
            foreach (var certificate in certificates) certificate.Dispose();
            throw;
        }

        return certificates.Count > 0 ? certificates : throw new PkiException($"{what} holds no PEM certificate.");
    }

    private static X509Certificate2 FromDer(byte[] der, string what)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException fault)
        {
            throw new PkiException($"{what} is no certificate that can be read: {fault.Message}", fault);
        }
    }

    private byte[] ReadFile(string name)
    {
        if (folder is null) throw new PkiException($"There is no certificate folder to look for {name} in: give the certificate as PEM text.");
        if (name.Length is 0 or > 128 || name.Contains('/') || name[0] == '.') throw new PkiException($"\"{name}\" is neither PEM text nor a plain file name.");
        var path = Path.Combine(folder, name);
        try
        {
            if (new FileInfo(path).Length > MaxFileOctets) throw new PkiException($"{path} is too large for a certificate.");
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new PkiException($"{path} cannot be read: {fault.Message}", fault);
        }
    }
}
