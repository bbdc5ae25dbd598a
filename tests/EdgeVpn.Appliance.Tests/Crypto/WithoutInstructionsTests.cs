using System.Diagnostics;
using System.Text.Json;
using EdgeVpn.Appliance.Crypto;
using EdgeVpn.Linux.Libcrypto;
using Xunit;

namespace EdgeVpn.Appliance.Tests.Crypto;

/// <summary>The choice on processors without AES instructions, as three of four boards are: the runtime is told to see none.</summary>
public class WithoutInstructionsTests
{
    [Theory]
    [InlineData("DOTNET_EnableAES")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public async Task Libcrypto_carries_AES_GCM_and_no_table_does(string extension)
    {
        if (!CryptoLibrary.IsPresent) Assert.Skip("libcrypto is not installed");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "edgevpn"), ["selftest", "--json"]) { RedirectStandardOutput = true };
        start.Environment[extension] = "0";
        using var process = Process.Start(start)!;
        using var report = JsonDocument.Parse(await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        var checks = report.RootElement.GetProperty("checks").EnumerateArray()
            .Select(check => (Algorithm: check.GetProperty("algorithm").GetString()!, Provider: check.GetProperty("provider").GetString()!)).ToArray();
        foreach (var bits in (int[])[128, 192, 256])
        {
            // Every provider that can do it is tested, in the order in which they are chosen.
            var able = checks.Where(check => check.Algorithm == $"ESP AesGcm16-{bits}").Select(check => check.Provider).Distinct();
            Assert.Equal([LibcryptoEsp.Name, EspSaFactories.Platform], able);
        }
    }
}
