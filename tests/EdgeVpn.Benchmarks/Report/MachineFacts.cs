using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Linux.Libcrypto;

namespace EdgeVpn.Benchmarks.Report;

/// <summary>What a figure depends on; nothing that tells whose machine it is.</summary>
internal sealed record MachineFacts(
    string Processor, int Cores, string Instructions, string Kernel, string System, string Runtime, string Libcrypto, string Iperf, double LoadBefore, string Commit)
{
    public static async Task<MachineFacts> GatherAsync()
    {
        var iperf = await Tool.RunAsync(["iperf3", "--version"]);
        var commit = await Tool.RunAsync(["git", "-C", Interop.Net.LabFolders.Repository, "describe", "--always", "--dirty"]);
        return new MachineFacts(
            Field("/proc/cpuinfo", "model name", ':') ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Environment.ProcessorCount,
            Instruct(),
            File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            Field("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? "unknown",
            RuntimeInformation.FrameworkDescription,
            CryptoLibrary.IsPresent ? CryptoLibrary.Version : "none",
            iperf.Output.Split('\n')[0],
            double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], global::System.Globalization.CultureInfo.InvariantCulture),
            commit.Ok ? commit.Output.Trim() : "unknown");
    }

    public override string ToString() =>
        $"{Processor}, {Cores} cores, {Instructions}; Linux {Kernel}, {System}; {Runtime}; {Libcrypto}; {Iperf}; load before {LoadBefore:0.00}; {Commit}";

    private static string Instruct() => X86Aes() is { Length: > 0 } words ? words : "no AES instructions";

    private static string X86Aes() => string.Join(' ', new[]
    {
        Aes.IsSupported || global::System.Runtime.Intrinsics.Arm.Aes.IsSupported ? "AES" : "",
        Pclmulqdq.IsSupported ? "PCLMULQDQ" : "",
        Avx2.IsSupported ? "AVX2" : "",
        Avx512F.IsSupported ? "AVX-512" : "",
    }.Where(word => word.Length > 0));

    private static string? Field(string file, string name, char separator) => !File.Exists(file) ? null : File.ReadLines(file)
        .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(separator, 2)[^1].Trim();
}
