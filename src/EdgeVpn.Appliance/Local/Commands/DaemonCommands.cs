using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using EdgeVpn.Model.Proposals;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Appliance.Local.Commands;

/// <summary><c>edgevpn run</c> and <c>edgevpn gateway</c>.</summary>
internal static class DaemonCommands
{
    public static Command Run(CommandContext context, ICommandActions actions)
    {
        var common = new CommonOptions(context);
        var identity = new Option<string?>("--identity") { HelpName = "FILE", Description = "Certificate and private key for the broker, PEM. Default: those of the enrolment." };
        var broker = new Option<BrokerAddress?>("--broker") { HelpName = "URL", Description = "Fetch the first document from this broker: mqtts://HOST[:PORT].", CustomParser = Broker };
        var fleet = new Option<string?>("--fleet") { HelpName = "NAME", Description = "The fleet this box belongs to, with --broker." };
        var device = new Option<string?>("--device") { HelpName = "NAME", Description = "This box's name in the fleet, with --broker." };
        var insecure = new Option<bool>("--insecure") { Description = "Allow a broker without TLS (mqtt://) elsewhere than on this machine. Laboratories only." };
        var command = new EdgeCommand(
            "run",
            "Be the box: bring up its connections and keep them up, until stopped.",
            "edgevpn run --config /etc/edgevpn/config.json",
            "edgevpn run --broker mqtts://broker.example --fleet lyon --device branch-042 --identity /etc/edgevpn/box.pem");
        common.AddTo(command);
        foreach (var option in (Option[])[identity, broker, fleet, device, insecure]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            var (named, inFleet, asDevice) = (result.GetResult(broker) is { Implicit: false }, result.GetValue(fleet), result.GetValue(device));
            if (named != (inFleet is not null) || named != (asDevice is not null)) result.AddError("--broker, --fleet and --device belong together.");
            if (!named && result.GetValue(insecure)) result.AddError("--insecure is about --broker.");
            if (inFleet is not null && (!TwinName.IsValid(inFleet) || TwinName.IsReservedFleet(inFleet))) result.AddError($"'{inFleet}' cannot name a fleet: letters, digits, '-', '_' and '.'.");
            if (asDevice is not null && !TwinName.IsValid(asDevice)) result.AddError($"'{asDevice}' cannot name a device: letters, digits, '-', '_' and '.'.");
        });
        command.SetAction((parsed, stop) => actions.RunAsync(
            new RunOptions
            {
                ConfigFile = parsed.GetValue(common.Config),
                StateFolder = parsed.GetValue(context.State)!,
                ControlPath = parsed.GetValue(context.Control)!,
                Board = parsed.GetValue(common.Board),
                ExportKeysFile = parsed.GetValue(common.ExportKeys),
                IdentityFile = parsed.GetValue(identity),
                Bootstrap = parsed.GetValue(broker) is { } at
                    ? new BootstrapOptions(at, new TwinIdentity(parsed.GetValue(fleet)!, parsed.GetValue(device)!), parsed.GetValue(insecure)) : null,
            },
            stop));
        return command;
    }

    public static Command Gateway(CommandContext context, ICommandActions actions)
    {
        var common = new CommonOptions(context);
        var like = new Option<GatewayKind?>("--as") { HelpName = "azure", Description = "Behave like this cloud's gateway." };
        var policy = new Option<AzurePolicy?>("--policy")
        {
            HelpName = "POLICY",
            Description = $"With --as azure: the connection's custom policy, as {AzurePolicy.Recommended}. Default: Azure's default set.",
            CustomParser = AzureArguments.Policy,
        };
        var peer = new Option<IPAddress?>("--peer") { HelpName = "ADDRESS", Description = "Where the branch is: then this gateway calls it, too. Default: it only answers.", CustomParser = Address };
        var psk = new Option<string?>("--psk") { HelpName = "KEY", Description = "The pre-shared key. Others on this machine can see it: prefer --psk-file." };
        var pskFile = new Option<string?>("--psk-file") { HelpName = "FILE", Description = "The file whose first line is the pre-shared key." };
        var localId = new Option<string?>("--local-id") { HelpName = "IDENTITY", Description = "What this gateway shows: name, address, name@domain or @#hex." };
        var remoteId = new Option<string?>("--remote-id") { HelpName = "IDENTITY", Description = "What branches must show. Default: whatever the holder of the key shows." };
        var local = Networks("--local-network", "A network behind this gateway; may be repeated.");
        var remote = Networks("--remote-network", "A network behind the branches; may be repeated.");
        var wan = new Option<IPAddress?>("--wan") { HelpName = "ADDRESS", Description = "The address to answer on. Default: every address.", CustomParser = Address };
        var command = new EdgeCommand(
            "gateway",
            "Be the other side: answer branches, as the cloud's gateway in a lab, or as a hub on premises.",
            "edgevpn gateway --config gateway.json",
            "edgevpn gateway --as azure --policy GCMAES256/SHA384/ECP384/GCMAES256/GCMAES256/ECP384 --config gateway.json",
            "edgevpn gateway --as azure --psk-file key --local-id cloud.lab --remote-id branch.lab --local-network 10.20.0.0/24 --remote-network 10.10.0.0/24 --wan 203.0.113.2");
        common.AddTo(command);
        Option[] quick = [psk, pskFile, localId, remoteId, local, remote, wan, peer];
        foreach (var option in (Option[])[like, policy, .. quick]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(policy) is { Implicit: false } && result.GetValue(like) is null) result.AddError("--policy is about --as azure.");
            var isQuick = quick.Any(option => result.GetResult(option) is { Implicit: false });
            if (!isQuick) return;
            if (result.GetResult(common.Config) is { Implicit: false }) result.AddError("--config and the quick options exclude each other.");
            if ((result.GetValue(psk) is null) == (result.GetValue(pskFile) is null)) result.AddError("A quick gateway takes one of --psk and --psk-file.");
            if (result.GetResult(local) is null or { Implicit: true }) result.AddError("A quick gateway needs --local-network.");
            if (result.GetResult(remote) is null or { Implicit: true }) result.AddError("A quick gateway needs --remote-network.");
        });
        command.SetAction(async (parsed, stop) =>
        {
            var key = parsed.GetValue(psk);
            if (parsed.GetValue(pskFile) is { } file && (key = FirstLine(file, out var trouble)) is null)
                return context.Fail(parsed, new ControlError("key-file", trouble!), ExitCode.Usage);
            return await actions.GatewayAsync(
                new GatewayOptions
                {
                    ConfigFile = parsed.GetValue(common.Config),
                    StateFolder = parsed.GetValue(context.State)!,
                    ControlPath = parsed.GetValue(context.Control)!,
                    Board = parsed.GetValue(common.Board),
                    ExportKeysFile = parsed.GetValue(common.ExportKeys),
                    As = parsed.GetValue(like),
                    Policy = parsed.GetValue(policy),
                    Quick = key is null ? null : new QuickGateway(
                        key, parsed.GetValue(localId), parsed.GetValue(remoteId),
                        [.. parsed.GetValue(local) ?? []], [.. parsed.GetValue(remote) ?? []], parsed.GetValue(wan))
                    {
                        Peer = parsed.GetValue(peer),
                    },
                },
                stop).ConfigureAwait(false);
        });
        return command;
    }

    internal static Option<IPNetwork[]> Networks(string name, string description) =>
        new(name) { HelpName = "NETWORK", Description = description, CustomParser = ParseNetworks };

    private static IPNetwork[]? ParseNetworks(ArgumentResult result)
    {
        var networks = ImmutableArray.CreateBuilder<IPNetwork>();
        foreach (var token in result.Tokens)
        {
            // TryParse cuts bits beyond the prefix off; more likely one of the two is a slip.
            if (IPNetwork.TryParse(token.Value, out var network) && IPAddress.TryParse(token.Value.Split('/')[0], out var start) && start.Equals(network.BaseAddress))
                networks.Add(network);
            else result.AddError($"'{token.Value}' is no network: 10.20.0.0/24, without bits beyond its prefix.");
        }

        return [.. networks];
    }

    internal static IPAddress? Address(ArgumentResult result)
    {
        if (IPAddress.TryParse(result.Tokens[0].Value, out var address)) return address;
        result.AddError($"'{result.Tokens[0].Value}' is no IP address.");
        return null;
    }

    private static BrokerAddress? Broker(ArgumentResult result)
    {
        if (BrokerAddress.TryParse(result.Tokens[0].Value, out var broker)) return broker;
        result.AddError($"'{result.Tokens[0].Value}' is no broker: mqtts://HOST[:PORT], or mqtt://HOST[:PORT] without TLS.");
        return null;
    }

    internal static string? FirstLine(string file, out string? trouble)
    {
        trouble = null;
        try
        {
            if (File.ReadLines(file).FirstOrDefault() is { Length: > 0 } line) return line;
            trouble = $"{file} has no key in its first line.";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            trouble = Model.FileTrouble.Sentence(file, fault, Directory.Exists(file));
        }

        return null;
    }

    private sealed class CommonOptions(CommandContext context)
    {
        public Option<string?> Config { get; } = new("--config", "-c") { HelpName = "FILE", Description = $"The configuration. Default: {DaemonOptions.StandardConfigFile}, if it exists." };

        public Option<string?> Board { get; } = new("--board") { HelpName = "NAME|FILE", Description = "The board with lights and button. Default: found out." };

        public Option<string?> ExportKeys { get; } = new("--export-keys")
        {
            HelpName = "FILE",
            Description = "Append every key to this file, so that a capture can be read. Laboratories only: who has the file reads the traffic.",
        };

        public void AddTo(Command command)
        {
            foreach (var option in (Option[])[Config, context.State, context.Control, Board, ExportKeys]) command.Options.Add(option);
            Board.CompletionSources.Add(_ => EdgeVpn.Board.Definitions.BoardCatalog.Names);
        }
    }
}
