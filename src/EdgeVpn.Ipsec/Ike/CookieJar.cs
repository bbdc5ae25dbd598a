using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgeVpn.Ipsec.Crypto;

namespace EdgeVpn.Ipsec.Ike;

/// <summary>Stateless cookies: version | HMAC(secret, Ni | IPi | port | SPIi | length of IPi) (RFC 7296 §2.6).</summary>
/// <remarks>Making and checking one allocates nothing. The secret changes every <see cref="SecretLifetime"/>; the previous one is still good.</remarks>
internal sealed class CookieJar : IDisposable
{
    /// <summary>Octets of a cookie: a 4-octet version and an HMAC-SHA2-256.</summary>
    public const int CookieOctets = 4 + SHA256.HashSizeInBytes;

    /// <summary>A cookie is good for at least this long, and for at most twice as long.</summary>
    public static readonly TimeSpan SecretLifetime = TimeSpan.FromSeconds(60);

    private const int SecretOctets = 32;
    private const int MaxNonceOctets = 256; // §3.9
    private readonly IEntropy _entropy;
    private Secret _current;
    private Secret? _previous;
    private uint _version;
    private Instant _changeAt = Instant.Zero;

    public CookieJar(IEntropy entropy)
    {
        _entropy = entropy;
        _current = Fresh();
    }

    /// <summary>Writes <see cref="CookieOctets"/> octets. The nonce must have been checked for its length.</summary>
    public void Make(ReadOnlySpan<byte> nonce, ulong initiatorSpi, IpEndpoint initiator, Instant now, Span<byte> cookie)
    {
        ChangeSecret(now);
        Compute(_current, _version, nonce, initiatorSpi, initiator, cookie);
    }

    public bool Verify(ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> nonce, ulong initiatorSpi, IpEndpoint initiator, Instant now)
    {
        ChangeSecret(now);
        if (cookie.Length != CookieOctets || nonce.Length > MaxNonceOctets) return false;
        var version = BinaryPrimitives.ReadUInt32BigEndian(cookie);
        var secret = version == _version ? _current : version == _version - 1 ? _previous : null;
        if (secret is null) return false;
        Span<byte> expected = stackalloc byte[CookieOctets];
        Compute(secret, version, nonce, initiatorSpi, initiator, expected);
        return CryptographicOperations.FixedTimeEquals(expected, cookie);
    }

    public void Dispose()
    {
        _current.Dispose();
        _previous?.Dispose();
    }

    private static void Compute(
        Secret secret, uint version, ReadOnlySpan<byte> nonce, ulong initiatorSpi, IpEndpoint initiator, Span<byte> cookie)
    {
        Span<byte> covered = stackalloc byte[MaxNonceOctets + 16 + 2 + 8 + 1];
        nonce.CopyTo(covered);
        var length = nonce.Length;
        initiator.Address.Write(covered[length..]);
        length += initiator.Address.OctetCount;
        BinaryPrimitives.WriteUInt16BigEndian(covered[length..], initiator.Port);
        BinaryPrimitives.WriteUInt64BigEndian(covered[(length + 2)..], initiatorSpi);
        covered[length + 10] = (byte)initiator.Address.OctetCount; // with it no nonce can pass for a part of the address
        length += 11;
        BinaryPrimitives.WriteUInt32BigEndian(cookie, version);
        HMACSHA256.HashData(secret.Octets, covered[..length], cookie[4..]);
    }

    private void ChangeSecret(Instant now)
    {
        if (now < _changeAt) return;
        _previous?.Dispose();
        _previous = null;
        if (now < _changeAt + SecretLifetime) _previous = _current;
        else _current.Dispose(); // nobody asked for so long that it is too old already
        _current = Fresh();
        _version++;
        _changeAt = now + SecretLifetime;
    }

    private Secret Fresh()
    {
        var secret = new Secret(SecretOctets);
        _entropy.Fill(secret.Fill);
        return secret;
    }
}
