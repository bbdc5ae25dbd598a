using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Model.Jose;
using Xunit;

namespace EdgeVpn.Model.Tests.Jose;

public sealed class SignedMessageTests : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void What_a_fleet_key_signed_comes_out_octet_for_octet()
    {
        var payload = "{ \"a\": \"ü\" }"u8.ToArray();
        var message = SignedMessage.Sign(_key, SignedType.Desired, payload);
        var authentic = Assert.IsType<SignedReading.Authentic>(Verify(message));
        Assert.Equal(payload, authentic.Payload.ToArray());
        Assert.Equal(P256Key.Of(_key), authentic.Key);
        Assert.Equal(payload, SignedMessage.Peek(message)!.Value.ToArray());
    }

    /// <summary>RFC 7515 A.3: signing input, public key and signature of ES256.</summary>
    [Fact]
    public void Rfc7515_A3_verifies_with_its_key_and_is_refused_for_its_header()
    {
        const string Message =
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
            + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        Assert.True(P256Key.TryCreate("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", out var key));
        using var verifier = key.ToVerifier();
        var dot = Message.LastIndexOf('.');
        Assert.True(verifier.VerifyData(
            Encoding.ASCII.GetBytes(Message[..dot]), Base64Url.DecodeFromChars(Message.AsSpan(dot + 1)), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        var refused = Assert.IsType<SignedReading.Refused>(SignedMessage.Verify(Encoding.ASCII.GetBytes(Message), SignedType.Desired, [key]));
        Assert.Equal("has a header without 'kid'.", refused.Problem);
    }

    [Theory]
    [InlineData("""{"alg":"none","kid":"KID","typ":"TYP"}""", "another algorithm")]
    [InlineData("""{"alg":"HS256","kid":"KID","typ":"TYP"}""", "another algorithm")]
    [InlineData("""{"alg":"ES384","kid":"KID","typ":"TYP"}""", "another algorithm")]
    [InlineData("""{"alg":"es256","kid":"KID","typ":"TYP"}""", "another algorithm")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"TYP","crit":["exp"]}""", "'crit'")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"TYP","b64":"false"}""", "'b64'")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"TYP","jwk":{"kty":"EC"}}""", "'jwk'")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"TYP","x5u":"https://example.com"}""", "'x5u'")]
    [InlineData("""{"alg":"ES256","alg":"ES256","kid":"KID","typ":"TYP"}""", "not JSON")]
    [InlineData("""{"alg":"ES256","kid":"other","typ":"TYP"}""", "not one of this fleet's")]
    [InlineData("""{"alg":"ES256","kid":7,"typ":"TYP"}""", "wrong kind")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"edgevpn-command+jws"}""", "something else")]
    [InlineData("""{"alg":"ES256","kid":"KID","typ":"\ud800"}""", "not JSON")]
    [InlineData("""{"alg":"ES256","typ":"TYP"}""", "without 'kid'")]
    [InlineData("[]", "no object")]
    [InlineData("{", "not JSON")]
    public void A_header_that_says_anything_else_is_refused_although_its_signature_is_right(string header, string problem)
    {
        var text = header.Replace("KID", P256Key.Of(_key).Thumbprint, StringComparison.Ordinal).Replace("TYP", SignedType.Desired, StringComparison.Ordinal);
        Assert.Contains(problem, Refused(Forge(text, "{}")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flipped_bit_and_every_truncation_is_refused()
    {
        var message = SignedMessage.Sign(_key, SignedType.Desired, "{\"revision\":1}"u8);
        for (var i = 0; i < message.Length; i++)
        {
            Refused(message[..i]);
            for (var bit = 1; bit < 256; bit <<= 1)
            {
                var changed = message.ToArray();
                changed[i] ^= (byte)bit;
                Refused(changed);
            }
        }
    }

    [Fact]
    public void Another_spelling_of_the_same_octets_is_refused()
    {
        var message = Encoding.ASCII.GetString(SignedMessage.Sign(_key, SignedType.Desired, "{}"u8));
        Refused(Encoding.ASCII.GetBytes(message + "="));
        Refused(Encoding.ASCII.GetBytes(message + "\n"));
        Refused(Encoding.ASCII.GetBytes(message + ".x"));
        // 64 octets leave four unused bits in the last letter; setting one of them decodes to the same signature.
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        var last = Letters.IndexOf(message[^1], StringComparison.Ordinal);
        Assert.Equal(0, last & 15);
        Assert.Contains("canonical", Refused(Encoding.ASCII.GetBytes(message[..^1] + Letters[last | 1])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signature_of_zeros_or_by_a_stranger_is_refused()
    {
        var header = $$"""{"alg":"ES256","kid":"{{P256Key.Of(_key).Thumbprint}}","typ":"{{SignedType.Desired}}"}""";
        var input = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.e30";
        Assert.Contains("not of its content", Refused(Encoding.ASCII.GetBytes($"{input}.{Base64Url.EncodeToString(new byte[64])}")), StringComparison.Ordinal);
        using var stranger = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Assert.Contains("not one of this fleet's", Refused(SignedMessage.Sign(stranger, SignedType.Desired, "{}"u8)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_point_that_is_not_on_the_curve_is_no_key()
    {
        Assert.True(P256Key.TryCreate("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", out _));
        Assert.False(P256Key.TryCreate("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4", out _));
        Assert.False(P256Key.TryCreate("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", out _));
        var zero = Base64Url.EncodeToString(new byte[32]);
        Assert.False(P256Key.TryCreate(zero, zero, out _));
        Assert.False(P256Key.TryCreate("AA", "AA", out _));
        Assert.False(P256Key.TryCreate(null, "ä", out _));
    }

    private byte[] Forge(string header, string payload)
    {
        var input = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload))}";
        var signature = _key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return Encoding.ASCII.GetBytes($"{input}.{Base64Url.EncodeToString(signature)}");
    }

    private SignedReading Verify(byte[] message) => SignedMessage.Verify(message, SignedType.Desired, [P256Key.Of(_key)]);

    private string Refused(byte[] message) => Assert.IsType<SignedReading.Refused>(Verify(message)).Problem;
}
