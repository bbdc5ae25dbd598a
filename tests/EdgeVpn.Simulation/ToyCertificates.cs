using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Auth;
using BouncyEd25519 = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace EdgeVpn.Simulation;

/// <summary>Certificates without X.509: a name and its public key, good if the key is the one that the name has. The signatures are real Ed25519.</summary>
internal static class ToyCertificates
{
    private static readonly byte[] Pkcs8 = Convert.FromHexString("302e020100300506032b657004220420");
    private static readonly byte[] Spki = Convert.FromHexString("302a300506032b6570032100");

    /// <summary>What an endpoint of this name authenticates with.</summary>
    /// <param name="padding">Octets of intermediates: for messages that need fragments.</param>
    public static AuthenticationCredential.Certificate Of(string name, int padding = 0) => new(
        [Certificate(name), .. padding == 0 ? [] : new[] { new byte[padding] }], SignatureKeyKind.Ed25519, [SHA1.HashData("the authority"u8)]);

    public static byte[] Certificate(string name) => [.. Encoding.UTF8.GetBytes(name), 0, .. PublicKey(name)];

    /// <summary>Signs with the key of <paramref name="name"/>.</summary>
    public static byte[] Sign(string name, IkeOutput.Sign sign)
    {
        using var key = SignaturePrivateKey.ImportPkcs8([.. Pkcs8, .. Seed(name)]);
        return key.Authenticate(sign.Method, sign.Scheme, sign.Octets);
    }

    public static PeerVerdict Verify(IkeOutput.VerifyPeer verify)
    {
        var certificate = verify.Certificates[0];
        var name = Encoding.UTF8.GetString(certificate, 0, Array.IndexOf(certificate, (byte)0));
        if (verify.Identity.ToString() != name) return Refused($"certificate of {name}, not of {verify.Identity}");
        if (!certificate.AsSpan().SequenceEqual(Certificate(name))) return Refused("unknown authority");
        if (!SignaturePublicKey.TryImport(PublicKey(name), out var key)) return Refused("no key");
        using (key)
        {
            var verdict = key.Verify(verify.Auth.Method, verify.Auth.Data, verify.Octets, verify.Accepted.AsSpan(), out _);
            return verdict == SignatureVerdict.Valid ? new PeerVerdict.Accepted() : Refused(verdict.ToString());
        }
    }

    private static PeerVerdict.Refused Refused(string detail) => new(new CloseReason(CloseCause.CertificateRefused, Detail: detail));

    private static byte[] Seed(string name) => SHA256.HashData(Encoding.UTF8.GetBytes(name));

    private static byte[] PublicKey(string name)
    {
        var key = new byte[BouncyEd25519.PublicKeySize];
        BouncyEd25519.GeneratePublicKey(Seed(name), 0, key, 0);
        return [.. Spki, .. key];
    }
}
