using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace EdgeVpn.Ipsec.Ike.Eap.Tls;

/// <summary>What is special about TLS inside EAP: whom it believes, what it signs with, which key it leaves behind (RFC 5216, RFC 9190).</summary>
/// <remarks>TLS 1.2 and 1.3 with ephemeral ECDH; no resumption, no early data, no stapling, no renegotiation.</remarks>
internal sealed class EapTlsClient(BcTlsCrypto crypto, ImmutableArray<byte[]> chain, SignatureKeyKind key) : AbstractTlsClient(crypto), TlsAuthentication
{
    /// <summary>MSK and EMSK (RFC 5216 §2.3).</summary>
    private const int KeyMaterialOctets = 128;

    private const int MskOctets = 64;

    /// <summary>The EAP type, as RFC 9190 §2.3 has it in the exporter's context.</summary>
    private static readonly byte[] ExporterContext = [(byte)EapType.Tls];

    private static readonly int[] Suites =
    [
        CipherSuite.TLS_AES_256_GCM_SHA384, CipherSuite.TLS_AES_128_GCM_SHA256, CipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, CipherSuite.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384,
        CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
    ];

    /// <summary>Who judges and signs; there while a flight is taken.</summary>
    public ITlsCredentials? Credentials { get; set; }

    /// <summary>Why we ended it, where we know better than an alert can say.</summary>
    public CloseReason? Fault { get; private set; }

    /// <summary>Whether the server wanted our certificate.</summary>
    public bool WasAsked { get; private set; }

    public bool IsTls13 => TlsUtilities.IsTlsV13(m_context.SecurityParameters.NegotiatedVersion);

    /// <summary>The key, once the handshake is complete; taken once.</summary>
    public Secret? Msk { get; set; }

    public override TlsAuthentication GetAuthentication() => this;

    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        var certificates = serverCertificate.Certificate.GetCertificateList().Select(static c => c.GetEncoded()).ToImmutableArray();
        if (certificates.IsEmpty) throw new TlsFatalAlert(AlertDescription.decode_error);
        var verdict = Credentials!.Judge(certificates);
        if (verdict is PeerVerdict.Accepted) return;
        Fault = (verdict as PeerVerdict.Refused)?.Reason;
        throw new TlsFatalAlert(AlertDescription.bad_certificate);
    }

    public TlsCredentials? GetClientCredentials(CertificateRequest request)
    {
        WasAsked = true;
        if (TlsSignatures.For(key, request.SupportedSignatureAlgorithms, IsTls13) is not var (scheme, name))
        {
            Fault = new CloseReason(CloseCause.CertificateRefused, Detail: "the gateway takes no signature in TLS that our key can make");
            throw new TlsFatalAlert(AlertDescription.handshake_failure);
        }

        return new DefaultTlsCredentialedSigner(new TlsCryptoParameters(m_context), new ShellSigner(Credentials!, scheme), Ours(request), name);
    }

    /// <summary>Servers that never renegotiate, strongSwan among them, do not say renegotiation_info (RFC 5746); nor do we ever renegotiate.</summary>
    public override void NotifySecureRenegotiation(bool secureRenegotiation)
    {
    }

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();
        var material = KeyMaterial();
        Msk = new Secret(material.AsSpan(0, MskOctets));
        Array.Clear(material);
    }

    protected override int[] GetSupportedCipherSuites() => Suites;

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() => TlsSignatures.Accepted;

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;

    /// <summary>The exporter of the version (RFC 5216 §2.3, RFC 9190 §2.3).</summary>
    /// <remarks>
    /// BouncyCastle exports from TLS 1.2 only with extended_master_secret, which some gateways lack. Here the key ends in AUTH, over an IKE_SA_INIT that
    /// the gateway has signed already: a handshake synchronised with another one proves nothing there.
    /// </remarks>
    private byte[] KeyMaterial()
    {
        if (IsTls13) return m_context.ExportKeyingMaterial("EXPORTER_EAP_TLS_Key_Material", ExporterContext, KeyMaterialOctets);
        var parameters = m_context.SecurityParameters;
        return parameters.MasterSecret
            .DeriveUsingPrf(parameters.PrfAlgorithm, "client EAP encryption", Octets.Join(parameters.ClientRandom, parameters.ServerRandom), KeyMaterialOctets)
            .Extract();
    }

    private Certificate Ours(CertificateRequest request)
    {
        var certificates = chain.Select(Crypto.CreateCertificate).ToArray();
        return request.GetCertificateRequestContext() is { } context && IsTls13
            ? new Certificate(context, [.. certificates.Select(static c => new CertificateEntry(c, null))])
            : new Certificate(certificates);
    }
}
