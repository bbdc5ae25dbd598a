using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Peers;

namespace EdgeVpn.Benchmarks;

/// <summary>The executables that are measured; scripts/bench makes and fetches them.</summary>
internal sealed record Builds(string Native, string Jit, string WireGuardGo)
{
    public static Builds OfThisTree { get; } = new(
        Path.Combine(LabFolders.Artifacts, "publish", NativeFolder, "edgevpn"),
        Path.Combine(LabFolders.Repository, "src", "EdgeVpn.Appliance", "bin", "Release", "net10.0", "edgevpn"),
        Path.Combine(StrongSwanRelease.Debian13.Root!, "usr", "bin", "wireguard-go"));

    /// <summary>One sentence for each that is missing.</summary>
    public IEnumerable<string> Missing()
    {
        if (!File.Exists(Native)) yield return $"no native build at {Native}; scripts/publish makes it";
        if (!File.Exists(Jit)) yield return $"no build at {Jit}; dotnet build src/EdgeVpn.Appliance -c Release makes it";
        if (!File.Exists(WireGuardGo)) yield return $"no wireguard-go at {WireGuardGo}; scripts/lab-deps fetches it";
        if (!StrongSwanRelease.Debian12.IsThere) yield return "no strongSwan; scripts/lab-deps installs it";
    }

    private static string NativeFolder =>
        System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "linux-arm64" : "linux-x64";
}
