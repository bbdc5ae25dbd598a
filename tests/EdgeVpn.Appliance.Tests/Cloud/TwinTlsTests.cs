using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Model.Twin;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Cloud;

/// <summary>TLS with certificates on both sides, against Mosquitto.</summary>
public sealed class TwinTlsTests
{
    [Fact]
    public async Task A_box_with_a_certificate_connects_to_a_broker_whose_authority_it_trusts()
    {
        using var authority = new Authority("fleet");
        await using var broker = await StartAsync(authority);
        await using var box = Box(broker, authority, authority.Issue("box"));
        await BrokerLab.UntilAsync(() => box.Loop.Status.Connected, () => "connects: " + box.Loop.Status.Reason?.Detail);
    }

    [Fact]
    public async Task A_broker_of_another_authority_is_refused_by_the_box()
    {
        using var authority = new Authority("fleet");
        using var stranger = new Authority("stranger");
        await using var broker = await StartAsync(authority);
        await using var box = Box(broker, stranger, authority.Issue("box"));
        await BrokerLab.UntilAsync(() => box.Loop.Status.Reason is not null, "a reason");
        Assert.Equal(54, box.Loop.Status.Reason!.Code);
        Assert.Contains("TLS", box.Loop.Status.Reason.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_box_without_a_certificate_does_not_get_in()
    {
        using var authority = new Authority("fleet");
        await using var broker = await StartAsync(authority);
        await using var box = Box(broker, authority, certificate: null);
        await BrokerLab.UntilAsync(() => box.Loop.Status.Reason is not null, "a reason");
        Assert.Empty(box.Box.Notices.OfType<CloudNotice.Connected>());
    }

    private static RunningBox Box(MosquittoLab broker, Authority authority, X509Certificate2? certificate) =>
        new(new BrokerAddress("127.0.0.1", broker.Port, Tls: true), change: o => o with { Authorities = [authority.Certificate], Certificate = certificate });

    private static async Task<MosquittoLab> StartAsync(Authority authority)
    {
        var lab = new MosquittoLab("cafile @/ca.pem\ncertfile @/server.pem\nkeyfile @/server.key\nrequire_certificate true\nuse_identity_as_username true");
        using var server = authority.Issue("127.0.0.1");
        await File.WriteAllTextAsync(System.IO.Path.Combine(lab.Folder, "ca.pem"), authority.Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(System.IO.Path.Combine(lab.Folder, "server.pem"), server.ExportCertificatePem());
        using var key = server.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(System.IO.Path.Combine(lab.Folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        await lab.StartAsync();
        return lab;
    }

    /// <summary>A certification authority for the length of a test.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly DateTimeOffset _from = DateTimeOffset.UtcNow.AddHours(-1);

        public Authority(string name)
        {
            var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            Certificate = request.CreateSelfSigned(_from, _from.AddDays(1));
        }

        public X509Certificate2 Certificate { get; }

        public X509Certificate2 Issue(string name)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            if (IPAddress.TryParse(name, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            using var issued = request.Create(Certificate, _from, _from.AddHours(12), RandomNumberGenerator.GetBytes(8));
            return issued.CopyWithPrivateKey(key);
        }

        public void Dispose()
        {
            Certificate.Dispose();
            _key.Dispose();
        }
    }
}
