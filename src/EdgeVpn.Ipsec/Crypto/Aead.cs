using System.Security.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using BouncyChaCha20Poly1305 = Org.BouncyCastle.Crypto.Modes.ChaCha20Poly1305;
using PlatformChaCha20Poly1305 = System.Security.Cryptography.ChaCha20Poly1305;

namespace EdgeVpn.Ipsec.Crypto;

/// <summary>An AEAD for the few messages of IKE, under one key, in place. Packets have their own seam.</summary>
internal interface IAead : IDisposable
{
    int TagOctets { get; }

    void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag);

    /// <returns>False, with <paramref name="data"/> zeroed or untouched, if the tag is wrong.</returns>
    bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag);
}

/// <summary>AES-GCM of the platform's library, with tags of 8, 12 or 16 octets.</summary>
/// <remarks>
/// The library's context takes more than a kilobyte, and a tunnel that stands speaks once in minutes: it is made for each message, in microseconds.
/// Its shortest tag is 12. A shorter one is the head of the whole (SP 800-38D §5.2.1.2), and whoever verifies it computes it anew: GCM enciphers with a
/// key stream, so that enciphering ciphertext deciphers it.
/// </remarks>
internal sealed class PlatformAesGcm(ReadOnlySpan<byte> key, int tagOctets) : IAead
{
    private const int LeastTagOctets = 12;
    private const int WholeTagOctets = 16;

    private readonly Secret _key = new(key);

    public int TagOctets { get; } = tagOctets;

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        Span<byte> whole = stackalloc byte[WholeTagOctets];
        using var gcm = new AesGcm(_key.Octets, WholeTagOctets);
        gcm.Encrypt(nonce, data, data, whole, associatedData);
        whole[..TagOctets].CopyTo(tag);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        if (TagOctets < LeastTagOctets) return TryOpenByComparison(nonce, associatedData, data, tag);
        using var gcm = new AesGcm(_key.Octets, TagOctets);
        try
        {
            gcm.Decrypt(nonce, data, tag, data, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException) // the platform has no other way to say it
        {
            return false;
        }
    }

    public void Dispose() => _key.Dispose();

    // Back and forth: the tag belongs to the ciphertext, and after a wrong one the ciphertext stands as it came.
    private bool TryOpenByComparison(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        Span<byte> whole = stackalloc byte[WholeTagOctets];
        using var gcm = new AesGcm(_key.Octets, WholeTagOctets);
        gcm.Encrypt(nonce, data, data, whole);
        gcm.Encrypt(nonce, data, data, whole, associatedData);
        if (!CryptographicOperations.FixedTimeEquals(whole[..TagOctets], tag)) return false;
        gcm.Encrypt(nonce, data, data, whole);
        return true;
    }
}

/// <summary>ChaCha20-Poly1305 of the platform's library, where <see cref="IsSupported"/>; made for each message as <see cref="PlatformAesGcm"/>.</summary>
internal sealed class PlatformChaCha(ReadOnlySpan<byte> key) : IAead
{
    private readonly Secret _key = new(key);

    public static bool IsSupported => PlatformChaCha20Poly1305.IsSupported;

    public int TagOctets => 16;

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        using var chacha = new PlatformChaCha20Poly1305(_key.Octets);
        chacha.Encrypt(nonce, data, data, tag, associatedData);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        using var chacha = new PlatformChaCha20Poly1305(_key.Octets);
        try
        {
            chacha.Decrypt(nonce, data, tag, data, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException) // the platform has no other way to say it
        {
            return false;
        }
    }

    public void Dispose() => _key.Dispose();
}

/// <summary>ChaCha20-Poly1305 on systems whose library lacks it.</summary>
internal sealed class ManagedChaCha(ReadOnlySpan<byte> key) : IAead
{
    private KeyParameter? _key = new(key);

    public int TagOctets => 16;

    public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        var cipher = Prepare(forEncryption: true, nonce, associatedData);
        var output = new byte[data.Length + TagOctets];
        var length = cipher.ProcessBytes(data, output);
        cipher.DoFinal(output.AsSpan(length));
        output.AsSpan(0, data.Length).CopyTo(data);
        output.AsSpan(data.Length).CopyTo(tag);
    }

    public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        var cipher = Prepare(forEncryption: false, nonce, associatedData);
        var output = new byte[data.Length + TagOctets];
        try
        {
            var length = cipher.ProcessBytes(data, output);
            length += cipher.ProcessBytes(tag, output.AsSpan(length));
            cipher.DoFinal(output.AsSpan(length));
            output.AsSpan(0, data.Length).CopyTo(data);
            return true;
        }
        catch (InvalidCipherTextException) // the library has no other way to say it
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(output);
        }
    }

    public void Dispose() => _key = null; // the library keeps its own copy and cannot zero it

    private BouncyChaCha20Poly1305 Prepare(bool forEncryption, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData)
    {
        ObjectDisposedException.ThrowIf(_key is null, this);
        var cipher = new BouncyChaCha20Poly1305();
        cipher.Init(forEncryption, new AeadParameters(_key, TagOctets * 8, nonce.ToArray()));
        cipher.ProcessAadBytes(associatedData);
        return cipher;
    }
}
