using System.Globalization;

namespace EdgeVpn.Benchmarks;

/// <summary>What the command line of scripts/bench asks for.</summary>
internal sealed record BenchOptions
{
    // scripts/bench prints this text too, before anything is built.
    public const string Usage = """
        bench: how fast the tunnel is, beside no tunnel, strongSwan and wireguard-go, on this machine.

          sudo scripts/bench [--quick] [--json FILE] [--svg FILE] [--rounds N] [--seconds S]
                             [--wireguard-go PATH] [--only NAME[,NAME...]] [--handshakes N] [--many N] [--queues] [--rekeys] [--no-build]

          --quick              under five minutes: fewer rounds and scenarios, the same ratios
          --json FILE          everything measured; ratios.{none,strongswan,wireguard}.{wall,cpu} stand at its top
          --svg FILE           a chart of the medians
          --rounds N           rounds; every contender runs once in each (7; quick: 3)
          --seconds S          of each load (5; quick: 2)
          --wireguard-go PATH  one more contender: this executable
          --only NAMES         of none, edgevpn-aot, edgevpn-jit, edgevpn-esp, strongswan, wireguard, wireguard-given
          --handshakes N       instead: what N IKE SAs with a child cost the end that answers, ours and strongSwan's, by
                               group; and what 1,000 of them take in memory
          --many N             instead: what a gateway with N connections loses beside one with a single connection
                               (1,000 is the goal's number); threads and memory before and after;
                               of the native build, or with --only edgevpn-jit of the other
          --queues             instead: what a second queue costs the first, per packet and in processor time
          --rekeys             instead: what a stream at 80 % of what the tunnel carries loses over 20 child and 3 IKE rekeys,
                               between two of ours and with strongSwan (--rounds times each way)
          --no-build           measure what is built already

        Every contender has two network namespaces of its own, joined by one veth, and stays up all the time; rounds
        alternate between them, and ratios are taken within a round. Every tunnel goes in UDP; edgevpn-esp is ours as
        IP protocol 50. The load is iperf3 (TCP) and numbered datagrams (UDP) between the ends' LAN
        addresses. Nothing is left behind, also after Ctrl-C. Run it on a machine that does nothing else.

        Example:
          sudo scripts/bench --quick --json artifacts/bench.json --svg artifacts/bench.svg
        """;

    private const int MostConnections = 16_000; // networks of 256 addresses in a /10

    public bool Help { get; init; }

    public bool Quick { get; init; }

    public string? Json { get; init; }

    public string? Svg { get; init; }

    public int? AskedRounds { get; init; }

    public int? AskedSeconds { get; init; }

    public string? WireGuardGo { get; init; }

    /// <summary>Names of contenders; empty: all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Handshakes per group and round; zero: the comparison.</summary>
    public int Handshakes { get; init; }

    /// <summary>Connections of the gateway; zero: the comparison.</summary>
    public int Many { get; init; }

    /// <summary>The cost of queues instead of the comparison.</summary>
    public bool Queues { get; init; }

    /// <summary>What is lost over rekeys instead of the comparison.</summary>
    public bool Rekeys { get; init; }

    public int Rounds => AskedRounds ?? (Quick ? 3 : 7);

    public int Seconds => AskedSeconds ?? (Quick ? 2 : 5);

    /// <returns>Null if the arguments cannot be understood; <paramref name="problem"/> says why.</returns>
    public static BenchOptions? TryParse(IReadOnlyList<string> arguments, out string problem)
    {
        problem = "";
        var options = new BenchOptions();
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            if (name is "--quick") options = options with { Quick = true };
            else if (name is "--queues") options = options with { Queues = true };
            else if (name is "--rekeys") options = options with { Rekeys = true };
            else if (name is "-h" or "--help") options = options with { Help = true };
            else if (i + 1 == arguments.Count) problem = $"'{name}' is not known, or needs a value";
            else if (!TryTake(ref options, name, arguments[++i])) problem = $"'{name} {arguments[i]}' is not understood";
            if (problem.Length > 0) return null;
        }

        return options;
    }

    private static bool TryTake(ref BenchOptions options, string name, string value)
    {
        var isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
        BenchOptions? taken = name switch
        {
            "--json" => options with { Json = value },
            "--svg" => options with { Svg = value },
            "--wireguard-go" => options with { WireGuardGo = value },
            "--only" => options with { Only = value.Split(',', StringSplitOptions.RemoveEmptyEntries) },
            "--rounds" when isNumber => options with { AskedRounds = number },
            "--seconds" when isNumber => options with { AskedSeconds = number },
            "--handshakes" when isNumber => options with { Handshakes = number },
            "--many" when isNumber && number <= MostConnections => options with { Many = number },
            _ => null,
        };
        options = taken ?? options;
        return taken is not null;
    }
}
