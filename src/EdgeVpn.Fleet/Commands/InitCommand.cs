using System.CommandLine;
using System.CommandLine.Parsing;
using EdgeVpn.Fleet.Keys;
using EdgeVpn.Model.Jose;
using EdgeVpn.Model.Twin;

namespace EdgeVpn.Fleet.Commands;

/// <summary><c>edgefleet init</c>: a fleet's keys, authority, and its broker's configuration.</summary>
internal static class InitCommand
{
    public static Command Make(FleetConsole console)
    {
        var name = new Option<string>("--fleet", "-f") { Description = "The fleet's name.", HelpName = "NAME", Required = true };
        var broker = Address("--broker", "Where boxes and operators reach the broker: mqtts://HOST[:8883].", required: true);
        var bootstrap = Address("--bootstrap", "Where boxes ask to be let in. Default: the broker's host, one port further.", required: false);
        var names = new Option<string[]>("--name") { Description = "Another name or address of the broker, for its certificate; may be repeated.", HelpName = "HOST" };
        var folder = new FleetOption();
        var command = new DetailedCommand("init", "Makes a fleet: its keys, its authority, and the configuration of its broker.",
            """
            Writes into the folder: the key that signs documents, the authority that signs certificates, the operator's certificate,
            and for Mosquitto a configuration, access rules, a server certificate and a revocation list, each explained where it stands.
            Keep keys/ safe and apart: who has keys/fleet.pem configures every box. Nothing that exists is written over.
            Exit code: 0 made, 1 cannot be written, 2 wrong usage or there is a fleet already.

            Example: edgefleet init --fleet lyon --broker mqtts://broker.example --folder lyon
            """)
        { name, broker, bootstrap, names };
        folder.AddTo(command);
        command.SetAction(parsed =>
        {
            var fleet = BrokerOptionSet.Name("fleet", parsed.GetValue(name))!;
            var at = parsed.GetValue(broker)!;
            if (!at.Tls && !at.IsLoopback) console.Line($"warning: {at} is without TLS: everybody on the way reads along and may delay; for a laboratory.", Tone.Busy);
            var first = parsed.GetValue(bootstrap) ?? at with { Port = at.Port + 1 };
            try
            {
                var made = FleetFolder.Make(folder.Path(parsed), fleet, at, first, parsed.GetValue(names) ?? [], DateTimeOffset.UtcNow);
                using var key = made.SigningKey();
                console.Line($"fleet {fleet} in {made.Path}", Tone.Good);
                console.Line($"  fleet key    {P256Key.Of(key).Thumbprint}");
                console.Line($"  broker       {made.Broker}, bootstrap {made.Bootstrap}: mosquitto -c {made.Path}/broker/mosquitto.conf");
                console.Line($"  next         edgefleet enrol DEVICE --folder {made.Path}");
                return ExitCode.Done;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                console.Fail(e.Message);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static Option<BrokerAddress?> Address(string name, string description, bool required) => new(name)
    {
        Description = description,
        HelpName = "URL",
        Required = required,
        CustomParser = static result =>
        {
            if (BrokerAddress.TryParse(result.Tokens[0].Value, out var address)) return address;
            result.AddError($"'{result.Tokens[0].Value}' is not a broker; it is mqtts://host[:port] or mqtt://host[:port].");
            return null;
        },
    };
}
