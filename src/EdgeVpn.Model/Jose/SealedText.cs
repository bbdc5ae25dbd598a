using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EdgeVpn.Model.Jose;

/// <summary>A secret that one box alone can read: JWE compact serialisation (RFC 7516 §7.1), ECDH-ES direct, A256GCM.</summary>
/// <remarks>
/// <code>
///     base64url({"alg":"ECDH-ES","enc":"A256GCM","kid":…,"epk":{…}}) . (empty) . base64url(IV) . base64url(ciphertext) . base64url(tag)
/// </code>
/// The header is authenticated with the content. A fresh key pair per secret makes a fresh key per secret.
/// </remarks>
public static class SealedText
{
    /// <summary>Largest plaintext of a secret, in octets; a private key's PEM is well below.</summary>
    public const int MaxOctets = 8 * 1_024;

    public const int IvOctets = 12; // RFC 7518 §5.3

    private const int KeyOctets = 32;
    private const int TagOctets = 16;
    private const int HeaderLength = 1_024; // and the parts around the content
    private static readonly string[] Fields = ["alg", "enc", "kid", "epk"];

    /// <summary>Seals <paramref name="plaintext"/> to <paramref name="recipient"/>.</summary>
    /// <param name="recipient">The box's key.</param>
    /// <param name="ephemeral">A key pair on P-256 made for this secret and used for no other.</param>
    /// <param name="iv">12 random octets.</param>
    /// <param name="plaintext">At most <paramref name="most"/>.</param>
    /// <param name="most">Octets; more than <see cref="MaxOctets"/> where both ends agreed on it.</param>
    public static string Seal(P256Key recipient, ECDiffieHellman ephemeral, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, int most = MaxOctets)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(iv.Length, IvOctets);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plaintext.Length, most);
        var header = Base64Text.Encode(Header(recipient, P256Key.Of(ephemeral)));
        var key = ConcatKdf.Derive(ephemeral, recipient, "A256GCM", [], [], KeyOctets);
        try
        {
            var ciphertext = new byte[plaintext.Length];
            Span<byte> tag = stackalloc byte[TagOctets];
            using var aes = new AesGcm(key, TagOctets);
            aes.Encrypt(iv, plaintext, ciphertext, tag, Encoding.ASCII.GetBytes(header));
            return $"{header}..{Base64Text.Encode(iv)}.{Base64Text.Encode(ciphertext)}.{Base64Text.Encode(tag)}";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Opens. Whatever the text is, a value comes back.</summary>
    /// <param name="sealedText">The compact serialisation.</param>
    /// <param name="box">The box's key pair.</param>
    /// <param name="plaintext">The secret; the caller zeroes it.</param>
    /// <param name="problem">One sentence without a subject.</param>
    /// <param name="most">Octets of plaintext.</param>
    public static bool TryOpen(string sealedText, ECDiffieHellman box, [NotNullWhen(true)] out byte[]? plaintext, [NotNullWhen(false)] out string? problem, int most = MaxOctets)
    {
        plaintext = null;
        var longest = HeaderLength + (most / 3 * 4) + 4;
        if (sealedText.Length > longest) return Fail($"has {sealedText.Length} characters; at most {longest} are opened.", out problem);
        if (sealedText.Split('.') is not [var head, "", var ivText, var cipherText, var tagText])
            return Fail("is not a compact JWE with direct key agreement: header, nothing, IV, ciphertext, tag.", out problem);
        if (!Base64Text.TryDecode(head, out var headOctets) || !Base64Text.TryDecode(ivText, out var iv) || !Base64Text.TryDecode(cipherText, out var ciphertext)
            || !Base64Text.TryDecode(tagText, out var tag))
            return Fail("has a part that is not canonical base64url.", out problem);
        if (iv.Length != IvOctets || tag.Length != TagOctets || ciphertext.Length > most) return Fail("has an IV, tag or content of the wrong size.", out problem);
        if (!JoseHeader.TryRead(headOctets, Fields, out var header, out problem)) return false;
        using (header)
        {
            if (JoseHeader.Text(header, "alg") != "ECDH-ES" || JoseHeader.Text(header, "enc") != "A256GCM")
                return Fail("is sealed with other algorithms than ECDH-ES and A256GCM.", out problem);
            if (JoseHeader.Text(header, "kid") != P256Key.Of(box).Thumbprint) return Fail("is sealed to another box's key.", out problem);
            if (!Jwk.TryRead(header.RootElement.GetProperty("epk"), out var ephemeral)) return Fail("has an ephemeral key that is no point of P-256.", out problem);
            var key = ConcatKdf.Derive(box, ephemeral, "A256GCM", [], [], KeyOctets);
            var opened = new byte[ciphertext.Length];
            try
            {
                using var aes = new AesGcm(key, TagOctets);
                aes.Decrypt(iv, ciphertext, tag, opened, Encoding.ASCII.GetBytes(head));
            }
            catch (AuthenticationTagMismatchException)
            {
                return Fail("was changed after it was sealed.", out problem);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(key);
            }

            plaintext = opened;
            problem = null;
            return true;
        }
    }

    private static byte[] Header(P256Key recipient, P256Key ephemeral)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("alg", "ECDH-ES");
            writer.WriteString("enc", "A256GCM");
            writer.WriteString("kid", recipient.Thumbprint);
            writer.WritePropertyName("epk");
            Jwk.Write(writer, ephemeral);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static bool Fail(string sentence, out string problem)
    {
        problem = sentence;
        return false;
    }
}
