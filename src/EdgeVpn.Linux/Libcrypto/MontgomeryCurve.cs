namespace EdgeVpn.Linux.Libcrypto;

/// <summary>X25519 and X448 (RFC 7748) with a private scalar of the caller's, through EVP_PKEY.</summary>
public sealed unsafe class MontgomeryCurve
{
    private readonly CryptoFunctions _crypto = CryptoFunctions.Value;
    private readonly int _type; // EVP_PKEY_*

    private MontgomeryCurve(int type, int octets)
    {
        _type = type;
        Octets = octets;
    }

    /// <summary>32 or 56: length of scalars, public values and results.</summary>
    public int Octets { get; }

    public static MontgomeryCurve X25519() => new(1034, 32);

    public static MontgomeryCurve X448() => new(1035, 56);

    /// <summary>Writes the public value of a private scalar, of which every value will do.</summary>
    public void PublicValue(ReadOnlySpan<byte> scalar, Span<byte> publicValue)
    {
        if (publicValue.Length < Octets) throw new ArgumentException("The destination is too short.", nameof(publicValue));
        using var key = Private(scalar);
        var length = (nuint)publicValue.Length;
        fixed (byte* to = publicValue)
        {
            if (_crypto.KeyGetRawPublic(key.Pointer, to, &length) != 1) throw LibcryptoException.Last("EVP_PKEY_get_raw_public_key");
        }
    }

    /// <summary>Writes the shared value. False: the peer's has the wrong length, or is of small order and makes it zero (RFC 7748 §6.1).</summary>
    public bool TryAgree(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> peer, Span<byte> shared)
    {
        if (shared.Length < Octets) throw new ArgumentException("The destination is too short.", nameof(shared));
        if (peer.Length != Octets) return false;
        using var key = Private(scalar);
        fixed (byte* from = peer)
        fixed (byte* to = shared)
        {
            using var other = new CryptoHandle(_crypto.KeyNewRawPublic(_type, 0, from, (nuint)peer.Length), _crypto.KeyFree, "EVP_PKEY_new_raw_public_key");
            using var context = new CryptoHandle(_crypto.KeyContextNew(key.Pointer, 0), _crypto.KeyContextFree, "EVP_PKEY_CTX_new");
            if (_crypto.DeriveInit(context.Pointer) != 1) throw LibcryptoException.Last("EVP_PKEY_derive_init");
            var length = (nuint)shared.Length;
            if (_crypto.DeriveSetPeer(context.Pointer, other.Pointer) == 1 && _crypto.Derive(context.Pointer, to, &length) == 1) return true;
            _crypto.ClearError();
            shared.Clear();
            return false;
        }
    }

    private CryptoHandle Private(ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != Octets) throw new ArgumentException($"A scalar has {Octets} octets.", nameof(scalar));
        fixed (byte* start = scalar)
            return new CryptoHandle(_crypto.KeyNewRawPrivate(_type, 0, start, (nuint)scalar.Length), _crypto.KeyFree, "EVP_PKEY_new_raw_private_key");
    }
}
