using System.Buffers.Binary;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>An AEAD over the SK payload (RFC 5282 for AES-GCM, RFC 7634 for ChaCha20-Poly1305): the nonce is 4 octets of salt and the 8 octets of IV.</summary>
/// <remarks>
/// The IV is a counter of this key: under one key it never repeats, which is all an AEAD asks for (RFC 5282 §3.1).
/// A retransmission sends the sealed octets again; it is never sealed again.
/// </remarks>
internal sealed class SkAead : SkCipher
{
    public const int SaltOctets = 4;
    private const int NonceOctets = 12;

    private readonly IAead _aead;
    private readonly Secret _salt;
    private ulong _nextIv;

    /// <summary>Takes over <paramref name="aead"/>.</summary>
    public SkAead(IAead aead, ReadOnlySpan<byte> salt, ulong firstIv = 0)
    {
        _aead = aead;
        _salt = new Secret(salt);
        _nextIv = firstIv;
    }

    public override int IvOctets => NonceOctets - SaltOctets;

    public override int IcvOctets => _aead.TagOctets;

    public override int BlockOctets => 1;

    protected override void SealPadded(Span<byte> message, int bodyOffset)
    {
        BinaryPrimitives.WriteUInt64BigEndian(message.Slice(bodyOffset, IvOctets), _nextIv);
        _nextIv = checked(_nextIv + 1);

        Span<byte> nonce = stackalloc byte[NonceOctets];
        MakeNonce(message, bodyOffset, nonce);
        _aead.Seal(nonce, message[..bodyOffset], Padded(message, bodyOffset), message[^IcvOctets..]);
    }

    protected override bool TryOpenPadded(Span<byte> message, int bodyOffset)
    {
        Span<byte> nonce = stackalloc byte[NonceOctets];
        MakeNonce(message, bodyOffset, nonce);
        return _aead.TryOpen(nonce, message[..bodyOffset], Padded(message, bodyOffset), message[^IcvOctets..]);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aead.Dispose();
            _salt.Dispose();
        }

        base.Dispose(disposing);
    }

    private void MakeNonce(ReadOnlySpan<byte> message, int bodyOffset, Span<byte> nonce)
    {
        _salt.Octets.CopyTo(nonce);
        message.Slice(bodyOffset, IvOctets).CopyTo(nonce[SaltOctets..]);
    }
}
