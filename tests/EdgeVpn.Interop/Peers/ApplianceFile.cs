using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;

namespace EdgeVpn.Interop.Peers;

/// <summary>Finds the executable under test.</summary>
public static class ApplianceFile
{
    private static readonly Lazy<Task<string?>> Missing = new(WhyNotAsync);

    /// <summary>EDGEVPN_APPLIANCE, or the newest build of the appliance in this tree: Debug, Release, or the native one that <c>scripts/native</c> makes of that.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Why no daemon can be run from it; null if it can.</summary>
    public static Task<string?> WhyMissingAsync() => Missing.Value;

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("EDGEVPN_APPLIANCE") is { Length: > 0 } named) return named;
        var builds = new DirectoryInfo(System.IO.Path.Combine(LabFolders.Repository, "src", "EdgeVpn.Appliance", "bin"));
        return !builds.Exists ? null : builds.GetDirectories()
            .Select(build => new FileInfo(System.IO.Path.Combine(build.FullName, "net10.0", "edgevpn")))
            .Where(file => file.Exists).MaxBy(WrittenAt)?.FullName;
    }

    // Of the executable or of what it loads, whichever is younger: a change in an assembly leaves the small program that starts it as it was.
    private static DateTime WrittenAt(FileInfo executable) => executable.Directory!.EnumerateFiles("*.dll").Append(executable).Max(static file => file.LastWriteTimeUtc);

    private static async Task<string?> WhyNotAsync()
    {
        if (Path is null) return "the appliance is not built: dotnet build src/EdgeVpn.Appliance";
        var help = await Tool.RunAsync([Path, "run", "--help"]);
        return help.Ok && help.Output.Contains("--control", StringComparison.Ordinal) ? null : $"{Path} has no daemon (run --control)";
    }
}
