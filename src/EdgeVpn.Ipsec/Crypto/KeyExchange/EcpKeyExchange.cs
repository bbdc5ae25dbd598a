using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Wire.Registry;

namespace EdgeVpn.Ipsec.Crypto.KeyExchange;

/// <summary>Diffie-Hellman on the NIST prime curves (RFC 5903): a public value is x | y, the shared secret is the x coordinate alone.</summary>
/// <remarks>The platform's library multiplies in constant time; the scalar is ours, drawn from <see cref="IEntropy"/>.</remarks>
internal sealed class EcpKeyExchange(EcpGroup group) : IKeyExchange
{
    private readonly EcpGroup _group = group;

    public KeyExchangeMethod Method => _group.Method;

    public bool IsSlow => Method != KeyExchangeMethod.Ecp256;

    public IKeyExchangeInitiation Initiate(IEntropy entropy) => new Initiation(this, MakeKey(entropy));

    public bool TryRespond(
        ReadOnlySpan<byte> peer, IEntropy entropy, [NotNullWhen(true)] out byte[]? publicValue, [NotNullWhen(true)] out Secret? shared)
    {
        publicValue = null;
        shared = null;
        if (!IsAcceptable(peer))
            return false;

        using var key = MakeKey(entropy);
        publicValue = PublicValue(key);
        shared = Agree(key, peer);
        return true;
    }

    private bool IsAcceptable(ReadOnlySpan<byte> peer) =>
        peer.Length == 2 * _group.CoordinateOctets && _group.IsOnCurve(peer[.._group.CoordinateOctets], peer[_group.CoordinateOctets..]);

    private ECDiffieHellman MakeKey(IEntropy entropy)
    {
        using var scalar = PrivateScalar.Draw(entropy, _group.Order);
        var d = GC.AllocateUninitializedArray<byte>(scalar.Length, pinned: true);
        try
        {
            scalar.Octets.CopyTo(d);
            return ECDiffieHellman.Create(new ECParameters { Curve = _group.Curve, D = d }); // the library computes Q = d × G
        }
        finally
        {
            CryptographicOperations.ZeroMemory(d);
        }
    }

    private static byte[] PublicValue(ECDiffieHellman key)
    {
        var q = key.ExportParameters(includePrivateParameters: false).Q;
        return [.. q.X!, .. q.Y!];
    }

    private Secret Agree(ECDiffieHellman key, ReadOnlySpan<byte> peer)
    {
        var size = _group.CoordinateOctets;
        var q = new ECPoint { X = peer[..size].ToArray(), Y = peer[size..].ToArray() };
        using var other = ECDiffieHellman.Create(new ECParameters { Curve = _group.Curve, Q = q });
        using var otherPublic = other.PublicKey;
        var z = key.DeriveRawSecretAgreement(otherPublic);
        try
        {
            return new Secret(z);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(z);
        }
    }

    private sealed class Initiation(EcpKeyExchange method, ECDiffieHellman key) : IKeyExchangeInitiation
    {
        public byte[] PublicValue { get; } = PublicValue(key);

        public bool TryFinish(ReadOnlySpan<byte> peer, [NotNullWhen(true)] out Secret? shared)
        {
            shared = method.IsAcceptable(peer) ? method.Agree(key, peer) : null;
            return shared is not null;
        }

        public void Dispose() => key.Dispose();
    }
}
