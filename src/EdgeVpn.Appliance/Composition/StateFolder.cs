using System.Text.Json;
using EdgeVpn.Appliance.Cloud;
using EdgeVpn.Linux;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Composition;

/// <summary>What survives a restart, as readable JSON: the confirmed document and the twin's notes. Every write is whole or not at all.</summary>
internal sealed class StateFolder : IConfirmedDocument, ITwinStore
{
    private const string ConfirmedFile = "confirmed.json";
    private readonly string _folder;

    public StateFolder(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Confirmed = ReadConfirmed();
    }

    public DocumentReference? Reference => Confirmed?.Reference;

    /// <summary>The document the box starts from.</summary>
    public (DocumentReference Reference, ReadOnlyMemory<byte> Body)? Confirmed { get; private set; }

    public void Keep(DocumentReference reference, ReadOnlyMemory<byte> body)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("epoch", reference.Epoch);
            writer.WriteNumber("revision", reference.Revision);
            writer.WriteString("sha256", reference.Sha256);
            writer.WritePropertyName("body");
            writer.WriteRawValue(body.Span);
            writer.WriteEndObject();
        }

        AtomicFile.Write(PathOf(ConfirmedFile), buffer.WrittenSpan);
        Confirmed = (reference, body);
    }

    public ReadOnlyMemory<byte>? Read(TwinFile file)
    {
        var path = PathOf(NameOf(file));
        return File.Exists(path) ? File.ReadAllBytes(path) : null;
    }

    public void Write(TwinFile file, ReadOnlySpan<byte> octets) => AtomicFile.Write(PathOf(NameOf(file)), octets);

    private static string NameOf(TwinFile file) => file == TwinFile.Memory ? "twin.json" : "outbox.json";

    private string PathOf(string name) => System.IO.Path.Combine(_folder, name);

    private (DocumentReference, ReadOnlyMemory<byte>)? ReadConfirmed()
    {
        var path = PathOf(ConfirmedFile);
        if (!File.Exists(path)) return null;
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        var reference = new DocumentReference(
            root.GetProperty("epoch").GetInt64(), root.GetProperty("revision").GetInt64(), root.GetProperty("sha256").GetString()!);
        return (reference, System.Text.Encoding.UTF8.GetBytes(root.GetProperty("body").GetRawText()));
    }
}

/// <summary>For a gateway told in a few words: nothing is kept.</summary>
internal sealed class NoFolder : IConfirmedDocument, ITwinStore
{
    public DocumentReference? Reference => null;

    public void Keep(DocumentReference reference, ReadOnlyMemory<byte> body)
    {
    }

    public ReadOnlyMemory<byte>? Read(TwinFile file) => null;

    public void Write(TwinFile file, ReadOnlySpan<byte> octets)
    {
    }
}
