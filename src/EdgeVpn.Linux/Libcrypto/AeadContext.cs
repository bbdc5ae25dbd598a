using System.Security.Cryptography;

namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Ciphers that authenticate too; 12-octet nonces.</summary>
public enum AeadCipher
{
    Aes128Gcm,
    Aes192Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
}

/// <summary>One key, one direction, set up once (a persistent EVP_CIPHER_CTX): per packet only the nonce is new.</summary>
/// <remarks>One thread at a time. Allocates nothing per packet.</remarks>
public sealed unsafe class AeadContext : IDisposable
{
    public const int NonceOctets = 12;

    private const int EVP_CTRL_AEAD_GET_TAG = 0x10, EVP_CTRL_AEAD_SET_TAG = 0x11;

    private readonly CryptoFunctions _crypto = CryptoFunctions.Value;
    private readonly CryptoHandle _context;
    private readonly bool _isSealing;

    /// <param name="cipher">Which.</param>
    /// <param name="key">16, 24 or 32 octets, as the cipher says.</param>
    /// <param name="isSealing">The direction; a context does not turn around.</param>
    public AeadContext(AeadCipher cipher, ReadOnlySpan<byte> key, bool isSealing)
    {
        var (name, keyOctets) = cipher switch
        {
            AeadCipher.Aes128Gcm => ("AES-128-GCM", 16),
            AeadCipher.Aes192Gcm => ("AES-192-GCM", 24),
            AeadCipher.Aes256Gcm => ("AES-256-GCM", 32),
            AeadCipher.ChaCha20Poly1305 => ("ChaCha20-Poly1305", 32),
            _ => throw new ArgumentOutOfRangeException(nameof(cipher)),
        };
        if (key.Length != keyOctets) throw new ArgumentException($"{name} takes {keyOctets} octets of key.", nameof(key));
        _isSealing = isSealing;
        _context = CipherContext.Make(name, key, isSealing);
    }

    /// <summary>Encrypts in place and writes the tag.</summary>
    /// <param name="nonce">12 octets, never twice with one key.</param>
    /// <param name="associated">Authenticated, not encrypted.</param>
    /// <param name="text">Plaintext in, ciphertext out.</param>
    /// <param name="tag">16 octets, or fewer for a truncated GCM tag.</param>
    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, Span<byte> text, Span<byte> tag) => Seal(nonce, associated, text, text, tag);

    /// <summary>The same from one place to another; both are the same span, or do not overlap.</summary>
    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        Check(nonce, plaintext.Length, ciphertext.Length, isSealing: true);
        var context = _context.Pointer;
        Start(context, nonce, associated);
        fixed (byte* to = ciphertext) Run(context, plaintext, to);
        Finish(context, tag);
        GC.KeepAlive(this);
    }

    /// <summary>The tag of associated data alone, in two parts: nothing is encrypted (GMAC). In the sealing direction, whoever verifies too.</summary>
    /// <param name="nonce">12 octets; to verify, those of who sealed.</param>
    /// <param name="head">The first part.</param>
    /// <param name="rest">What follows it.</param>
    /// <param name="tag">16 octets.</param>
    public void Authenticate(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, Span<byte> tag)
    {
        Check(nonce, 0, 0, isSealing: true);
        var context = _context.Pointer;
        Start(context, nonce, head);
        Associate(context, rest);
        Finish(context, tag);
        GC.KeepAlive(this);
    }

    /// <summary>Checks the tag and decrypts in place. False: forged or damaged, and <paramref name="text"/> is all zero.</summary>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, Span<byte> text, ReadOnlySpan<byte> tag) => TryOpen(nonce, associated, text, text, tag);

    /// <summary>The same from one place to another; both are the same span, or do not overlap. Nothing of an unverified plaintext is left behind.</summary>
    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext, ReadOnlySpan<byte> tag)
    {
        Check(nonce, ciphertext.Length, plaintext.Length, isSealing: false);
        var context = _context.Pointer;
        bool isGood;
        fixed (byte* to = plaintext)
        fixed (byte* at = tag)
        {
            Start(context, nonce, associated);
            if (_crypto.CipherControl(context, EVP_CTRL_AEAD_SET_TAG, tag.Length, at) != 1) throw LibcryptoException.Last("EVP_CTRL_AEAD_SET_TAG");
            Run(context, ciphertext, to);
            int written;
            byte none;
            isGood = _crypto.CipherFinal(context, &none, &written) == 1;
        }

        GC.KeepAlive(this);
        if (!isGood)
        {
            CryptographicOperations.ZeroMemory(plaintext[..ciphertext.Length]);
            _crypto.ClearError();
        }

        return isGood;
    }

    public void Dispose() => _context.Dispose();

    private void Start(nint context, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated)
    {
        fixed (byte* iv = nonce)
        {
            if (_crypto.CipherInit(context, 0, 0, null, iv, -1) != 1) throw LibcryptoException.Last("EVP_CipherInit_ex");
        }

        Associate(context, associated);
    }

    private void Associate(nint context, ReadOnlySpan<byte> associated)
    {
        if (associated.IsEmpty) return;
        int written;
        fixed (byte* from = associated)
        {
            // ESP authenticates 8 or 12 octets here; an IKE message, and what GMAC covers, may be long.
            var result = associated.Length <= 64
                ? _crypto.CipherUpdateShort(context, null, &written, from, associated.Length)
                : _crypto.CipherUpdate(context, null, &written, from, associated.Length);
            if (result != 1) throw LibcryptoException.Last("EVP_CipherUpdate");
        }
    }

    private void Run(nint context, ReadOnlySpan<byte> source, byte* to)
    {
        if (source.IsEmpty) return;
        int written;
        fixed (byte* from = source)
        {
            if (_crypto.CipherUpdate(context, to, &written, from, source.Length) != 1) throw LibcryptoException.Last("EVP_CipherUpdate");
        }
    }

    private void Finish(nint context, Span<byte> tag)
    {
        int written;
        byte none;
        if (_crypto.CipherFinal(context, &none, &written) != 1) throw LibcryptoException.Last("EVP_CipherFinal_ex");
        fixed (byte* at = tag)
        {
            if (_crypto.CipherControl(context, EVP_CTRL_AEAD_GET_TAG, tag.Length, at) != 1) throw LibcryptoException.Last("EVP_CTRL_AEAD_GET_TAG");
        }
    }

    private void Check(ReadOnlySpan<byte> nonce, int source, int destination, bool isSealing)
    {
        ObjectDisposedException.ThrowIf(_context.IsClosed, this);
        if (_isSealing != isSealing) throw new InvalidOperationException("This context works in the other direction.");
        if (nonce.Length != NonceOctets) throw new ArgumentException("A nonce has 12 octets.", nameof(nonce));
        if (destination < source) throw new ArgumentException("The destination is too short.", nameof(destination));
    }
}
