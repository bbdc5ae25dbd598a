using System.Globalization;
using EdgeVpn.Benchmarks.Tunnels;
using EdgeVpn.Interop.Net;
using EdgeVpn.Linux;

namespace EdgeVpn.Benchmarks.Rekeys;

/// <summary>Where the kernels of both ends dropped what nobody took in time.</summary>
/// <param name="Queue">Full TUN queues: the sending daemon came late.</param>
/// <param name="Sockets">Full UDP sockets, those of the stream among them: the receiving daemon, or the stream's receiver, came late.</param>
internal readonly record struct LossPlaces(long Queue, long Sockets)
{
    public static LossPlaces operator -(LossPlaces a, LossPlaces b) => new(a.Queue - b.Queue, a.Sockets - b.Sockets);

    public static LossPlaces Now(Contender pair)
    {
        var sum = default(LossPlaces);
        foreach (var node in (Node[])[Node.Box, Node.Gateway])
        {
            using var netns = NetworkNamespace.Open($"/run/netns/{pair.Lab.Netns(node)}");
            sum = netns.Run(() => new LossPlaces(sum.Queue + Column("/proc/thread-self/net/dev", 12, IsTun), sum.Sockets + Column("/proc/thread-self/net/udp", ^1, static _ => true)));
        }

        return sum;
    }

    private static bool IsTun(string name) => !name.StartsWith("lo", StringComparison.Ordinal) && !name.StartsWith("wan", StringComparison.Ordinal) && !name.StartsWith("lan", StringComparison.Ordinal);

    private static long Column(string file, Index column, Func<string, bool> isCounted) =>
        File.ReadLines(file).Skip(1).Select(static line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 12 && isCounted(fields[0]))
            .Sum(fields => long.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
}
