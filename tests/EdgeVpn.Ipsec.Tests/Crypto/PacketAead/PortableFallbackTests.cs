using System.Diagnostics;
using EdgeVpn.Ipsec.Crypto;
using EdgeVpn.Ipsec.Esp;
using EdgeVpn.Ipsec.Tests.Esp;
using EdgeVpn.Ipsec.Wire.Registry;
using Xunit;

namespace EdgeVpn.Ipsec.Tests.Crypto.PacketAead;

/// <summary>The same packets on a processor that lacks what this one has: the test starts itself again with instruction sets switched off.</summary>
public sealed class PortableFallbackTests
{
    private const string Marker = "EDGEVPN_WITHOUT_INSTRUCTIONS";
    private static readonly EspSuite Gcm = new(EncryptionAlgorithm.AesGcm16, 256, IntegrityAlgorithm.None);

    [Theory]
    [InlineData("DOTNET_EnableAES", false)] // no AES: the library
    [InlineData("DOTNET_EnableAVX", true)] // no VEX encodings, 16 registers
    [InlineData("DOTNET_EnableHWIntrinsic", false)] // nothing beyond the baseline
    public void Packets_come_through_with_an_instruction_set_switched_off(string variable, bool stillOurs)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Marker) is not null, "this is the second process");
        Assert.SkipUnless(X86Aes.IsSupported, "the switches are those of x86");
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            ArgumentList = { "-noLogo", "-noColor", "-method", $"{typeof(PortableFallbackTests).FullName}.{nameof(In_the_second_process)}" },
            Environment = { [Marker] = stillOurs ? X86Aes.Name : "bcl", [variable] = "0" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 && output.Contains("Total: 1,", StringComparison.Ordinal), output);
        Assert.DoesNotContain("Skipped: 1", output, StringComparison.Ordinal);
    }

    [Fact]
    public void In_the_second_process()
    {
        var expectedProvider = Environment.GetEnvironmentVariable(Marker);
        Assert.SkipWhen(expectedProvider is null, "this is the first process");
        using var sa = TestSa.Of(Gcm);
        Assert.Equal(expectedProvider, sa.Out.Provider);
        for (var octets = 20; octets < 400; octets++)
            Assert.Equal(TestSa.IPv4(octets), sa.Open(sa.Seal(TestSa.IPv4(octets)), out _));
        foreach (var vector in McGrewVectors.All)
        {
            var packet = vector.Packet;
            Assert.True(expectedProvider == "bcl"
                ? BclAead.AesGcm(vector.KeyAndSalt, 16, vector.IsExtended).TryOpen(packet, vector.Sequence)
                : new IntrinsicAesGcm<X86Aes>(vector.KeyAndSalt, 16, vector.IsExtended).TryOpen(packet, vector.Sequence));
        }
    }
}
