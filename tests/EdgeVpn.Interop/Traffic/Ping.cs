using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using EdgeVpn.Interop.Net;

namespace EdgeVpn.Interop.Traffic;

/// <summary>What a run of ping counted.</summary>
public sealed record PingResult(int Sent, int Received, int Duplicates);

public static partial class Ping
{
    /// <summary>Sixteen octets that every probe carries again and again, so that a capture can be searched for them.</summary>
    public const string Mark = "EDGEVPN-IN-CLEAR";

    /// <summary>Sends <paramref name="count"/> echo requests; losses are counted, not thrown.</summary>
    public static async Task<PingResult> RunAsync(Lab lab, Node from, string to, int count = 5, TimeSpan? interval = null, int size = 56)
    {
        var seconds = (interval ?? TimeSpan.FromMilliseconds(20)).TotalSeconds;
        ImmutableArray<string> command =
        [
            "ping", "-n", "-q", "-c", $"{count}", "-i", seconds.ToString("0.###", CultureInfo.InvariantCulture), "-W", "1", "-s", $"{size}",
            "-p", Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(Mark)), to,
        ];
        var result = await lab.TryRunAsync(from, command, within: TimeSpan.FromSeconds(10 + count * seconds));
        var counts = Counts().Match(result.Output);
        if (!counts.Success) return new PingResult(count, 0, 0);
        return new PingResult(Number(counts.Groups[1]), Number(counts.Groups[2]), counts.Groups[3].Success ? Number(counts.Groups[3]) : 0);
    }

    /// <summary>Whether one echo comes back within a second.</summary>
    public static async Task<bool> AnswersAsync(Lab lab, Node from, string to) => (await RunAsync(lab, from, to, count: 1)).Received == 1;

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(\d+) packets transmitted, (\d+) received(?:, \+(\d+) duplicates)?")]
    private static partial Regex Counts();
}
