namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Block ciphers in CBC mode.</summary>
public enum CbcCipher
{
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
}

/// <summary>One key, one direction of CBC without padding, set up once.</summary>
/// <remarks>One thread at a time. Allocates nothing per packet. Authenticate before decrypting.</remarks>
public sealed unsafe class CbcContext : IDisposable
{
    private readonly CryptoFunctions _crypto = CryptoFunctions.Value;
    private readonly CryptoHandle _context;

    public CbcContext(CbcCipher cipher, ReadOnlySpan<byte> key, bool isEncrypting)
    {
        var (name, keyOctets, blockOctets) = cipher switch
        {
            CbcCipher.Aes128 => ("AES-128-CBC", 16, 16),
            CbcCipher.Aes192 => ("AES-192-CBC", 24, 16),
            CbcCipher.Aes256 => ("AES-256-CBC", 32, 16),
            CbcCipher.TripleDes => ("DES-EDE3-CBC", 24, 8),
            _ => throw new ArgumentOutOfRangeException(nameof(cipher)),
        };
        if (key.Length != keyOctets) throw new ArgumentException($"{name} takes {keyOctets} octets of key.", nameof(key));
        BlockOctets = blockOctets;
        _context = CipherContext.Make(name, key, isEncrypting);
        if (_crypto.CipherSetPadding(_context.Pointer, 0) != 1) throw LibcryptoException.Last("EVP_CIPHER_CTX_set_padding");
    }

    /// <summary>16, or 8 for 3DES. Also the length of an IV.</summary>
    public int BlockOctets { get; }

    /// <summary>Encrypts or decrypts in place.</summary>
    /// <param name="iv">One block.</param>
    /// <param name="text">Whole blocks.</param>
    public void Transform(ReadOnlySpan<byte> iv, Span<byte> text) => Transform(iv, text, text);

    /// <summary>The same from one place to another; both are the same span, or do not overlap.</summary>
    public void Transform(ReadOnlySpan<byte> iv, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_context.IsClosed, this);
        if (iv.Length != BlockOctets) throw new ArgumentException("An IV is one block.", nameof(iv));
        if (source.Length % BlockOctets != 0) throw new ArgumentException("Whole blocks are wanted.", nameof(source));
        if (destination.Length < source.Length) throw new ArgumentException("The destination is too short.", nameof(destination));
        if (source.IsEmpty) return;
        var context = _context.Pointer;
        fixed (byte* vector = iv)
        fixed (byte* from = source)
        fixed (byte* to = destination)
        {
            int written;
            // The whole of it comes out at once: without padding nothing is held back.
            if (_crypto.CipherInit(context, 0, 0, null, vector, -1) != 1) throw LibcryptoException.Last("EVP_CipherInit_ex");
            if (_crypto.CipherUpdate(context, to, &written, from, source.Length) != 1) throw LibcryptoException.Last("EVP_CipherUpdate");
        }

        GC.KeepAlive(this);
    }

    public void Dispose() => _context.Dispose();
}
