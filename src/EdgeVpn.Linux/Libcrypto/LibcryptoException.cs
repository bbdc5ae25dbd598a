using System.Runtime.InteropServices;

namespace EdgeVpn.Linux.Libcrypto;

/// <summary>libcrypto refused a call that should not fail. Names the call and carries the library's own text.</summary>
public sealed class LibcryptoException : Exception
{
    private LibcryptoException(string call, string text)
        : base($"{call}: {text}") => Call = call;

    /// <summary>The function, such as <c>EVP_CipherInit_ex</c>.</summary>
    public string Call { get; }

    /// <summary>For the call that failed just now on this thread; empties the thread's error queue.</summary>
    internal static unsafe LibcryptoException Last(string call)
    {
        var crypto = CryptoFunctions.Value;
        var error = crypto.GetError();
        var text = stackalloc byte[256];
        crypto.ErrorString(error, text, 256);
        crypto.ClearError();
        return new LibcryptoException(call, error == 0 ? "refused without a word" : Marshal.PtrToStringUTF8((nint)text) ?? string.Empty);
    }
}
