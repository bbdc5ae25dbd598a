using System.Diagnostics;

namespace EdgeVpn.Linux.Tests;

/// <summary>Asks the system's own tools what they see. Runs in the namespace of the calling thread.</summary>
internal static class Tool
{
    public static string Run(string name, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{name} {string.Join(' ', arguments)}: {error.Result}");
    }
}
