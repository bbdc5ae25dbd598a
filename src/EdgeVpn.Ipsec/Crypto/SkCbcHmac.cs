using System.Diagnostics;
using System.Security.Cryptography;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>A block cipher in CBC mode with a truncated HMAC over the whole message (RFC 7296 §3.14, RFC 3602, RFC 2451).</summary>
/// <remarks>CBC needs IVs that nobody can predict (RFC 3602 §3): each is drawn from <see cref="IEntropy"/>.</remarks>
internal sealed class SkCbcHmac : SkCipher
{
    private readonly SymmetricAlgorithm _cipher;
    private readonly HashAlgorithmName _hash;
    private readonly Secret _integrityKey;
    private readonly IEntropy _entropy;

    /// <summary>Takes over <paramref name="cipher"/>; its key is set.</summary>
    public SkCbcHmac(SymmetricAlgorithm cipher, HashAlgorithmName hash, int icvOctets, ReadOnlySpan<byte> integrityKey, IEntropy entropy)
    {
        _cipher = cipher;
        _hash = hash;
        IcvOctets = icvOctets;
        BlockOctets = cipher.BlockSize / 8;
        _integrityKey = new Secret(integrityKey);
        _entropy = entropy;
    }

    public override int IvOctets => BlockOctets;

    public override int IcvOctets { get; }

    public override int BlockOctets { get; }

    protected override void SealPadded(Span<byte> message, int bodyOffset)
    {
        var iv = message.Slice(bodyOffset, IvOctets);
        var padded = Padded(message, bodyOffset);
        _entropy.Fill(iv);
        var written = _cipher.EncryptCbc(padded, iv, padded, PaddingMode.None);
        Debug.Assert(written == padded.Length);

        Span<byte> mac = stackalloc byte[SHA512.HashSizeInBytes];
        Authenticate(message[..^IcvOctets], mac);
        mac[..IcvOctets].CopyTo(message[^IcvOctets..]);
    }

    protected override bool TryOpenPadded(Span<byte> message, int bodyOffset)
    {
        Span<byte> mac = stackalloc byte[SHA512.HashSizeInBytes];
        Authenticate(message[..^IcvOctets], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..IcvOctets], message[^IcvOctets..]))
            return false;

        var padded = Padded(message, bodyOffset);
        var written = _cipher.DecryptCbc(padded, message.Slice(bodyOffset, IvOctets), padded, PaddingMode.None);
        Debug.Assert(written == padded.Length);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _cipher.Dispose();
            _integrityKey.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Authenticate(ReadOnlySpan<byte> octets, Span<byte> mac) =>
        CryptographicOperations.HmacData(_hash, _integrityKey.Octets, octets, mac);
}
