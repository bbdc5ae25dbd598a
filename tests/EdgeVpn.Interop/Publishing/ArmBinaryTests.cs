using EdgeVpn.Interop.Net;
using EdgeVpn.Interop.Processes;
using EdgeVpn.Interop.Stories;
using Xunit;

namespace EdgeVpn.Interop.Publishing;

/// <summary>The boards' own binary: NativeAOT for arm64, on an emulated CPU.</summary>
[Trait("story", "publish")]
[Collection(nameof(Alone))]
public sealed class ArmBinaryTests
{
    [Fact]
    public async Task The_arm64_binary_computes_right_with_the_AES_of_the_CPU_and_without()
    {
        Requires.Lab(); // the script installs cross tools and qemu where they are missing
        var published = await RunAsync(TimeSpan.FromMinutes(8), "linux-arm64", "edgevpn");
        Assert.DoesNotContain("warning", published.Output, StringComparison.Ordinal);

        var check = (await RunAsync(TimeSpan.FromMinutes(3), "--check-only", "linux-arm64")).Output;

        Assert.Contains("linux-arm64 version (qemu)", check, StringComparison.Ordinal);
        Assert.Contains("linux-arm64 selftest (qemu, AES)", check, StringComparison.Ordinal);
        Assert.Contains("linux-arm64 selftest (qemu, no AES)", check, StringComparison.Ordinal);
        Assert.Equal(2, check.Split('\n').Count(static line => line.EndsWith("checks passed", StringComparison.Ordinal)));
    }

    private static async Task<ToolResult> RunAsync(TimeSpan within, params string[] arguments) =>
        (await Tool.RunAsync([Path.Combine(LabFolders.Repository, "scripts", "publish"), .. arguments], within: within)).Checked();
}
