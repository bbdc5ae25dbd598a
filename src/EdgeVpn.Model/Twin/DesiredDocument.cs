using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace EdgeVpn.Model.Twin;

/// <summary>What an operator wants of one box: the envelope, and the configuration as the octets that stood in it.</summary>
/// <remarks>The body stays raw until the configuration's own reader takes it, so its hash is that of what was sent.</remarks>
public sealed record DesiredDocument
{
    /// <summary>The configuration schema this product writes and reads.</summary>
    public const int CurrentSchema = 1;

    public required TwinIdentity Recipient { get; init; }

    public required DocumentVersion Version { get; init; }

    /// <summary>Schema of the body.</summary>
    public required int Schema { get; init; }

    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Latest moment at which a box may accept it; null = no limit. Never ends a document in force.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>UTF-8 JSON of the configuration: one object, from its first brace to its last.</summary>
    /// <remarks>What a file has around it, byte order mark and white space, is cut off: the box hashes what stands in the envelope.
    /// Empty as long as the body is elsewhere (<see cref="ByReference"/>).</remarks>
    public required ReadOnlyMemory<byte> Body
    {
        get;
        init => field = (value.Span.StartsWith(ByteOrderMark) ? value[ByteOrderMark.Length..] : value).Trim(" \t\r\n"u8);
    }

    /// <summary>Set while the body is elsewhere.</summary>
    public BodyReference? ByReference { get; private init; }

    private static ReadOnlySpan<byte> ByteOrderMark => [0xef, 0xbb, 0xbf];

    public DocumentReference Reference => new(Version.Epoch, Version.Revision, ByReference?.Sha256 ?? Hash(Body.Span));

    /// <summary>The same document with its body elsewhere.</summary>
    public DesiredDocument Referring(BodyReference body) => this with { Body = default, ByReference = body };

    /// <summary>The same document with the body that it refers to, which the caller has verified.</summary>
    public DesiredDocument With(ReadOnlyMemory<byte> body) => this with { Body = body, ByReference = null };

    /// <summary>SHA-256 as 64 lower-case hex digits.</summary>
    public static string Hash(ReadOnlySpan<byte> octets) => Convert.ToHexStringLower(SHA256.HashData(octets));

    /// <summary>The envelope as UTF-8 JSON; the body's octets are copied as they are, or only referred to.</summary>
    /// <exception cref="JsonException">The body is not one JSON value.</exception>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>(Body.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("fleet", Recipient.Fleet);
            writer.WriteString("device", Recipient.Device);
            writer.WriteNumber("epoch", Version.Epoch);
            writer.WriteNumber("revision", Version.Revision);
            writer.WriteNumber("schema", Schema);
            writer.WriteString("issuedAt", IssuedAt);
            if (NotAfter is { } notAfter) writer.WriteString("notAfter", notAfter);
            if (ByReference is { } elsewhere)
            {
                writer.WriteStartObject("reference");
                writer.WriteNumber("octets", elsewhere.Octets);
                writer.WriteString("sha256", elsewhere.Sha256);
                writer.WriteEndObject();
            }
            else
            {
                writer.WritePropertyName("body");
                writer.WriteRawValue(Body.Span);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
