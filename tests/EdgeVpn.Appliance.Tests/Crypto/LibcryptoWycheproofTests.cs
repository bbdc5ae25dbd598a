using System.Text.Json;
using EdgeVpn.Linux.Libcrypto;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Crypto;

/// <summary>C2SP/wycheproof through the contexts that carry ESP where the processor has no AES instructions: every case with a nonce of 12 octets.</summary>
public class LibcryptoWycheproofTests
{
    [Theory]
    [InlineData("aes_gcm_test.json")]
    [InlineData("chacha20_poly1305_test.json")]
    public void Every_case_is_opened_or_refused_as_it_says(string file)
    {
        if (!CryptoLibrary.IsPresent) Assert.Skip("no libcrypto");
        var path = Find(file);
        Assert.SkipWhen(path is null, $"no vectors beside this checkout: {file}");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path!));
        var (valid, invalid) = (0, 0);
        foreach (var test in document.RootElement.GetProperty("testGroups").EnumerateArray().SelectMany(static group => group.GetProperty("tests").EnumerateArray()))
        {
            var (key, nonce, tag) = (Octets(test, "key"), Octets(test, "iv"), Octets(test, "tag"));
            if (nonce.Length != AeadContext.NonceOctets || tag.Length != 16) continue;
            var text = Octets(test, "ct");
            var cipher = (file.StartsWith("chacha", StringComparison.Ordinal), key.Length) switch
            {
                (true, _) => AeadCipher.ChaCha20Poly1305,
                (_, 16) => AeadCipher.Aes128Gcm,
                (_, 24) => AeadCipher.Aes192Gcm,
                _ => AeadCipher.Aes256Gcm,
            };
            using var context = new AeadContext(cipher, key, isSealing: false);
            var isValid = test.GetProperty("result").GetString() == "valid";
            Assert.True(isValid == context.TryOpen(nonce, Octets(test, "aad"), text, tag), $"case {test.GetProperty("tcId").GetInt32()}: {test.GetProperty("comment").GetString()}");
            Assert.Equal(isValid ? Convert.ToHexString(Octets(test, "msg")) : new string('0', 2 * text.Length), Convert.ToHexString(text));
            if (isValid) valid++;
            else invalid++;
        }

        Assert.True(valid > 50 && invalid > 20, $"{valid} valid and {invalid} invalid cases");
    }

    private static byte[] Octets(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    private static string? Find(string file)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "EdgeVpn.sln"))) root = root.Parent;
        string?[] folders = [Environment.GetEnvironmentVariable("EDGEVPN_SHARED"), root is null ? null : Path.Combine(root.FullName, "..", "shared")];
        return folders.OfType<string>().Select(folder => Path.Combine(folder, "vectors", "wycheproof", file)).FirstOrDefault(File.Exists);
    }
}
