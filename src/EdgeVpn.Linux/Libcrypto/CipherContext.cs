namespace EdgeVpn.Linux.Libcrypto;

/// <summary>Makes EVP_CIPHER_CTXs with their key already scheduled.</summary>
internal static unsafe class CipherContext
{
    public static CryptoHandle Make(string cipherName, ReadOnlySpan<byte> key, bool isEncrypting)
    {
        var crypto = CryptoFunctions.Value;
        var context = new CryptoHandle(crypto.CipherNew(), crypto.CipherContextFree, "EVP_CIPHER_CTX_new");
        try
        {
            nint cipher;
            fixed (byte* name = Libc.CString(cipherName)) cipher = crypto.CipherFetch(0, name, 0);
            using var fetched = new CryptoHandle(cipher, crypto.CipherFree, $"EVP_CIPHER_fetch({cipherName})"); // the context holds its own reference
            fixed (byte* start = key)
            {
                if (crypto.CipherInit(context.Pointer, cipher, 0, start, null, isEncrypting ? 1 : 0) != 1) throw LibcryptoException.Last("EVP_CipherInit_ex");
            }

            return context;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }
}
