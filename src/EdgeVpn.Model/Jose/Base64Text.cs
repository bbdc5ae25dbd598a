using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Base64 = System.Buffers.Text.Base64Url;

namespace EdgeVpn.Model.Jose;

/// <summary>base64url without padding (RFC 7515 §2), in its one canonical form.</summary>
internal static class Base64Text
{
    public static string Encode(ReadOnlySpan<byte> octets) => Base64.EncodeToString(octets);

    /// <summary>False for anything but the text that <see cref="Encode"/> makes: padding, white space, other letters, stray bits in the last one.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, [NotNullWhen(true)] out byte[]? octets)
    {
        octets = null;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'-' or (byte)'_')) return false;
        var buffer = new byte[Base64.GetMaxDecodedLength(text.Length)];
        if (Base64.DecodeFromUtf8(text, buffer, out _, out var length) != OperationStatus.Done) return false; // the Try method throws
        // Two texts may decode to the same octets: a signature covers the text, so only one of them is taken.
        if (!Base64.EncodeToUtf8(buffer.AsSpan(0, length)).AsSpan().SequenceEqual(text)) return false;
        octets = buffer[..length];
        return true;
    }

    public static bool TryDecode(string? text, [NotNullWhen(true)] out byte[]? octets)
    {
        octets = null;
        return text is not null && Ascii.IsValid(text) && TryDecode(Encoding.ASCII.GetBytes(text), out octets);
    }
}
