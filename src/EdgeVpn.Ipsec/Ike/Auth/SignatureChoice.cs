using System.Collections.Immutable;
using System.Buffers.Binary;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Wire;
using EdgeVpn.Ipsec.Wire.Payloads;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Ike.Auth;

/// <summary>Which authentication method and scheme our key signs with, given what the peer announced (RFC 7427 §4, RFC 8247 §3).</summary>
/// <remarks>
/// Method 14 wherever the peer announced hashes: RSASSA-PSS for RSA, which RFC 8247 §3.2 requires of everyone; the hash of the curve's own
/// strength for ECDSA. A peer that announced none gets methods 1 and 9 to 11. SHA-1 is neither announced, made nor taken.
/// </remarks>
internal static class SignatureChoice
{
    /// <summary>What we announce and accept, best first for RSA.</summary>
    public static ImmutableArray<SignatureHashAlgorithm> Accepted { get; } =
        [SignatureHashAlgorithm.Sha256, SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha512, SignatureHashAlgorithm.Identity];

    /// <summary>N(SIGNATURE_HASH_ALGORITHMS) of ours.</summary>
    public static NotifyPayload Announcement
    {
        get
        {
            var data = new byte[Accepted.Length * sizeof(ushort)];
            for (var i = 0; i < Accepted.Length; i++) BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(i * sizeof(ushort)), (ushort)Accepted[i]);
            return new NotifyPayload(ProtocolId.None, [], NotifyType.SignatureHashAlgorithms, data);
        }
    }

    /// <summary>The hashes that the sender of an IKE_SA_INIT message announced; empty if it does not know RFC 7427.</summary>
    public static ImmutableArray<SignatureHashAlgorithm> AnnouncedIn(PayloadList saInit)
    {
        if (saInit.Notify(NotifyType.SignatureHashAlgorithms) is not { } notify) return [];
        var hashes = ImmutableArray.CreateBuilder<SignatureHashAlgorithm>();
        for (var at = 0; at + sizeof(ushort) <= notify.Data.Length; at += sizeof(ushort))
            hashes.Add((SignatureHashAlgorithm)BinaryPrimitives.ReadUInt16BigEndian(notify.Data.AsSpan(at)));
        return hashes.ToImmutable();
    }

    /// <returns>Null if the peer verifies nothing that this key can make.</returns>
    public static (AuthenticationMethod Method, SignatureScheme Scheme)? For(SignatureKeyKind key, ImmutableArray<SignatureHashAlgorithm> announced)
    {
        if (announced.IsEmpty)
        {
            return key switch
            {
                SignatureKeyKind.Rsa => (AuthenticationMethod.RsaDigitalSignature, SignatureScheme.RsaPkcs1(SignatureHashAlgorithm.Sha256)),
                SignatureKeyKind.EcP256 => (AuthenticationMethod.EcdsaSha256P256, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha256)),
                SignatureKeyKind.EcP384 => (AuthenticationMethod.EcdsaSha384P384, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha384)),
                SignatureKeyKind.EcP521 => (AuthenticationMethod.EcdsaSha512P521, SignatureScheme.Ecdsa(SignatureHashAlgorithm.Sha512)),
                _ => null,
            };
        }

        SignatureHashAlgorithm[] wanted = key switch
        {
            SignatureKeyKind.Ed25519 => [SignatureHashAlgorithm.Identity],
            SignatureKeyKind.EcP384 => [SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha512, SignatureHashAlgorithm.Sha256],
            SignatureKeyKind.EcP521 => [SignatureHashAlgorithm.Sha512, SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha256],
            _ => [SignatureHashAlgorithm.Sha256, SignatureHashAlgorithm.Sha384, SignatureHashAlgorithm.Sha512],
        };
        foreach (var hash in wanted)
        {
            if (!announced.Contains(hash)) continue;
            var scheme = key switch
            {
                SignatureKeyKind.Ed25519 => SignatureScheme.Ed25519,
                SignatureKeyKind.Rsa => SignatureScheme.RsaPss(hash),
                _ => SignatureScheme.Ecdsa(hash),
            };
            return (AuthenticationMethod.DigitalSignature, scheme);
        }

        return null;
    }
}
