using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike;
using EdgeVpn.Ipsec.Ike.Eap.Tls;

namespace EdgeVpn.Appliance.Pki;

/// <summary>What the engine asks of keys and certificates, answered in one call each; any thread but the IKE thread.</summary>
public sealed class PkiDesk(CredentialStore credentials, PeerJudge judge)
{
    public IkeInput.Returned Sign(IkeOutput.Sign asked)
    {
        if (credentials.Loaded(asked.Connection) is not { Key: not null } own)
            return new IkeInput.WorkFailed(asked.Work, NoKey(asked.Connection));
        return new IkeInput.Signed(asked.Work, own.Sign(asked.Method, asked.Scheme, asked.Octets));
    }

    public IkeInput.Returned Speak(IkeOutput.SpeakTls asked)
    {
        if (credentials.Loaded(asked.Connection) is not { Key: not null } own)
            return new IkeInput.WorkFailed(asked.Work, NoKey(asked.Connection));
        return new IkeInput.TlsSpoken(asked.Work, asked.Conversation.Take(asked.Records, new OfTls(judge, own, asked)));
    }

    public IkeInput.Returned Verify(IkeOutput.VerifyPeer asked) => new IkeInput.PeerVerified(asked.Work, judge.Judge(asked));

    private static CloseReason NoKey(string connection) => new(CloseCause.CertificateRefused, Detail: $"{connection} has no key of its own any more");

    /// <summary>The same key and the same judge, for TLS inside EAP.</summary>
    private sealed class OfTls(PeerJudge judge, LoadedCredential own, IkeOutput.SpeakTls asked) : ITlsCredentials
    {
        public PeerVerdict Judge(ImmutableArray<byte[]> certificates) => judge.Judge(asked.Connection, asked.Server, certificates);

        public byte[] Sign(SignatureScheme scheme, ReadOnlySpan<byte> octets) => own.Sign(scheme, octets);
    }
}
