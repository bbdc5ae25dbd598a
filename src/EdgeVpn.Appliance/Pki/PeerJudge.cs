using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EdgeVpn.Appliance.Pki.Revocation;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Model.Configuration;

namespace EdgeVpn.Appliance.Pki;

/// <summary>Judges a peer: names, signature, chain, then revocation; what is cheap, and what a stranger cannot make us do, comes first.</summary>
/// <remarks>Blocks while revocation is asked for, within <see cref="RevocationCheck"/>'s bounds: never call it on the IKE thread.</remarks>
public sealed class PeerJudge(CredentialStore credentials, RevocationCheck revocation, TimeProvider time)
{
    /// <summary>Told when a peer was let in although its revocation could not be checked: connection and why.</summary>
    public event Action<string, string>? Unchecked;

    /// <summary>A peer of IKE, whose signature came with its certificates.</summary>
    public PeerVerdict Judge(IkeOutput.VerifyPeer asked) =>
        Judge(asked.Connection, asked.Identity, asked.Certificates, key =>
        {
            var verdict = key.Verify(asked.Auth.Method, asked.Auth.Data, asked.Octets, asked.Accepted.AsSpan(), out var scheme);
            return verdict == SignatureVerdict.Valid ? null : SignatureFault(verdict, asked, scheme);
        });

    /// <summary>A TLS server, whose signature TLS verifies.</summary>
    public PeerVerdict Judge(string connection, Identification server, ImmutableArray<byte[]> certificates) =>
        Judge(connection, server, certificates, static _ => null);

    private PeerVerdict Judge(string connection, Identification identity, ImmutableArray<byte[]> chain, Func<SignaturePublicKey, string?> signatureFault)
    {
        if (credentials.Loaded(connection) is not { } trust) return Refused($"{connection} has no authorities any more");
        X509Certificate2Collection certificates = [];
        try
        {
            foreach (var der in chain) certificates.Add(X509CertificateLoader.LoadCertificate(der));
            return Judge(connection, identity, certificates, trust, signatureFault);
        }
        catch (CryptographicException)
        {
            return Refused($"{identity} sent what is no certificate");
        }
        finally
        {
            foreach (var certificate in certificates) certificate.Dispose();
        }
    }

    private PeerVerdict Judge(
        string connection, Identification identity, X509Certificate2Collection certificates, LoadedCredential trust, Func<SignaturePublicKey, string?> signatureFault)
    {
        var leaf = certificates[0];
        if (!IdentityMatch.Holds(leaf, identity))
            return Refused($"another name: the peer calls itself {identity}, its certificate is for {IdentityMatch.Describe(leaf)}");
        if (!SignaturePublicKey.TryImport(leaf.PublicKey.ExportSubjectPublicKeyInfo(), out var key))
            return Refused($"the key of {leaf.Subject} is of a kind or length that is not verified here");
        using (key)
        {
            if (signatureFault(key) is { } wrong) return Refused(wrong);
        }

        var now = time.GetUtcNow();
        if (ChainVerdict.Judge(leaf, certificates, trust, now, out var chain) is { } fault) return Refused($"{leaf.Subject}: {fault}");
        try
        {
            if (trust.Revocation == RevocationPolicy.Off) return new PeerVerdict.Accepted();
            switch (revocation.Check(chain, now))
            {
                case RevocationVerdict.Revoked revoked:
                    return Refused(revoked.ToString());
                case RevocationVerdict.Unknown unknown when trust.Revocation == RevocationPolicy.Require:
                    return Refused($"its revocation cannot be checked, and the configuration requires it: {unknown.Why}");
                case RevocationVerdict.Unknown { WasAsked: true } unknown:
                    Unchecked?.Invoke(connection, unknown.Why);
                    break;
                default:
                    break;
            }

            return new PeerVerdict.Accepted();
        }
        finally
        {
            foreach (var certificate in chain) certificate.Dispose();
        }
    }

    private static string SignatureFault(SignatureVerdict verdict, IkeOutput.VerifyPeer asked, SignatureScheme scheme) => verdict switch
    {
        SignatureVerdict.HashNotAccepted => $"{asked.Identity} signs with {scheme.Hash}, which is too weak",
        SignatureVerdict.UnsupportedAlgorithm => $"{asked.Identity} signs by a method that is not verified here ({asked.Auth.Method})",
        SignatureVerdict.WrongSignature => $"the signature of {asked.Identity} is not by its certificate's key",
        _ => $"the signature of {asked.Identity} cannot be used: {verdict}",
    };

    private static PeerVerdict.Refused Refused(string detail) => new(new CloseReason(CloseCause.CertificateRefused, Detail: detail));
}
