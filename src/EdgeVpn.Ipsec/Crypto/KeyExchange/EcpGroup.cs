using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>The numbers of one ECP group: y² = x³ − 3x + b modulo p, with a base point of prime order and cofactor 1 (RFC 5903 §3).</summary>
internal sealed class EcpGroup
{
    private readonly BigInteger _p;
    private readonly BigInteger _b;

    private EcpGroup(KeyExchangeMethod method, ECCurve curve, string p, string b, string order)
    {
        Method = method;
        Curve = curve;
        Order = Convert.FromHexString(order);
        _p = Parse(p);
        _b = Parse(b);
    }

    /// <summary>256-bit random ECP group (RFC 5903 §3.1).</summary>
    public static EcpGroup Ecp256 { get; } = new(
        KeyExchangeMethod.Ecp256,
        ECCurve.NamedCurves.nistP256,
        p: "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
        b: "5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
        order: "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");

    /// <summary>384-bit random ECP group (RFC 5903 §3.2).</summary>
    public static EcpGroup Ecp384 { get; } = new(
        KeyExchangeMethod.Ecp384,
        ECCurve.NamedCurves.nistP384,
        p: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" + "FFFFFFFFFFFFFFFEFFFFFFFF0000000000000000FFFFFFFF",
        b: "B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE814112" + "0314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF",
        order: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973");

    /// <summary>521-bit random ECP group (RFC 5903 §3.3).</summary>
    public static EcpGroup Ecp521 { get; } = new(
        KeyExchangeMethod.Ecp521,
        ECCurve.NamedCurves.nistP521,
        p: "01FF" + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" +
            "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        b: "0051" + "953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E1" +
            "56193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00",
        order: "01FF" + "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA" +
            "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409");

    public KeyExchangeMethod Method { get; }

    public ECCurve Curve { get; }

    /// <summary>n, big-endian, as long as a coordinate.</summary>
    public byte[] Order { get; }

    /// <summary>Length of a coordinate, and of the shared secret.</summary>
    public int CoordinateOctets => Order.Length;

    /// <summary>Both coordinates below p, and the point on the curve (RFC 6989 §2.3). The point at infinity has no such encoding.</summary>
    /// <remarks>The peer's point is public: no need for constant time.</remarks>
    public bool IsOnCurve(ReadOnlySpan<byte> xOctets, ReadOnlySpan<byte> yOctets)
    {
        var x = new BigInteger(xOctets, isUnsigned: true, isBigEndian: true);
        var y = new BigInteger(yOctets, isUnsigned: true, isBigEndian: true);
        return x < _p && y < _p && ((y * y) - (((x * x) - 3) * x) - _b) % _p == 0;
    }

    private static BigInteger Parse(string hex) => BigInteger.Parse("0" + hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
