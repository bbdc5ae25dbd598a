using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using EdgeVpn.Appliance.Local.Rendering;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary>What this executable is.</summary>
/// <param name="Version">As released.</param>
/// <param name="Commit">Where it was built from; null if that was not recorded.</param>
/// <param name="Runtime">The .NET it holds.</param>
/// <param name="Architecture">The processor's: <c>x64</c>, <c>arm64</c>.</param>
public sealed record VersionAnswer(string Version, string? Commit, string Runtime, string Architecture)
{
    public static VersionAnswer Current { get; } = Read();

    private static VersionAnswer Read()
    {
        var informational = typeof(VersionAnswer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        var parts = informational.Split('+', 2); // version+commit
        return new(parts[0], parts.Length > 1 ? parts[1] : null, RuntimeInformation.FrameworkDescription, RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant());
    }
}

/// <summary><c>edgevpn version</c>.</summary>
internal static class VersionCommand
{
    public static Command Make(CommandContext context)
    {
        var command = new EdgeCommand("version", "Show which version this is.", "edgevpn version --json") { context.Json };
        command.SetAction(parsed =>
        {
            var version = VersionAnswer.Current;
            if (context.IsJson(parsed))
            {
                context.Write(version, LocalJson.Pages.VersionAnswer);
                return ExitCode.Done;
            }

            var page = context.Terminal.NewPage();
            page.Line(Ink.Strong($"edgevpn {version.Version}"), version.Commit is { } commit ? $" ({commit})" : "", $", {version.Runtime}, {version.Architecture}");
            context.Terminal.Write(page);
            return ExitCode.Done;
        });
        return command;
    }
}
