using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Operator;

/// <summary>Documents and commands as they go out: signed by the fleet's key, secrets sealed to the box's. Without a fleet: in clear, for laboratories.</summary>
public sealed class DocumentSigner : IDisposable
{
    private static readonly string[] Kinds = ["psk", "password", "privateKey"];
    private readonly FleetFolder? _fleet;
    private readonly ECDsa? _key;

    private DocumentSigner(FleetFolder? fleet, ECDsa? key) => (_fleet, _key) = (fleet, key);

    public static DocumentSigner For(FleetFolder? fleet) => new(fleet, fleet?.SigningKey());

    /// <summary>The envelope on <c>desired</c>, whether it is signed or not; nobody vouches for it.</summary>
    public static DesiredReading Look(ReadOnlyMemory<byte> payload) => DesiredReading.Read(SignedMessage.Peek(payload) ?? payload);

    public byte[] Payload(DesiredDocument document) => _key is null ? document.ToJson() : SignedMessage.Sign(_key, SignedType.Desired, document.ToJson());

    public byte[] Payload(CommandDocument command)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(command, TwinJson.Wire.CommandDocument);
        return _key is null ? json : SignedMessage.Sign(_key, SignedType.Command, json);
    }

    /// <summary>The body with every secret that stands in clear sealed to the box's key; the body as it is if none does, or without a fleet.</summary>
    /// <exception cref="FleetFolderException">The box's key is not known: it was never enrolled.</exception>
    public ReadOnlyMemory<byte> Sealed(string device, ReadOnlyMemory<byte> body)
    {
        if (_fleet is null || JsonNode.Parse(body.Span, documentOptions: new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth }) is not JsonObject root) return body;
        if (root["secrets"] is not JsonObject secrets) return body;
        var any = false;
        foreach (var (name, secret) in secrets.ToArray())
        {
            if (secret is not JsonObject fields) continue;
            foreach (var kind in Kinds)
            {
                if (fields[kind] is not JsonValue value || !value.TryGetValue(out string? text)) continue;
                var member = _fleet.Member(device) ?? throw new FleetFolderException($"{device} was never enrolled: there is no key that its secret \"{name}\" could be sealed to.");
                fields.Remove(kind);
                fields["sealed"] = Seal(member.Sealing, kind, text);
                any = true;
            }
        }

        return any ? Encoding.UTF8.GetBytes(root.ToJsonString()) : body;
    }

    /// <summary>One secret, sealed.</summary>
    public static string Seal(P256Key box, string kind, string secret)
    {
        var plaintext = SealedSecrets.Plaintext(kind, secret);
        using var ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        var text = SealedText.Seal(box, ephemeral, RandomNumberGenerator.GetBytes(SealedText.IvOctets), plaintext);
        CryptographicOperations.ZeroMemory(plaintext);
        return text;
    }

    public void Dispose() => _key?.Dispose();
}
