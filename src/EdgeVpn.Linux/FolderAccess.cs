namespace EdgeVpn.Linux;

/// <summary>Whether a folder could be written to, asked without writing (access(2)).</summary>
public static unsafe class FolderAccess
{
    private const int W_OK = 2;

    /// <returns>Null: it could. EROFS: what it lies on is mounted read-only.</returns>
    public static Errno? WhyNotWritable(string folder)
    {
        fixed (byte* path = Libc.CString(folder)) return Libc.access(path, W_OK) == 0 ? null : Libc.LastErrno;
    }
}
