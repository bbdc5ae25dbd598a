namespace EdgeVpn.Linux.Libcrypto;

/// <summary>The functions of libcrypto that we call, found once. Names are OpenSSL's without the prefix of their group.</summary>
/// <remarks>
/// Calls that take a few hundred nanoseconds at most and never block suppress the GC transition; whatever works through a packet does not,
/// as a garbage collection would have to wait for it.
/// </remarks>
internal sealed unsafe class CryptoFunctions
{
    private static readonly Lazy<CryptoFunctions> Once = new(() => new CryptoFunctions());

    public static CryptoFunctions Value => Once.Value;

    public readonly delegate* unmanaged<int, nint> Version = (delegate* unmanaged<int, nint>)Find("OpenSSL_version");
    public readonly delegate* unmanaged<ulong> GetError = (delegate* unmanaged<ulong>)Find("ERR_get_error");
    public readonly delegate* unmanaged<ulong, byte*, nuint, void> ErrorString = (delegate* unmanaged<ulong, byte*, nuint, void>)Find("ERR_error_string_n");
    public readonly delegate* unmanaged<void> ClearError = (delegate* unmanaged<void>)Find("ERR_clear_error");

    public readonly delegate* unmanaged<nint, byte*, nint, nint> CipherFetch = (delegate* unmanaged<nint, byte*, nint, nint>)Find("EVP_CIPHER_fetch");
    public readonly delegate* unmanaged<nint, void> CipherFree = (delegate* unmanaged<nint, void>)Find("EVP_CIPHER_free");
    public readonly delegate* unmanaged<nint> CipherNew = (delegate* unmanaged<nint>)Find("EVP_CIPHER_CTX_new");
    public readonly delegate* unmanaged<nint, void> CipherContextFree = (delegate* unmanaged<nint, void>)Find("EVP_CIPHER_CTX_free");
    public readonly delegate* unmanaged<nint, int, int> CipherSetPadding = (delegate* unmanaged<nint, int, int>)Find("EVP_CIPHER_CTX_set_padding");

    public readonly delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, byte*, byte*, int, int> CipherInit =
        (delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, byte*, byte*, int, int>)Find("EVP_CipherInit_ex");

    public readonly delegate* unmanaged<nint, byte*, int*, byte*, int, int> CipherUpdate = (delegate* unmanaged<nint, byte*, int*, byte*, int, int>)Find("EVP_CipherUpdate");

    public readonly delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, byte*, int, int> CipherUpdateShort =
        (delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, byte*, int, int>)Find("EVP_CipherUpdate");

    public readonly delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, int> CipherFinal =
        (delegate* unmanaged[SuppressGCTransition]<nint, byte*, int*, int>)Find("EVP_CipherFinal_ex");

    public readonly delegate* unmanaged[SuppressGCTransition]<nint, int, int, void*, int> CipherControl =
        (delegate* unmanaged[SuppressGCTransition]<nint, int, int, void*, int>)Find("EVP_CIPHER_CTX_ctrl");

    public readonly delegate* unmanaged<byte*, int, nint, nint> BnFromOctets = (delegate* unmanaged<byte*, int, nint, nint>)Find("BN_bin2bn");
    public readonly delegate* unmanaged<nint, byte*, int, int> BnToOctetsPadded = (delegate* unmanaged<nint, byte*, int, int>)Find("BN_bn2binpad");
    public readonly delegate* unmanaged<nint> BnNew = (delegate* unmanaged<nint>)Find("BN_new");
    public readonly delegate* unmanaged<nint, void> BnClearFree = (delegate* unmanaged<nint, void>)Find("BN_clear_free");
    public readonly delegate* unmanaged<nint, int, void> BnSetFlags = (delegate* unmanaged<nint, int, void>)Find("BN_set_flags");
    public readonly delegate* unmanaged<nint, nint, int> BnCompare = (delegate* unmanaged<nint, nint, int>)Find("BN_cmp");
    public readonly delegate* unmanaged<nint, int> BnIsZero = (delegate* unmanaged<nint, int>)Find("BN_is_zero");
    public readonly delegate* unmanaged<nint> BnContextNew = (delegate* unmanaged<nint>)Find("BN_CTX_new");
    public readonly delegate* unmanaged<nint, void> BnContextFree = (delegate* unmanaged<nint, void>)Find("BN_CTX_free");
    public readonly delegate* unmanaged<nint> MontgomeryNew = (delegate* unmanaged<nint>)Find("BN_MONT_CTX_new");
    public readonly delegate* unmanaged<nint, nint, nint, int> MontgomerySet = (delegate* unmanaged<nint, nint, nint, int>)Find("BN_MONT_CTX_set");
    public readonly delegate* unmanaged<nint, void> MontgomeryFree = (delegate* unmanaged<nint, void>)Find("BN_MONT_CTX_free");

