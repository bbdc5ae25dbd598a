using System.Text.Json;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto;

/// <summary>Project Wycheproof's vectors. They are not part of the repository: a test that finds none says so and is skipped.</summary>
internal static class Wycheproof
{
    private const string Skipped = "Wycheproof vectors are not here: put them beside the repository as shared/vectors/wycheproof, or name the folder 'shared' in EDGEVPN_SHARED.";

    /// <summary>Every test of a file, with its group.</summary>
    public static IEnumerable<(JsonElement Group, JsonElement Test)> Tests(string file)
    {
        var path = SharedFolders().Select(shared => System.IO.Path.Combine(shared, "vectors", "wycheproof", file)).FirstOrDefault(File.Exists);
        if (path is null)
            Assert.Skip(Skipped);

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement.Clone();
        var declared = root.GetProperty("numberOfTests").GetInt32();
        var tests = root.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray().Select(test => (group, test)))
            .ToList();
        Assert.Equal(declared, tests.Count);
        return tests;
    }

    public static byte[] Octets(this JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    public static bool HasFlag(this JsonElement test, string flag) =>
        test.TryGetProperty("flags", out var flags) && flags.EnumerateArray().Any(f => f.GetString() == flag);

    /// <summary>"file tcId: comment", for the message of a failure.</summary>
    public static string Name(this JsonElement test, string file) =>
        $"{file} {test.GetProperty("tcId").GetInt32()}: {(test.TryGetProperty("comment", out var comment) ? comment.GetString() : "")}";

    private static IEnumerable<string> SharedFolders()
    {
        if (Environment.GetEnvironmentVariable("EDGEVPN_SHARED") is { Length: > 0 } named)
            yield return named;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "EdgeVpn.sln")) && folder.Parent is not null)
                yield return System.IO.Path.Combine(folder.Parent.FullName, "shared");
        }
    }
}
