namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Curves in Weierstrass form, with OpenSSL's numbers (NID).</summary>
public enum CurveName
{
    P256 = 415,
    P384 = 715,
    P521 = 716,
    BrainpoolP256R1 = 927,
    BrainpoolP384R1 = 931,
    BrainpoolP512R1 = 933,
}

/// <summary>Diffie-Hellman on a Weierstrass curve with a private scalar of the caller's.</summary>
/// <remarks>Public values are x and y without a leading 04, as in RFC 5903 §7. Safe for several threads.</remarks>
public sealed unsafe class EllipticCurve : IDisposable
{
    private const int POINT_CONVERSION_UNCOMPRESSED = 4;
    private const int BN_FLG_CONSTTIME = 0x04;
    private const int MaxCoordinateOctets = 66; // P-521

    private readonly CryptoFunctions _crypto = CryptoFunctions.Value;
    private readonly CryptoHandle _group;

    public EllipticCurve(CurveName name)
    {
        _group = new CryptoHandle(_crypto.GroupNew((int)name), _crypto.GroupFree, $"EC_GROUP_new_by_curve_name({name})");
        CoordinateOctets = (_crypto.GroupDegree(_group.Pointer) + 7) / 8;
    }

    /// <summary>32, 48, 64 or 66.</summary>
    public int CoordinateOctets { get; }

    /// <summary>Writes the public value of a private scalar. False: the scalar is zero or not below the group's order; draw another.</summary>
    /// <param name="scalar">Big-endian, secret.</param>
    /// <param name="publicValue">At least two coordinates.</param>
    public bool TryPublicValue(ReadOnlySpan<byte> scalar, Span<byte> publicValue)
    {
        if (publicValue.Length < 2 * CoordinateOctets) throw new ArgumentException("The destination is too short.", nameof(publicValue));
        using var secret = Scalar(scalar);
        if (secret is null) return false;
        using var point = Point();
        if (_crypto.PointMultiply(_group.Pointer, point.Pointer, secret.Pointer, 0, 0, 0) != 1) throw LibcryptoException.Last("EC_POINT_mul");
        Write(point, publicValue, 2 * CoordinateOctets);
        return true;
    }

    /// <summary>Writes the x coordinate that both ends arrive at. False: the peer's value is no point of the curve, or leads to infinity.</summary>
    /// <param name="scalar">Big-endian, secret; one that <see cref="TryPublicValue"/> took.</param>
    /// <param name="peer">x and y.</param>
    /// <param name="shared">At least one coordinate.</param>
    public bool TryAgree(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> peer, Span<byte> shared)
    {
        if (shared.Length < CoordinateOctets) throw new ArgumentException("The destination is too short.", nameof(shared));
        if (peer.Length != 2 * CoordinateOctets) return false;
        using var secret = Scalar(scalar);
        if (secret is null) return false;
        using var point = Point();
        var encoded = stackalloc byte[1 + (2 * MaxCoordinateOctets)];
        *encoded = POINT_CONVERSION_UNCOMPRESSED;
        peer.CopyTo(new Span<byte>(encoded + 1, peer.Length));
        // Checks that the point is on the curve.
        if (_crypto.PointFromOctets(_group.Pointer, point.Pointer, encoded, (nuint)(1 + peer.Length), 0) != 1)
        {
            _crypto.ClearError();
            return false;
        }

        using var product = Point();
        if (_crypto.PointMultiply(_group.Pointer, product.Pointer, 0, point.Pointer, secret.Pointer, 0) != 1) throw LibcryptoException.Last("EC_POINT_mul");
        if (_crypto.PointIsAtInfinity(_group.Pointer, product.Pointer) == 1) return false;
        Write(product, shared, CoordinateOctets);
        return true;
    }

    public void Dispose() => _group.Dispose();

    private CryptoHandle Point() => new(_crypto.PointNew(_group.Pointer), _crypto.PointClearFree, "EC_POINT_new");

    private CryptoHandle? Scalar(ReadOnlySpan<byte> octets)
    {
        ObjectDisposedException.ThrowIf(_group.IsClosed, this);
        fixed (byte* start = octets)
        {
            var number = new CryptoHandle(_crypto.BnFromOctets(start, octets.Length, 0), _crypto.BnClearFree, "BN_bin2bn");
            _crypto.BnSetFlags(number.Pointer, BN_FLG_CONSTTIME);
            if (_crypto.BnIsZero(number.Pointer) == 0 && _crypto.BnCompare(number.Pointer, _crypto.GroupOrder(_group.Pointer)) < 0) return number;
            number.Dispose();
            return null;
        }
    }

    private void Write(CryptoHandle point, Span<byte> destination, int octets)
    {
        var encoded = stackalloc byte[1 + (2 * MaxCoordinateOctets)];
        var whole = (nuint)(1 + (2 * CoordinateOctets));
        if (_crypto.PointToOctets(_group.Pointer, point.Pointer, POINT_CONVERSION_UNCOMPRESSED, encoded, whole, 0) != whole)
            throw LibcryptoException.Last("EC_POINT_point2oct");
        new ReadOnlySpan<byte>(encoded + 1, octets).CopyTo(destination);
        new Span<byte>(encoded, 1 + (2 * MaxCoordinateOctets)).Clear();
    }
}