    public readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, int> BnModExpConstantTime =
        (delegate* unmanaged<nint, nint, nint, nint, nint, nint, int>)Find("BN_mod_exp_mont_consttime");

    public readonly delegate* unmanaged<int, nint> GroupNew = (delegate* unmanaged<int, nint>)Find("EC_GROUP_new_by_curve_name");
    public readonly delegate* unmanaged<nint, void> GroupFree = (delegate* unmanaged<nint, void>)Find("EC_GROUP_free");
    public readonly delegate* unmanaged<nint, nint> GroupOrder = (delegate* unmanaged<nint, nint>)Find("EC_GROUP_get0_order");
    public readonly delegate* unmanaged<nint, int> GroupDegree = (delegate* unmanaged<nint, int>)Find("EC_GROUP_get_degree");
    public readonly delegate* unmanaged<nint, nint> PointNew = (delegate* unmanaged<nint, nint>)Find("EC_POINT_new");
    public readonly delegate* unmanaged<nint, void> PointClearFree = (delegate* unmanaged<nint, void>)Find("EC_POINT_clear_free");
    public readonly delegate* unmanaged<nint, nint, int> PointIsAtInfinity = (delegate* unmanaged<nint, nint, int>)Find("EC_POINT_is_at_infinity");

    public readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, int> PointMultiply =
        (delegate* unmanaged<nint, nint, nint, nint, nint, nint, int>)Find("EC_POINT_mul");

    public readonly delegate* unmanaged<nint, nint, int, byte*, nuint, nint, nuint> PointToOctets =
        (delegate* unmanaged<nint, nint, int, byte*, nuint, nint, nuint>)Find("EC_POINT_point2oct");

    public readonly delegate* unmanaged<nint, nint, byte*, nuint, nint, int> PointFromOctets =
        (delegate* unmanaged<nint, nint, byte*, nuint, nint, int>)Find("EC_POINT_oct2point");

    public readonly delegate* unmanaged<int, nint, byte*, nuint, nint> KeyNewRawPrivate = (delegate* unmanaged<int, nint, byte*, nuint, nint>)Find("EVP_PKEY_new_raw_private_key");
    public readonly delegate* unmanaged<int, nint, byte*, nuint, nint> KeyNewRawPublic = (delegate* unmanaged<int, nint, byte*, nuint, nint>)Find("EVP_PKEY_new_raw_public_key");
    public readonly delegate* unmanaged<nint, byte*, nuint*, int> KeyGetRawPublic = (delegate* unmanaged<nint, byte*, nuint*, int>)Find("EVP_PKEY_get_raw_public_key");
    public readonly delegate* unmanaged<nint, void> KeyFree = (delegate* unmanaged<nint, void>)Find("EVP_PKEY_free");
    public readonly delegate* unmanaged<nint, nint, nint> KeyContextNew = (delegate* unmanaged<nint, nint, nint>)Find("EVP_PKEY_CTX_new");
    public readonly delegate* unmanaged<nint, void> KeyContextFree = (delegate* unmanaged<nint, void>)Find("EVP_PKEY_CTX_free");
    public readonly delegate* unmanaged<nint, int> DeriveInit = (delegate* unmanaged<nint, int>)Find("EVP_PKEY_derive_init");
    public readonly delegate* unmanaged<nint, nint, int> DeriveSetPeer = (delegate* unmanaged<nint, nint, int>)Find("EVP_PKEY_derive_set_peer");
    public readonly delegate* unmanaged<nint, byte*, nuint*, int> Derive = (delegate* unmanaged<nint, byte*, nuint*, int>)Find("EVP_PKEY_derive");

    public static nint Find(string name) => CryptoLibrary.File.Function(name);
}
