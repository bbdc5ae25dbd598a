using Xunit;

namespace EdgeVpn.Architecture.Tests;

public sealed class ArrowTests
{
    /// <summary>Who may know whom; packages by their assembly names. The BCL is everybody's.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["EdgeVpn.Ipsec"] = ["BouncyCastle.Cryptography"],
        ["EdgeVpn.Linux"] = [],
        ["EdgeVpn.Board"] = ["System.Device.Gpio"],
        ["EdgeVpn.Model"] = [],
        ["EdgeVpn.Rehearsal"] = ["EdgeVpn.Model", "EdgeVpn.Ipsec"],
        ["edgevpn"] =
        [
            "EdgeVpn.Model", "EdgeVpn.Ipsec", "EdgeVpn.Linux", "EdgeVpn.Board", "EdgeVpn.Rehearsal", "MQTTnet", "Spectre.Console",
            "Spectre.Console.Ansi", "System.CommandLine",
        ],
        ["edgevpn-setup"] = ["EdgeVpn.Linux"],
        ["edgefleet"] =
        [
            "EdgeVpn.Model", "EdgeVpn.Ipsec", "EdgeVpn.Rehearsal", "BouncyCastle.Cryptography", "Microsoft.Data.Sqlite", "SQLitePCLRaw.core", "SQLitePCLRaw.provider.sqlite3", "MQTTnet", "MQTTnet.Server", "QRCoder", "Spectre.Console", "Spectre.Console.Ansi",
            "System.CommandLine",
        ],
    };

    public static TheoryData<string> Projects => [.. Arrows.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_knows_only_what_its_arrows_allow(string project)
    {
        using var assembly = new Assemblies(project);
        var strangers = assembly.References.Where(name => !IsBcl(name) && !Arrows[project].Contains(name) && !(project is "edgevpn-setup" or "edgefleet" && IsWebServer(name)));
        Assert.Empty(strangers);
    }

    [Theory]
    [InlineData("EdgeVpn.Ipsec")]
    [InlineData("EdgeVpn.Model")]
    [InlineData("EdgeVpn.Rehearsal")]
    public void The_core_touches_no_socket_file_thread_clock_or_random_source(string project)
    {
        using var assembly = new Assemblies(project);
        string[] types =
        [
            "System.Net.Sockets.Socket", "System.IO.File", "System.IO.FileStream", "System.Threading.Thread", "System.Threading.Tasks.Task",
            "System.Threading.Timer", "System.Diagnostics.Stopwatch", "System.Diagnostics.Process", "System.Random", "System.TimeProvider",
            "System.Security.Cryptography.RandomNumberGenerator", "System.Net.Dns",
        ];
        string[] members =
        [
            "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
            "System.Environment.get_TickCount", "System.Environment.get_TickCount64", "System.Guid.NewGuid", "System.Environment.GetEnvironmentVariable",
        ];
        Assert.Empty(assembly.Types.Intersect(types));
        Assert.Empty(assembly.Members.Intersect(members));
        Assert.Empty(assembly.NativeImports);
    }

    [Fact]
    public void Only_Linux_calls_into_C()
    {
        foreach (var project in Arrows.Keys.Where(static name => name != "EdgeVpn.Linux"))
        {
            using var assembly = new Assemblies(project);
            Assert.Empty(assembly.NativeImports);
        }

        using var linux = new Assemblies("EdgeVpn.Linux");
        Assert.NotEmpty(linux.NativeImports);
    }

    /// <summary>The shared framework of the set-up page and of the console.</summary>
    private static bool IsWebServer(string name) => name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal);

    private static bool IsBcl(string name) => name.StartsWith("System.", StringComparison.Ordinal) && name is not ("System.Device.Gpio" or "System.CommandLine")
        || name is "System" or "netstandard" or "mscorlib" or "Microsoft.Win32.Primitives" or "Microsoft.CSharp";
}
