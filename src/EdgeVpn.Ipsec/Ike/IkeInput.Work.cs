using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Eap.Tls;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>What comes back for an <see cref="IkeOutput"/> that asked for work.</summary>
public abstract partial record IkeInput
{
    /// <summary>Something comes back. For work that nobody waits for any more it is dropped.</summary>
    public abstract record Returned(WorkId Work) : IkeInput
    {
        /// <summary>Nobody wants it: zero what is secret.</summary>
        internal virtual void Drop()
        {
        }
    }

    /// <summary>The Authentication Data that <see cref="IkeOutput.Sign"/> asked for.</summary>
    public sealed record Signed(WorkId Work, byte[] AuthenticationData) : Returned(Work);

    /// <summary>What <see cref="IkeOutput.VerifyPeer"/> came to.</summary>
    public sealed record PeerVerified(WorkId Work, PeerVerdict Verdict) : Returned(Work);

    /// <summary>The secret that <see cref="IkeOutput.Agree"/> asked for, the engine's from now on; null if the peer's public value must be refused.</summary>
    public sealed record Agreed(WorkId Work, Secret? Shared) : Returned(Work)
    {
        internal override void Drop() => Shared?.Dispose();
    }

    /// <summary>What <see cref="IkeOutput.SpeakTls"/> came to; its key is the engine's from now on.</summary>
    public sealed record TlsSpoken(WorkId Work, TlsAnswer Answer) : Returned(Work)
    {
        internal override void Drop() => Answer.Msk?.Dispose();
    }

    /// <summary>The work cannot be done, whatever it was: too much waits already, a key cannot be used. The SA is closed for this reason.</summary>
    public sealed record WorkFailed(WorkId Work, CloseReason Reason) : Returned(Work);
}

/// <summary>What became of a peer's proof. A value of its own, so that a forgotten one lets nobody in.</summary>
public abstract record PeerVerdict
{
    private PeerVerdict()
    {
    }

    /// <summary>Chain, names and signature are good.</summary>
    public sealed record Accepted : PeerVerdict;

    public sealed record Refused(CloseReason Reason) : PeerVerdict;
}
