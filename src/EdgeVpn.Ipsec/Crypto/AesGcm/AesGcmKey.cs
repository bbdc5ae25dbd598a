namespace EdgeVpn.Ipsec.Crypto;

/// <summary>Sizes of AES-GCM in ESP (RFC 4106 §3.1, §4, §8.1).</summary>
public static class AesGcmKey
{
    /// <summary>The end of the negotiated key; the same for every packet, never sent.</summary>
    public const int SaltOctets = 4;

    /// <summary>The part of the nonce that is sent: here the 64-bit sequence number.</summary>
    public const int IvOctets = 8;

    public const int NonceOctets = SaltOctets + IvOctets;
}
