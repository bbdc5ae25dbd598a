using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using EdgeVpn.Model.Jose;
using Xunit;

namespace EdgeVpn.Model.Tests.Jose;

public sealed class SealedTextTests : IDisposable
{
    private readonly ECDiffieHellman _box = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDiffieHellman _ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _box.Dispose();
        _ephemeral.Dispose();
    }

    /// <summary>RFC 7518 appendix C: Alice's ephemeral key, Bob's static one, A128GCM, apu "Alice", apv "Bob".</summary>
    [Fact]
    public void Rfc7518_appendix_C_derives_the_key()
    {
        using var alice = Private("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo");
        using var bob = Private("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw");
        const string Expected = "VqqN6vgjbSBcIijNcacQGg";
        Assert.Equal(Expected, Base64Url.EncodeToString(ConcatKdf.Derive(alice, P256Key.Of(bob), "A128GCM", "Alice"u8, "Bob"u8, 16)));
        Assert.Equal(Expected, Base64Url.EncodeToString(ConcatKdf.Derive(bob, P256Key.Of(alice), "A128GCM", "Alice"u8, "Bob"u8, 16)));
        Assert.NotEqual(Expected, Base64Url.EncodeToString(ConcatKdf.Derive(bob, P256Key.Of(alice), "A128GCM", "Alice"u8, "Eve"u8, 16)));
    }

    [Fact]
    public void What_is_sealed_to_a_box_is_opened_there_and_nowhere_else()
    {
        var text = Seal("{\"psk\":\"Zq81Lkd72Mnb39Xc5TgY\"}");
        Assert.DoesNotContain("Zq81", text, StringComparison.Ordinal);
        Assert.True(SealedText.TryOpen(text, _box, out var plaintext, out _));
        Assert.Equal("{\"psk\":\"Zq81Lkd72Mnb39Xc5TgY\"}", Encoding.UTF8.GetString(plaintext));
        using var other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        Assert.False(SealedText.TryOpen(text, other, out _, out var problem));
        Assert.Contains("another box", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_flipped_bit_and_every_truncation_is_refused_with_a_sentence()
    {
        var text = Encoding.ASCII.GetBytes(Seal("secret"));
        for (var i = 0; i < text.Length; i++)
        {
            Refused(Encoding.ASCII.GetString(text[..i]));
            for (var bit = 1; bit < 128; bit <<= 1)
            {
                var changed = text.ToArray();
                changed[i] ^= (byte)bit;
                Refused(Encoding.ASCII.GetString(changed));
            }
        }
    }

    [Theory]
    [InlineData("""{"alg":"RSA-OAEP","enc":"A256GCM","kid":"KID","epk":EPK}""", "other algorithms")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A128CBC-HS256","kid":"KID","epk":EPK}""", "other algorithms")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":EPK,"zip":"DEF"}""", "'zip'")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":EPK,"crit":["x"]}""", "'crit'")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":EPK,"apu":"QQ"}""", "'apu'")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}""", "no point")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID","epk":{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}}""", "no point")]
    [InlineData("""{"alg":"ECDH-ES","enc":"A256GCM","kid":"KID"}""", "without 'epk'")]
    public void A_header_that_says_anything_else_is_refused(string header, string problem)
    {
        var epk = P256Key.Of(_ephemeral);
        var text = header.Replace("KID", P256Key.Of(_box).Thumbprint, StringComparison.Ordinal)
            .Replace("EPK", $$"""{"kty":"EC","crv":"P-256","x":"{{epk.X}}","y":"{{epk.Y}}"}""", StringComparison.Ordinal);
        var parts = Seal("secret").Split('.');
        Assert.Contains(problem, Refused($"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text))}..{parts[2]}.{parts[3]}.{parts[4]}"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_larger_than_any_secret_is_not_even_looked_at() => Assert.Contains("characters", Refused(new string('A', 20_000)), StringComparison.Ordinal);

    private string Seal(string plaintext) => SealedText.Seal(P256Key.Of(_box), _ephemeral, RandomNumberGenerator.GetBytes(SealedText.IvOctets), Encoding.UTF8.GetBytes(plaintext));

    private string Refused(string text)
    {
        Assert.False(SealedText.TryOpen(text, _box, out var plaintext, out var problem));
        Assert.Null(plaintext);
        return problem;
    }

    private static ECDiffieHellman Private(string x, string y, string d) => ECDiffieHellman.Create(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new ECPoint { X = Base64Url.DecodeFromChars(x), Y = Base64Url.DecodeFromChars(y) },
        D = Base64Url.DecodeFromChars(d),
    });
}
