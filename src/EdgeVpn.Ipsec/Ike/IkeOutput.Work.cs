using System.Collections.Immutable;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Eap.Tls;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Work that is slow, or needs what the core must not touch: it leaves as an output and returns as an input of the same <see cref="WorkId"/>.</summary>
/// <remarks>
/// <code>
///   Sign       ──► Signed            our private key, perhaps in a TPM
///   VerifyPeer ──► PeerVerified      chains, revocation, names, the signature
///   Agree      ──► Agreed            a slow group
///   SpeakTls   ──► TlsSpoken         a flight of TLS inside EAP: chains and revocation, our signature
///   any        ──► WorkFailed        it cannot be done
/// </code>
/// An SA waits for at most one piece per direction. The message that needs it counts as not yet arrived: retransmissions of it are passed over,
/// nothing after it is looked at, the SA's other timers go on. What returns late, twice or for nobody is dropped and zeroed.
/// </remarks>
public abstract partial record IkeOutput
{
    /// <summary>Sign with the key of this connection's certificate.</summary>
    /// <param name="Method">Whose Authentication Data is wanted.</param>
    /// <param name="Octets">What is signed (RFC 7296 §2.15).</param>
    public sealed record Sign(
        WorkId Work, IkeSaId IkeSa, string Connection, AuthenticationMethod Method, SignatureScheme Scheme, byte[] Octets) : IkeOutput;

    /// <summary>Is the peer who it says: its certificate chain, the identity in it, and its signature.</summary>
    /// <param name="Connection">Whose authorities and revocation policy count.</param>
    /// <param name="Identity">What the peer calls itself; already what the connection expects.</param>
    /// <param name="Certificates">As they came, bounded in count and octets; the first one's key signed.</param>
    /// <param name="Octets">What the peer should have signed.</param>
    /// <param name="Accepted">The hashes we announced.</param>
    public sealed record VerifyPeer(
        WorkId Work,
        IkeSaId IkeSa,
        string Connection,
        Identification Identity,
        ImmutableArray<byte[]> Certificates,
        AuthPayload Auth,
        byte[] Octets,
        ImmutableArray<SignatureHashAlgorithm> Accepted) : IkeOutput;

    /// <summary>Compute the shared secret of a slow key exchange: <see cref="KeyAgreement.Compute"/>, on any thread.</summary>
    public sealed record Agree(WorkId Work, IkeSaId IkeSa, string Connection, KeyAgreement Agreement) : IkeOutput;

    /// <summary>Answer a flight of TLS inside EAP: <see cref="TlsConversation.Take"/>, on any thread but the engine's.</summary>
    /// <param name="Connection">Whose key, authorities and revocation policy count.</param>
    /// <param name="Server">Whom the server's certificate must be for.</param>
    /// <param name="Records">What the server said.</param>
    public sealed record SpeakTls(
        WorkId Work, IkeSaId IkeSa, string Connection, Identification Server, TlsConversation Conversation, byte[] Records) : IkeOutput;
}

/// <summary>Names one piece of work within one endpoint; never used twice.</summary>
public readonly record struct WorkId(long Value)
{
    public override string ToString() => $"work#{Value}";
}
