using System.Text.RegularExpressions;
using System.Runtime.Versioning;
using Xunit;

namespace EdgeVpn.Architecture.Tests;

public sealed partial class RepositoryTests
{
    private static readonly string[] TopLevel =
    [
        "src", "tests", "board", "scripts", "EdgeVpn.sln", "README.md", "CHANGELOG.md", "SECURITY.md", "Directory.Build.props",
        "Directory.Packages.props", "global.json", "artifacts",
    ];

    private static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "EdgeVpn.sln"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }

    [Fact]
    public void The_top_level_holds_only_what_belongs_there()
    {
        var found = Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName).Where(static name => !name!.StartsWith('.'));
        Assert.Empty(found.Except(TopLevel));
    }

    /// <summary>Only what exists is documented.</summary>
    [Theory]
    [InlineData("README.md")]
    [InlineData("src/DECISIONS.md")]
    [InlineData("board/README.md")]
    [InlineData("board/guides/README.md")]
    [InlineData("board/guides/azure-portal.md")]
    public void Every_file_that_a_document_names_exists(string document)
    {
        var path = Path.Combine(Root, document);
        var named = NamedFile().Matches(File.ReadAllText(path)).Select(static match => match.Groups[1].Value).Distinct();
        var missing = named.Where(name => !File.Exists(Path.Combine(Root, name)) && !Directory.Exists(Path.Combine(Root, name))
            && !File.Exists(Path.Combine(Path.GetDirectoryName(path)!, name)) && !Directory.Exists(Path.Combine(Path.GetDirectoryName(path)!, name)));
        Assert.Empty(missing);
    }

    /// <summary>An answer to an attack is a place and a test that exist.</summary>
    [Fact]
    public void Every_test_and_file_that_ATTACKS_names_exists()
    {
        var folder = Path.Combine(Root, "src", "EdgeVpn.Ipsec");
        var document = File.ReadAllText(Path.Combine(folder, "ATTACKS.md"));
        var named = InBackticks().Matches(document).Select(static match => match.Groups[1].Value).ToHashSet();
        var missingFiles = named.Where(static name => name.EndsWith(".cs", StringComparison.Ordinal))
            .Where(name => !File.Exists(Path.Combine(folder, name)) && !File.Exists(Path.Combine(Root, name)));
        Assert.Empty(missingFiles);

        var sources = Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*Story.cs", SearchOption.AllDirectories)).Select(File.ReadAllText).ToList();
        var tests = named.Where(static name => name.Contains('_', StringComparison.Ordinal) && !name.Contains('.', StringComparison.Ordinal)).ToList();
        Assert.True(tests.Count > 50, $"only {tests.Count} tests are named");
        Assert.DoesNotContain(tests, name => !sources.Exists(source => source.Contains($" {name}(", StringComparison.Ordinal)));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Scripts_can_be_run_and_say_what_they_do()
    {
        foreach (var script in Directory.EnumerateFiles(Path.Combine(Root, "scripts")).Where(static s => Path.GetExtension(s).Length == 0))
        {
            Assert.True((File.GetUnixFileMode(script) & UnixFileMode.UserExecute) != 0, $"{script} is not executable");
            Assert.StartsWith("#!", File.ReadLines(script).First(), StringComparison.Ordinal);
        }
    }

    /// <summary>A path in backticks that begins with one of our folders.</summary>
    [GeneratedRegex("`\\.?/?((?:src|tests|board|scripts)/[A-Za-z0-9_./-]*[A-Za-z0-9_/])`")]
    private static partial Regex NamedFile();

    [GeneratedRegex("`([A-Za-z0-9_./-]+)`")]
    private static partial Regex InBackticks();
}
