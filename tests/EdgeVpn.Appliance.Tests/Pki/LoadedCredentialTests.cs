using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Pki;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Model.Configuration;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Pki;

public sealed class LoadedCredentialTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevpn-pki").FullName;
    private readonly TestAuthority _root = new();

    [Fact]
    public void PEM_texts_are_read_with_their_intermediates()
    {
        var middle = new TestAuthority("Middle", _root);
        var (own, key) = middle.Issue("own.lab");
        var loaded = Load(own.ExportCertificatePem() + "\n" + middle.Pem + "\n" + _root.Pem, key.ExportPkcs8PrivateKeyPem());
        Assert.Equal([own.RawData, middle.Certificate.RawData], loaded.Chain); // the root is the peer's to have
        Assert.Equal(SignatureKeyKind.EcP256, loaded.Key!.Kind);
        Assert.Equal(SHA1.HashData(_root.Certificate.PublicKey.ExportSubjectPublicKeyInfo()), Assert.Single(loaded.AuthorityHashes));
    }

    [Fact]
    public void Keys_in_older_PEM_forms_are_read()
    {
        var (own, key) = _root.Issue("own.lab");
        Load(own.ExportCertificatePem(), key.ExportECPrivateKeyPem());
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=rsa.lab", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TestAuthority.Now, TestAuthority.Now + TimeSpan.FromDays(1));
        Assert.Equal(SignatureKeyKind.Rsa, Load(certificate.ExportCertificatePem(), rsa.ExportRSAPrivateKeyPem()).Key!.Kind);
    }

    [Fact]
    public void Files_are_read_from_the_folder_as_PEM_DER_and_PKCS_12()
    {
        var (own, key) = _root.Issue("own.lab");
        File.WriteAllText(Path.Combine(_folder, "own.pem"), own.ExportCertificatePem());
        File.WriteAllBytes(Path.Combine(_folder, "own.der"), own.RawData);
        using (var both = own.CopyWithPrivateKey(key)) File.WriteAllBytes(Path.Combine(_folder, "own.p12"), both.Export(X509ContentType.Pkcs12, "s3cret"));
        foreach (var file in (string[])["own.pem", "own.der"])
            Assert.Equal(own.RawData, Assert.Single(Load(file, key.ExportPkcs8PrivateKeyPem()).Chain));
        Assert.Equal(own.RawData, Assert.Single(Load("own.p12", new SecretConfig { Password = new SecretText("s3cret") }).Chain));
        Fails("password is another", "own.p12", new SecretConfig { Password = new SecretText("wrong") });
    }

    [Fact]
    public void What_cannot_be_used_is_named()
    {
        var (own, key) = _root.Issue("own.lab");
        var pem = own.ExportCertificatePem();
        var good = key.ExportPkcs8PrivateKeyPem();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Fails("does not belong", pem, Secret(other.ExportPkcs8PrivateKeyPem()));
        Fails("encrypted", pem, Secret(key.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1_000))));
        Fails("is not PEM text", pem, Secret("no key"));
        Fails("cannot be read", "absent.pem", Secret(good));
        Fails("plain file name", "../own.pem", Secret(good));
        Fails("plain file name", "/etc/own.pem", Secret(good));
        Fails("no PEM certificate", "-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----", Secret(good));
        Fails("no certificate that can be read", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", Secret(good));
        Fails("holds no \"privateKey\"", pem, new SecretConfig { Password = new SecretText("x") });
    }

    [Fact]
    public void EAP_is_told_the_name_in_the_certificate()
    {
        var (own, key) = _root.Issue("own.lab");
        Assert.Equal("own.lab", Load(own.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem()).Name);
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var nameless = new CertificateRequest("O=Lab, CN=branch-042", ec, HashAlgorithmName.SHA256).CreateSelfSigned(TestAuthority.Now, TestAuthority.Now + TimeSpan.FromDays(1));
        Assert.Equal("branch-042", Load(nameless.ExportCertificatePem(), ec.ExportPkcs8PrivateKeyPem()).Name);
    }

    [Fact]
    public void Without_a_root_nobody_could_be_trusted()
    {
        var middle = new TestAuthority("Middle", _root);
        var fault = Assert.Throws<PkiException>(() => LoadedCredential.Trust([middle.Pem], RevocationPolicy.Off, new CertificateSource(null)));
        Assert.Contains("root", fault.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static SecretConfig Secret(string key) => new() { PrivateKey = new SecretText(key) };

    private LoadedCredential Load(string certificate, string key) => Load(certificate, Secret(key));

    private LoadedCredential Load(string certificate, SecretConfig secret) => LoadedCredential.Of(
        certificate, secret, [_root.Pem], RevocationPolicy.Prefer, new CertificateSource(_folder));

    private void Fails(string words, string certificate, SecretConfig secret) =>
        Assert.Contains(words, Assert.Throws<PkiException>(() => Load(certificate, secret)).Message);
}
