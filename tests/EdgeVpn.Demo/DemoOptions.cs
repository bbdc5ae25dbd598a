using System.Diagnostics.CodeAnalysis;

namespace EdgeVpn.Demo;

/// <summary>Who answers in the cloud.</summary>
public enum CloudPeer { Embedded, Azure, StrongSwan }

/// <summary>Which broker stands on the internet.</summary>
public enum BrokerKind { Embedded, Mosquitto }

/// <summary>What <c>scripts/demo</c> was asked for.</summary>
public sealed record DemoOptions
{
    public const string Usage = """
        usage: scripts/demo [options]        as root

        Five network namespaces, a broker, a gateway and the box: configuration over MQTT, an IKEv2 tunnel,
        packets, lights. Takes under two minutes after the build and leaves nothing behind.

          --peer embedded|azure|strongswan
                                         who answers in the cloud: edgevpn gateway (default), the same with
                                         Azure's habits, or strongSwan
          --broker embedded|mosquitto    the broker (default: edgefleet broker)
          --keep                         leave it running at the end, and say what to try next
          --stop                         end what --keep left running
          --plain                        lines instead of the live screen; what you get anyway off a terminal
          --no-build                     (scripts/demo) take the last build as it is
          -h, --help                     this page

        Exit code: 0 every chapter passed, 1 one failed, 2 wrong usage, 130 interrupted.
        """;

    public CloudPeer Peer { get; init; }

    public BrokerKind Broker { get; init; }

    public bool Keep { get; init; }

    public bool Stop { get; init; }

    public bool Plain { get; init; }

    public bool Help { get; init; }

    /// <summary>Reads the command line.</summary>
    /// <param name="problem">What is wrong, in a sentence, where false is returned.</param>
    public static bool TryParse(IReadOnlyList<string> arguments, [NotNullWhen(true)] out DemoOptions? options, [NotNullWhen(false)] out string? problem)
    {
        options = new DemoOptions();
        problem = null;
        for (var at = 0; at < arguments.Count && problem is null; at++)
        {
            var value = at + 1 < arguments.Count ? arguments[at + 1] : "";
            switch (arguments[at])
            {
                case "--peer" when Enum.TryParse<CloudPeer>(value, ignoreCase: true, out var peer) && Enum.IsDefined(peer):
                    options = options with { Peer = peer };
                    at++;
                    break;
                case "--broker" when Enum.TryParse<BrokerKind>(value, ignoreCase: true, out var broker) && Enum.IsDefined(broker):
                    options = options with { Broker = broker };
                    at++;
                    break;
                case "--peer":
                    problem = $"--peer is embedded, azure or strongswan, not '{value}'";
                    break;
                case "--broker":
                    problem = $"--broker is embedded or mosquitto, not '{value}'";
                    break;
                case "--keep":
                    options = options with { Keep = true };
                    break;
                case "--stop":
                    options = options with { Stop = true };
                    break;
                case "--plain":
                    options = options with { Plain = true };
                    break;
                case "-h" or "--help":
                    options = options with { Help = true };
                    break;
                default:
                    problem = $"'{arguments[at]}' is no option";
                    break;
            }
        }

        if (problem is not null) options = null;
        return problem is null;
    }
}
