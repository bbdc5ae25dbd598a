using System.Collections;

namespace EdgeVpn.Appliance.Local.SetupPage;

/// <summary>Where the set-up page's server lies on this machine.</summary>
internal static class SetupProgram
{
    public const string Name = "edgevpn-setup";

    /// <summary>Beside the daemon, or where a package keeps what nobody starts by hand.</summary>
    /// <exception cref="IOException">It is in neither place.</exception>
    public static string Find()
    {
        string[] places = [Path.Combine(AppContext.BaseDirectory, Name), Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "lib", "edgevpn", Name))];
        return places.FirstOrDefault(File.Exists) ?? throw new FileNotFoundException($"{Name} is not there: neither {string.Join(" nor ", places)}");
    }

    /// <summary>Nothing of ours but where .NET is, for a build that is no native one.</summary>
    public static IReadOnlyList<string> Environment() =>
    [
        .. System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(static entry => ((string)entry.Key).StartsWith("DOTNET_", StringComparison.Ordinal)).Select(static entry => $"{entry.Key}={entry.Value}"),
    ];
}
