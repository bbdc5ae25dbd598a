using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Eap.Tls;
using EdgeVpn.Ipsec.Tests.Crypto;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Xunit;
using SignatureScheme = EdgeVpn.Ipsec.Crypto.SignatureScheme;

namespace EdgeVpn.Ipsec.Tests.Ike.Eap;

/// <summary>The gateway's end of EAP-TLS for tests: BouncyCastle's server, in fragments of any size, and what it makes of the client.</summary>
internal sealed class TestTlsGateway
{
    private readonly TlsServerProtocol _protocol = new();
    private readonly Server _server;
    private readonly int _fragment;
    private readonly bool _saysOver;
    private byte[] _flight = [];
    private int _sent;
    private List<byte> _heard = [];
    private byte _id = 1;
    private bool _isOver;
    private bool _hasFailed;

    /// <param name="saysOver">Ends TLS 1.3 as RFC 9190 §2.1.1 says.</param>
    public TestTlsGateway(bool tls13, int fragment = 600, bool refuses = false, bool saysOver = true)
    {
        _server = new Server(tls13, refuses);
        _fragment = fragment;
        _saysOver = saysOver;
        _protocol.Accept(_server);
    }

    public byte[]? Msk => _server.Msk;

    /// <summary>Fragments that the client sent so far, and the largest EAP message among them.</summary>
    public int Heard { get; private set; }

    public int Largest { get; private set; }

    public static X509Certificate2 Certificate(string name, SignatureKeyKind kind)
    {
        using var rsa = RSA.Create();
        using var ec = ECDsa.Create();
        if (kind == SignatureKeyKind.Rsa) rsa.ImportPkcs8PrivateKey(TestKeys.Rsa2048, out _);
        else ec.ImportPkcs8PrivateKey(TestKeys.Pkcs8(kind), out _);
        var request = kind == SignatureKeyKind.Rsa
            ? new System.Security.Cryptography.X509Certificates.CertificateRequest($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new System.Security.Cryptography.X509Certificates.CertificateRequest($"CN={name}", ec, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    /// <summary>Start, then whatever comes next; EAP-Success or Failure once there is nothing more to say.</summary>
    public byte[] Start() => Request([EapTlsMessage.StartFlag]);

    public byte[] Answer(byte[] response)
    {
        Heard++;
        Largest = Math.Max(Largest, response.Length);
        Assert.Equal((2, (byte)(_id - 1), 13), (response[0], response[1], response[4]));
        Assert.True(EapTlsMessage.TryRead(response.AsSpan(5), out var message));
        if (_sent < _flight.Length) return Next();
        _heard.AddRange(message.Data);
        if (message.HasMore) return Request([0]);
        if (_heard.Count == 0) return _isOver ? [3, _id, 0, 4] : [4, _id, 0, 4];
        try
        {
            _protocol.OfferInput([.. _heard]);
        }
        catch (IOException)
        {
            _hasFailed = true; // our own alert, or the client's, has ended it: the flight tells
        }

        _heard = [];
        if (_hasFailed) _isOver = false;
        else if (_server.IsComplete && !_isOver)
        {
            _isOver = true;
            if (_server.IsTls13 && _saysOver) _protocol.WriteApplicationData([0], 0, 1);
        }

        _flight = new byte[_protocol.GetAvailableOutputBytes()];
        _protocol.ReadOutput(_flight, 0, _flight.Length);
        _sent = 0;
        return _flight.Length == 0 ? [(byte)(_isOver ? 3 : 4), _id, 0, 4] : Next();
    }

    private byte[] Next()
    {
        var isFirst = _sent == 0;
        var octets = _flight.AsSpan(_sent, Math.Min(_fragment, _flight.Length - _sent)).ToArray();
        _sent += octets.Length;
        var flags = (byte)((isFirst ? EapTlsMessage.LengthIncluded : 0) | (_sent < _flight.Length ? EapTlsMessage.MoreFragments : 0));
        byte[] length = isFirst ? [0, 0, (byte)(_flight.Length >> 8), (byte)_flight.Length] : [];
        return Request([flags, .. length, .. octets]);
    }

    private byte[] Request(byte[] data) => [1, _id++, (byte)((data.Length + 5) >> 8), (byte)(data.Length + 5), 13, .. data];

    private sealed class Server(bool tls13, bool refuses) : DefaultTlsServer(new BcTlsCrypto(new SecureRandom()))
    {
        public byte[]? Msk { get; private set; }

        public bool IsComplete => Msk is not null;

        public bool IsTls13 => tls13;

        public override Org.BouncyCastle.Tls.CertificateRequest GetCertificateRequest()
        {
            var algorithms = TlsUtilities.GetDefaultSupportedSignatureAlgorithms(m_context);
            return tls13
                ? new Org.BouncyCastle.Tls.CertificateRequest([], algorithms, null, null)
                : new Org.BouncyCastle.Tls.CertificateRequest([ClientCertificateType.ecdsa_sign, ClientCertificateType.rsa_sign], algorithms, null);
        }

        public override void NotifyClientCertificate(Certificate clientCertificate)
        {
            Assert.False(clientCertificate.IsEmpty);
            if (refuses) throw new TlsFatalAlert(AlertDescription.unknown_ca);
        }

        public override void NotifyHandshakeComplete()
        {
            base.NotifyHandshakeComplete();
            var material = tls13
                ? m_context.ExportKeyingMaterial("EXPORTER_EAP_TLS_Key_Material", [13], 128)
                : m_context.ExportKeyingMaterial("client EAP encryption", null, 128);
            Msk = material[..64];
        }

        protected override ProtocolVersion[] GetSupportedVersions() => tls13 ? [ProtocolVersion.TLSv13] : [ProtocolVersion.TLSv12];

        protected override int[] GetSupportedCipherSuites() =>
            tls13 ? [CipherSuite.TLS_AES_256_GCM_SHA384] : [CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384];

        public override TlsCredentials GetCredentials() => Signer();

        protected override TlsCredentialedSigner GetECDsaSignerCredentials() => Signer();

        private BcDefaultTlsCredentialedSigner Signer()
        {
            using var certificate = TestTlsGateway.Certificate("gateway.lab", SignatureKeyKind.EcP256);
            var crypto = (BcTlsCrypto)m_context.Crypto;
            var der = crypto.CreateCertificate(certificate.RawData);
            var chain = tls13 ? new Certificate([], [new CertificateEntry(der, null)]) : new Certificate([der]);
            return new BcDefaultTlsCredentialedSigner(
                new TlsCryptoParameters(m_context), crypto, PrivateKeyFactory.CreateKey(TestKeys.P256), chain, SignatureAndHashAlgorithm.GetInstance(Org.BouncyCastle.Tls.HashAlgorithm.sha256, Org.BouncyCastle.Tls.SignatureAlgorithm.ecdsa));
        }
    }

    /// <summary>Believes or refuses the gateway, and signs with a test key.</summary>
    internal sealed class Credentials(SignatureKeyKind kind, CloseReason? refusal = null) : ITlsCredentials
    {
        public ImmutableArray<byte[]> Judged { get; private set; } = [];

        public PeerVerdict Judge(ImmutableArray<byte[]> certificates)
        {
            Judged = certificates;
            return refusal is null ? new PeerVerdict.Accepted() : new PeerVerdict.Refused(refusal);
        }

        public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> octets)
        {
            using var key = TestKeys.Private(kind);
            return key.Sign(scheme, octets);
        }
    }
}
