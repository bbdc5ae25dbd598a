using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Fleet.Wanted;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet secret</c>: the secrets of boxes and groups, sealed in the folder.</summary>
internal static class SecretCommand
{
    private const int GeneratedLength = 32; // 190 bits in letters and digits
    private static readonly JsonSerializerOptions s_forEyes = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make(FleetConsole console) =>
        new DetailedCommand("secret", "Keeps the secrets of boxes and groups in the folder, sealed: fit for git.",
            """
            A secret lies in secrets/boxes/DEVICE/ or secrets/groups/GROUP/, sealed to the key in keys/secrets.pem, and is laid into the
            configurations that name it when they are planned or sent. Keep keys/secrets.pem as safe as keys/fleet.pem: without it no
            configuration with secrets can be sent.

            Example: edgefleet secret set hub --box branch-042 --folder lyon < psk.txt
            """)
        { Set(console), Show(console), List(console), Remove(console), Seal(console) };

    private static DetailedCommand Set(FleetConsole console)
    {
        var file = new Argument<string>("FILE") { Description = "Where the secret stands; - reads standard input. It is never an argument: those are seen by everybody on the machine.", DefaultValueFactory = static _ => "-" };
        var kind = new Option<string>("--kind") { Description = "psk, password or private-key.", HelpName = "KIND", DefaultValueFactory = static _ => "psk" };
        kind.AcceptOnlyFromAmong("psk", "password", "private-key");
        var generate = new Option<bool>("--generate") { Description = $"Make a pre-shared key of {GeneratedLength} random letters and digits; `secret show` prints it for the other end." };
        var place = new Place();
        var command = new DetailedCommand("set", "Seals a secret and puts it in its place; one that stood there is replaced.",
            """
            The end of the last line is not part of a secret, but of a private key.
            Exit code: 0 set, 2 wrong usage.

            Example: edgefleet secret set hub --box branch-042 --generate --folder lyon
            """);
        place.AddTo(command);
        command.Arguments.Add(file);
        command.Options.Add(kind);
        command.Options.Add(generate);
        command.SetAction(parsed =>
        {
            var (vault, owner, name) = place.Read(parsed);
            var isKey = parsed.GetValue(kind) == "private-key";
            var secret = parsed.GetValue(generate) ? RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", GeneratedLength) : Read(console, parsed.GetValue(file)!);
            if (!isKey) secret = secret.TrimEnd('\r', '\n');
            if (secret.Length == 0) throw new UsageException("the secret is empty.");
            vault.Set(owner, name, isKey ? "privateKey" : parsed.GetValue(kind)!, secret);
            console.Line($"secrets/{owner}/{name}.jwe is sealed.", Tone.Good);
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Show(FleetConsole console)
    {
        var place = new Place();
        var command = new DetailedCommand("show", "Prints one secret in clear.",
            """
            Exit code: 0 printed, 1 it does not open, 2 there is none.

            Example: edgefleet secret show hub --box branch-042 --folder lyon
            """);
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            var (vault, owner, name) = place.Read(parsed);
            if (!vault.NamesOf(owner).Contains(name)) throw new UsageException($"there is no secrets/{owner}/{name}.jwe.");
            if (vault.Open(owner, name, out _, out var problem) is not { } secret)
            {
                console.Fail($"secrets/{owner}/{name}.jwe {problem}");
                return ExitCode.Failed;
            }

            console.Line(secret.TrimEnd('\n'));
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand List(FleetConsole console)
    {
        var folder = new FleetOption();
        var command = new DetailedCommand("list", "Lists whose secrets are there, by name.",
            """
            Exit code: 0 listed.

            Example: edgefleet secret list --folder lyon
            """);
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            var vault = new SecretVault(folder.Read(parsed));
            foreach (var owner in vault.Owners())
                foreach (var name in vault.NamesOf(owner)) console.Line($"{owner}/{name}");
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Remove(FleetConsole console)
    {
        var place = new Place();
        var command = new DetailedCommand("remove", "Takes a secret out of the folder; git's history keeps it, sealed.",
            """
            Exit code: 0 removed, 2 there is none.

            Example: edgefleet secret remove hub --box branch-042 --folder lyon
            """);
        place.AddTo(command);
        command.SetAction(parsed =>
        {
            var (vault, owner, name) = place.Read(parsed);
            if (!vault.Remove(owner, name)) throw new UsageException($"there is no secrets/{owner}/{name}.jwe.");
            console.Line($"secrets/{owner}/{name}.jwe is gone.");
            return ExitCode.Done;
        });
        return command;
    }

    private static DetailedCommand Seal(FleetConsole console)
    {
        var folder = new FleetOption();
        var command = new DetailedCommand("seal", "Moves every secret that stands in configs/ in clear to secrets/.",
            """
            Writes those files anew, indented. What git's history knows in clear it knows: change such secrets.
            Exit code: 0 done, 2 a file cannot be read.

            Example: edgefleet secret seal --folder lyon
            """);
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            var fleet = folder.Read(parsed);
            var vault = new SecretVault(fleet);
            var count = 0;
            foreach (var path in Directory.EnumerateFiles(Path.Combine(fleet.Path, "configs"), "*.json").Order(StringComparer.Ordinal))
            {
                var device = Path.GetFileNameWithoutExtension(path);
                if (!TwinName.IsValid(device) || Parse(path) is not { } configuration) continue;
                var found = SecretVault.InClear(configuration).ToArray();
                if (found.Length == 0) continue;
                foreach (var (name, kind, secret) in found)
                {
                    if (!TwinName.IsValid(name)) throw new UsageException($"{path}: a secret called '{name}' cannot be a file; letters, digits, '-', '_' and '.'.");
                    // First the sealed one: an interruption leaves two, which `plan` refuses, and never none.
                    vault.Set(SecretOwner.Box(device), name, kind, secret);
                    ((JsonObject)configuration["secrets"]!).Remove(name);
                    count++;
                }

                if (configuration["secrets"] is JsonObject { Count: 0 }) configuration.Remove("secrets");
                Files.Write(path, configuration.ToJsonString(s_forEyes) + "\n");
                console.Line($"configs/{device}.json: {found.Length} sealed", Tone.Good);
            }

            console.Line($"{count} secret(s) sealed.");
            return ExitCode.Done;
        });
        return command;
    }

    private static JsonObject? Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path), documentOptions: new JsonDocumentOptions { MaxDepth = TwinLimits.MaxDepth, AllowDuplicateProperties = false }) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: {e.Message}");
        }
    }

    private static string Read(FleetConsole console, string file)
    {
        try
        {
            if (file != "-") return File.ReadAllText(file);
            if (Console.IsInputRedirected || !console.IsTerminal) return Console.In.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }

        console.Out.Write("Secret (not shown): ");
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace) typed.Append(key.KeyChar);
            else if (typed.Length > 0) typed.Length--;
        }

        console.Out.WriteLine();
        return typed.ToString();
    }

    /// <summary>Which secret: its name, and whose it is.</summary>
    private sealed class Place
    {
        private readonly Argument<string> _name = new("NAME") { Description = "As configurations name it." };
        private readonly Option<string?> _box = new("--box") { Description = "The box that has it.", HelpName = "DEVICE" };
        private readonly Option<string?> _group = new("--group") { Description = "The group whose boxes have it.", HelpName = "GROUP" };
        private readonly FleetOption _folder = new();

        public void AddTo(Command command)
        {
            command.Arguments.Add(_name);
            command.Options.Add(_box);
            command.Options.Add(_group);
            _folder.AddTo(command);
        }

        /// <exception cref="UsageException">A name that is none, or not exactly one owner.</exception>
        public (SecretVault Vault, SecretOwner Owner, string Name) Read(ParseResult parsed)
        {
            var name = parsed.GetValue(_name)!;
            if (!TwinName.IsValid(name)) throw new UsageException($"'{name}' cannot name a secret: letters, digits, '-', '_' and '.', at most {TwinLimits.MaxNameLength}.");
            var vault = new SecretVault(_folder.Read(parsed));
            return (parsed.GetValue(_box), parsed.GetValue(_group)) switch
            {
                ({ } box, null) => (vault, SecretOwner.Box(BrokerOptionSet.Name("device", box)!), name),
                (null, { } group) => (vault, SecretOwner.Group(BrokerOptionSet.Name("group", group)!), name),
                _ => throw new UsageException("say --box DEVICE or --group GROUP."),
            };
        }
    }
}
