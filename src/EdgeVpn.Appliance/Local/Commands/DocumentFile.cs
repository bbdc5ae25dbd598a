using EdgeVpn.Model;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>Reads a document that a person named.</summary>
internal static class DocumentFile
{
    private const string StandardInput = "-";

    /// <summary>What a person calls it.</summary>
    public static string Name(string file) => file == StandardInput ? "standard input" : file;

    /// <summary>The octets, at most one more than a document may have; null with the trouble if it cannot be read.</summary>
    public static byte[]? Read(Terminal terminal, string file, out ControlError? trouble) => Read(terminal, file, DocumentBounds.File.Octets, out trouble);

    /// <summary>The octets, at most one more than <paramref name="most"/>.</summary>
    public static byte[]? Read(Terminal terminal, string file, int most, out ControlError? trouble)
    {
        trouble = null;
        try
        {
            if (file == StandardInput) return Read(terminal.In, most);
            using var stream = File.OpenRead(file);
            return Read(stream, most);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            trouble = new ControlError("unreadable", FileTrouble.Sentence(file, fault, Directory.Exists(file)));
            return null;
        }
    }

    // One octet too many is enough to be told so; a mistyped name may be a device without end.
    private static byte[] Read(Stream stream, int most)
    {
        var octets = new byte[most + 1];
        var count = stream.ReadAtLeast(octets, octets.Length, throwOnEndOfStream: false);
        return octets[..count];
    }
}
