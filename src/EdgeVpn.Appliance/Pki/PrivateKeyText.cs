using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EdgeVpn.Appliance.Pki;

/// <summary>Private keys as files hold them, to the one form that the engine reads: PKCS #8 without encryption.</summary>
internal static class PrivateKeyText
{
    /// <param name="pem">PKCS #8, PKCS #1 (RSA) or SEC 1 (EC).</param>
    /// <returns>PrivateKeyInfo in DER; the caller zeroes it.</returns>
    /// <exception cref="PkiException">It is none of these, or encrypted.</exception>
    public static byte[] ToPkcs8(string pem)
    {
        foreach (var (label, octets) in new PemFields(pem))
        {
            try
            {
                switch (label)
                {
                    case "PRIVATE KEY":
                        return octets;
                    case "RSA PRIVATE KEY":
                        using (var rsa = RSA.Create())
                        {
                            rsa.ImportRSAPrivateKey(octets, out _);
                            return rsa.ExportPkcs8PrivateKey();
                        }

                    case "EC PRIVATE KEY":
                        using (var ec = ECDsa.Create())
                        {
                            ec.ImportECPrivateKey(octets, out _);
                            return ec.ExportPkcs8PrivateKey();
                        }

                    case "ENCRYPTED PRIVATE KEY":
                        throw new PkiException("The private key is encrypted: give it without a passphrase, the secret is protected as a whole.");
                    default:
                        continue;
                }
            }
            catch (CryptographicException fault)
            {
                throw new PkiException($"The private key cannot be read: {fault.Message}", fault);
            }
        }

        throw new PkiException("The private key is not PEM text of a PKCS #8, PKCS #1 or SEC 1 key.");
    }

    /// <summary>The key inside a PKCS #12 file.</summary>
    public static byte[] ToPkcs8(X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPrivateKey();
        using var ec = certificate.GetECDsaPrivateKey();
        return rsa?.ExportPkcs8PrivateKey() ?? ec?.ExportPkcs8PrivateKey()
            ?? throw new PkiException("The PKCS #12 file holds a key that is neither RSA nor ECDSA: give it as PEM.");
    }
}
