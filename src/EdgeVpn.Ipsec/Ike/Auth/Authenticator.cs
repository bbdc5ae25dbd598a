using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Ike.Errands;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Auth;

/// <summary>Produces and verifies AUTH payloads (RFC 7296 §2.15).</summary>
/// <remarks>
/// <code>
///   InitiatorSignedOctets = RealMessage1 | NonceRData | prf(SK_pi, RestOfInitIDPayload) [| IntAuth]
///   ResponderSignedOctets = RealMessage2 | NonceIData | prf(SK_pr, RestOfRespIDPayload) [| IntAuth]
///   AUTH (pre-shared key)  = prf(prf(Shared Secret, "Key Pad for IKEv2"), SignedOctets)
/// </code>
/// </remarks>
internal sealed class Authenticator(Prf prf, IkeKeys keys, SaInitTranscript transcript)
{
    private static readonly byte[] KeyPad = Encoding.ASCII.GetBytes("Key Pad for IKEv2");

    public AuthPayload Produce(AuthenticationCredential credential, Identification identity, bool asInitiator) => credential switch
    {
        AuthenticationCredential.PreSharedKey psk => new AuthPayload(
            AuthenticationMethod.SharedKeyMessageIntegrityCode, SharedKeyMic(psk.Secret, identity, asInitiator)),
        _ => throw new ArgumentOutOfRangeException(nameof(credential)),
    };

    /// <summary>Checks the peer's AUTH; null if it does not prove <paramref name="identity"/>.</summary>
    public AuthenticatedPeer? Verify(
        AuthPayload auth, AuthenticationCredential credential, Identification identity, bool peerIsInitiator)
    {
        switch (credential)
        {
            case AuthenticationCredential.PreSharedKey psk:
                if (auth.Method != AuthenticationMethod.SharedKeyMessageIntegrityCode) return null;
                var expected = SharedKeyMic(psk.Secret, identity, peerIsInitiator);
                return CryptographicOperations.FixedTimeEquals(expected, auth.Data) ? new AuthenticatedPeer(identity) : null;
            default:
                throw new ArgumentOutOfRangeException(nameof(credential));
        }
    }

    /// <summary>AUTH by the key of an EAP method, in the place of a shared secret (RFC 7296 §2.16).</summary>
    public AuthPayload Produce(Secret msk, Identification identity, bool asInitiator) =>
        new(AuthenticationMethod.SharedKeyMessageIntegrityCode, SharedKeyMic(msk, identity, asInitiator));

    /// <summary>The peer's AUTH by the same key; null if it is not.</summary>
    public AuthenticatedPeer? Verify(Secret msk, AuthPayload auth, Identification identity, bool peerIsInitiator) =>
        auth.Method == AuthenticationMethod.SharedKeyMessageIntegrityCode
        && CryptographicOperations.FixedTimeEquals(SharedKeyMic(msk, identity, peerIsInitiator), auth.Data)
            ? new AuthenticatedPeer(identity)
            : null;

    /// <summary>The errand's verdict as a proof; null if the peer was refused.</summary>
    public static AuthenticatedPeer? Verify(VerifyPeerErrand verification) =>
        verification.Verdict is PeerVerdict.Accepted ? new AuthenticatedPeer(verification.Identity) : null;

    /// <summary>Our AUTH, to be signed by the shell; null if the peer verifies nothing that our key can make.</summary>
    public SignErrand? ToSign(
        string connection, AuthenticationCredential.Certificate credential, Identification identity, bool asInitiator, ImmutableArray<SignatureHashAlgorithm> announced) =>
        SignatureChoice.For(credential.Key, announced) is var (method, scheme)
            ? new SignErrand(connection, method, scheme, SignedOctets(identity, asInitiator))
            : null;

    private byte[] SharedKeyMic(Secret secret, Identification identity, bool ofInitiator)
    {
        using var padded = prf.Compute(secret.Octets, KeyPad);
        var mic = new byte[prf.OutputOctets];
        prf.Compute(padded.Octets, SignedOctets(identity, ofInitiator), mic);
        return mic;
    }

    /// <summary>What is signed, or fed to the MIC.</summary>
    public byte[] SignedOctets(Identification identity, bool ofInitiator)
    {
        var macedId = new byte[prf.OutputOctets];
        prf.Compute((ofInitiator ? keys.SkPi : keys.SkPr).Octets, RestOfIdPayload(identity), macedId);
        return ofInitiator
            ? Octets.Join(transcript.Request, transcript.Nr, macedId, transcript.IntAuth)
            : Octets.Join(transcript.Response, transcript.Ni, macedId, transcript.IntAuth);
    }

    /// <summary>ID Type, three reserved octets, Identification Data.</summary>
    private static byte[] RestOfIdPayload(Identification identity) =>
        Octets.Join([(byte)identity.IdType, 0, 0, 0], identity.Data);
}
