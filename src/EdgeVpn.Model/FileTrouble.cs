namespace EdgeVpn.Model;

/// <summary>Why a file that a person named cannot be used, in words that say what to do; the runtime's own speak of paths that the person knows.</summary>
public static class FileTrouble
{
    /// <summary>One sentence.</summary>
    /// <param name="file">As typed.</param>
    /// <param name="fault">What opening or reading it threw.</param>
    /// <param name="isFolder">It is there, and is a folder: the runtime says then that access was denied.</param>
    public static string Sentence(string file, Exception fault, bool isFolder) => $"{file} cannot be read: " + fault switch
    {
        _ when isFolder => "it is a folder.",
        FileNotFoundException or DirectoryNotFoundException => "there is no such file.",
        UnauthorizedAccessException => "permission denied.",
        _ => fault.Message,
    };

    /// <summary>What the octets are instead of UTF-8, where that can be told; null where it cannot, or where they are UTF-8.</summary>
    public static string? EncodingOf(ReadOnlySpan<byte> octets) => octets switch
    {
        [0xff, 0xfe, ..] or [0xfe, 0xff, ..] => "UTF-16, as Windows PowerShell's > writes it",
        [(byte)'{' or (byte)' ' or (byte)'\n' or (byte)'\r', 0, ..] or [0, (byte)'{', ..] => "UTF-16 without a byte order mark",
        [(byte)'P', (byte)'K', 3, 4, ..] => "a zip archive",
        [0x1f, 0x8b, ..] => "a gzip archive",
        _ => null,
    };
}
