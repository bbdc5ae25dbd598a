using System.Text.Json;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.PacketAead;

/// <summary>AEAD cases of C2SP/wycheproof, read from the folder of vectors beside the repository.</summary>
internal static class Wycheproof
{
    internal sealed record Case(
        int Id, string Comment, byte[] Key, byte[] Iv, byte[] Associated, byte[] Message, byte[] Cipher, byte[] Tag, bool IsValid);

    /// <summary>The cases of one file. Skips the test where the folder is absent: a user's checkout has none.</summary>
    internal static IReadOnlyList<Case> Read(string file)
    {
        var path = Find(System.IO.Path.Combine("vectors", "wycheproof", file));
        Assert.SkipWhen(path is null, $"no vectors beside this checkout: {file}");
        using var document = JsonDocument.Parse(File.ReadAllBytes(path!));
        return
        [
            .. from testGroup in document.RootElement.GetProperty("testGroups").EnumerateArray()
               from test in testGroup.GetProperty("tests").EnumerateArray()
               select new Case(
                   test.GetProperty("tcId").GetInt32(),
                   test.GetProperty("comment").GetString()!,
                   Octets(test, "key"),
                   Octets(test, "iv"),
                   Octets(test, "aad"),
                   Octets(test, "msg"),
                   Octets(test, "ct"),
                   Octets(test, "tag"),
                   test.GetProperty("result").GetString() == "valid"),
        ];
    }

    private static byte[] Octets(JsonElement test, string name) => Convert.FromHexString(test.GetProperty(name).GetString()!);

    private static string? Find(string relative)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(System.IO.Path.Combine(root.FullName, "EdgeVpn.sln")))
            root = root.Parent;
        string?[] folders = [Environment.GetEnvironmentVariable("EDGEVPN_SHARED"), root is null ? null : System.IO.Path.Combine(root.FullName, "..", "shared")];
        return folders.OfType<string>().Select(folder => System.IO.Path.Combine(folder, relative)).FirstOrDefault(File.Exists);
    }
}
