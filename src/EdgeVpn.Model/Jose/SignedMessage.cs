using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EdgeVpn.Model.Jose;

/// <summary>What a signed message is about. A signature for one purpose is none for another (RFC 8725 §3.11).</summary>
public static class SignedType
{
    public const string Desired = "edgevpn-desired+jws";

    public const string Command = "edgevpn-command+jws";

    public const string Enrolment = "edgevpn-enrolment+jws";
}

/// <summary>What became of a signed message.</summary>
public abstract record SignedReading
{
    /// <param name="Payload">What was signed.</param>
    /// <param name="Key">By whom.</param>
    public sealed record Authentic(ReadOnlyMemory<byte> Payload, P256Key Key) : SignedReading;

    /// <param name="Problem">One sentence without a subject: "is not signed."</param>
    public sealed record Refused(string Problem) : SignedReading;
}

/// <summary>Signed messages: JWS compact serialisation (RFC 7515 §7.1), ES256 only, the key named by its thumbprint.</summary>
/// <remarks>
/// <code>
///     base64url({"alg":"ES256","kid":…,"typ":…}) . base64url(payload) . base64url(R || S)
/// </code>
/// The header holds these three and nothing else: no <c>crit</c>, no key that the message brings itself, no other algorithm.
/// </remarks>
public static class SignedMessage
{
    private const int SignatureOctets = 64; // RFC 7518 §3.4
    private static readonly string[] Fields = ["alg", "kid", "typ"];

    /// <summary>Signs <paramref name="payload"/>; the result is ASCII.</summary>
    public static byte[] Sign(ECDsa key, string type, ReadOnlySpan<byte> payload)
    {
        var header = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(header, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("alg", "ES256");
            writer.WriteString("kid", P256Key.Of(key).Thumbprint);
            writer.WriteString("typ", type);
            writer.WriteEndObject();
        }

        var input = $"{Base64Text.Encode(header.WrittenSpan)}.{Base64Text.Encode(payload)}";
        var signature = key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return Encoding.ASCII.GetBytes($"{input}.{Base64Text.Encode(signature)}");
    }

    /// <summary>Verifies. Whatever the octets are, a value comes back; the caller has checked their number.</summary>
    /// <param name="message">The compact serialisation, nothing around it.</param>
    /// <param name="type">The purpose it must be for; of <see cref="SignedType"/>.</param>
    /// <param name="trusted">Whose signature counts.</param>
    public static SignedReading Verify(ReadOnlyMemory<byte> message, string type, IReadOnlyCollection<P256Key> trusted)
    {
        var octets = message.Span;
        var first = octets.IndexOf((byte)'.');
        var second = first < 0 ? -1 : octets[(first + 1)..].IndexOf((byte)'.');
        if (second < 0) return Refuse(octets.Length > 0 && octets[0] == '{' ? "is not signed." : "is not signed: it has no header, payload and signature.");
        second += first + 1;
        if (octets[(second + 1)..].Contains((byte)'.')) return Refuse("has too many parts to be signed.");
        if (!Base64Text.TryDecode(octets[..first], out var head) || !Base64Text.TryDecode(octets[(first + 1)..second], out var payload)
            || !Base64Text.TryDecode(octets[(second + 1)..], out var signature))
            return Refuse("has a part that is not canonical base64url.");
        if (signature.Length != SignatureOctets) return Refuse($"has a signature of {signature.Length} octets; ES256 makes {SignatureOctets}.");
        if (!JoseHeader.TryRead(head, Fields, out var header, out var problem)) return Refuse(problem);
        using (header)
        {
            if (JoseHeader.Text(header, "alg") != "ES256") return Refuse("is signed with another algorithm than ES256.");
            if (JoseHeader.Text(header, "typ") != type) return Refuse($"is signed as something else than {type}.");
            var kid = JoseHeader.Text(header, "kid");
            if (trusted.FirstOrDefault(k => k.Thumbprint == kid) is not { } key) return Refuse("is signed by a key that is not one of this fleet's.");
            using var verifier = key.ToVerifier();
            return verifier.VerifyData(octets[..second], signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)
                ? new SignedReading.Authentic(payload, key)
                : Refuse("has a signature that is not of its content.");
        }
    }

    /// <summary>The payload, with nobody vouching for it: for showing, never for acting. Null if there is none.</summary>
    public static ReadOnlyMemory<byte>? Peek(ReadOnlyMemory<byte> message)
    {
        var octets = message.Span;
        var first = octets.IndexOf((byte)'.');
        var last = octets.LastIndexOf((byte)'.');
        return first >= 0 && last > first && Base64Text.TryDecode(octets[(first + 1)..last], out var payload) ? payload : default(ReadOnlyMemory<byte>?);
    }

    private static SignedReading.Refused Refuse(string problem) => new(problem);
}
