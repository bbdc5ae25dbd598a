namespace EdgeVpn.Linux.Libcrypto;

/// <summary>OpenSSL's libcrypto, version 3: present on every system .NET runs TLS on, yet not part of us.</summary>
public static unsafe class CryptoLibrary
{
    internal static readonly SharedLibrary File = new("libcrypto.so.3");

    /// <summary>Whether it can be loaded. Without it every constructor of this folder throws ELIBACC.</summary>
    public static bool IsPresent => File.IsPresent;

    /// <summary>Such as "OpenSSL 3.0.19 27 Jan 2026".</summary>
    public static string Version => System.Runtime.InteropServices.Marshal.PtrToStringUTF8(CryptoFunctions.Value.Version(0)) ?? string.Empty;
}
