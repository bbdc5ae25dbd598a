using EdgeVpn.Ipsec.Ike;

namespace EdgeVpn.Appliance.Pki;

/// <summary>What the engine asks of keys and certificates, answered in one call each; any thread but the IKE thread.</summary>
public sealed class PkiDesk(CredentialStore credentials, PeerJudge judge)
{
    public IkeInput.Returned Sign(IkeOutput.Sign asked)
    {
        if (credentials.Loaded(asked.Connection) is not { Key: not null } own)
            return new IkeInput.WorkFailed(asked.Work, new CloseReason(CloseCause.CertificateRefused, Detail: $"{asked.Connection} has no key of its own any more"));
        return new IkeInput.Signed(asked.Work, own.Sign(asked.Method, asked.Scheme, asked.Octets));
    }

    public IkeInput.Returned Verify(IkeOutput.VerifyPeer asked) => new IkeInput.PeerVerified(asked.Work, judge.Judge(asked));
}
