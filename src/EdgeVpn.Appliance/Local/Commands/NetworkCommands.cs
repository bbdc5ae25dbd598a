using System.Collections.Immutable;
using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using EdgeVpn.Appliance.Network.Files;
using EdgeVpn.Linux;
using EdgeVpn.Model.Configuration;
using EdgeVpn.Model.Validation;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn network render|apply</c>: files of the machine's own network daemons, made from a configuration.</summary>
internal static class NetworkCommands
{
    /// <summary>For one of systemd's commands; a helper that hangs would keep the next change waiting.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public static Command Make(CommandContext context) => new EdgeCommand(
        "network", "Files of systemd-networkd, pppd, ModemManager and dnsmasq that a configuration asks for.", "edgevpn network render /etc/edgevpn/config.json")
    {
        Render(context), Apply(context),
    };

    private static EdgeCommand Render(CommandContext context)
    {
        var file = FileOf();
        var command = new EdgeCommand("render", "Show those files, and write none; passwords are hidden.", "edgevpn network render config.json") { file, context.Json };
        command.SetAction(parsed =>
        {
            if (Read(context, parsed, parsed.GetRequiredValue(file)) is not { } configuration) return ExitCode.Usage;
            var files = NetworkFiles.Of(configuration, []);
            if (context.IsJson(parsed)) context.Write(new RenderedNetwork([.. files.Select(static f => new RenderedFile($"/{f.Path}", f.Shown))]), LocalJson.Pages.RenderedNetwork);
            else
            {
                foreach (var one in files) context.Terminal.Out.WriteLine($"==> /{one.Path}\n{one.Shown}");
                if (files.IsEmpty) context.Terminal.Out.WriteLine("nothing: the configuration names no interface");
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static EdgeCommand Apply(CommandContext context)
    {
        var file = FileOf();
        var root = new Option<string>("--root") { HelpName = "DIR", Description = "Write below this folder, and tell no daemon.", DefaultValueFactory = _ => "/" };
        var command = new EdgeCommand("apply", "Write and remove them, and have their daemons read them; what edgevpn-network.service does, as root.", "edgevpn network apply /run/edgevpn/network.json")
        {
            file, root,
        };
        command.SetAction(parsed =>
        {
            var asked = parsed.GetRequiredValue(file);
            if (Read(context, parsed, asked) is not { } configuration) return ExitCode.Usage;
            InstalledNetwork installed;
            try
            {
                installed = new NetworkInstaller(parsed.GetRequiredValue(root)).Install(NetworkFiles.Of(configuration, NetworkHandover.NamesBeside(asked)));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or LinuxException)
            {
                return context.Fail(parsed, new ControlError("storage", fault.Message), ExitCode.Failed);
            }

            foreach (var line in installed.Done) context.Terminal.Out.WriteLine(line);
            var failed = false;
            foreach (var words in parsed.GetRequiredValue(root) == "/" ? installed.Commands : [])
            {
                var fault = Run(words);
                context.Terminal.Out.WriteLine(fault is null ? string.Join(' ', words) : $"{string.Join(' ', words)}: {fault}");
                failed |= fault is not null && words[1] != "delete"; // an interface that is not there need not go
            }

            return failed ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static Argument<string> FileOf() => new("FILE") { Description = "The configuration; - for standard input." };

    private static BoxConfig? Read(CommandContext context, ParseResult parsed, string file)
    {
        if (DocumentFile.Read(context.Terminal, file, out var trouble) is not { } document)
        {
            context.Fail(parsed, trouble!, ExitCode.Failed);
            return null;
        }

        var result = ConfigurationReader.Read(document, DocumentBounds.File);
        if (result.Configuration is null) ConfigCommands.Print(context, ConfigurationCheck.Of(file, result));
        return result.Configuration;
    }

    /// <returns>What went wrong; null: nothing.</returns>
    private static string? Run(ImmutableArray<string> words)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(words[0], words.Skip(1)) { UseShellExecute = false, RedirectStandardError = true });
            if (process is null) return "was not started";
            var said = process.StandardError.ReadToEndAsync();
            if (process.WaitForExit(s_patience)) return process.ExitCode == 0 ? null : said.Result.Trim() is { Length: > 0 } text ? text : $"ended with {process.ExitCode}";
            process.Kill();
            return $"not done within {s_patience.TotalSeconds:0} s";
        }
        catch (Win32Exception fault)
        {
            return fault.Message; // not installed
        }
    }
}

/// <summary>What <c>edgevpn network render --json</c> prints.</summary>
public sealed record RenderedNetwork(ImmutableArray<RenderedFile> Files);

/// <param name="Path">From the root.</param>
/// <param name="Text">Whole, without passwords.</param>
public sealed record RenderedFile(string Path, string Text);
