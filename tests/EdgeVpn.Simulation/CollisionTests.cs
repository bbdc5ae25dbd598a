using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Every pair of acts at once, in both orders, with every single datagram lost; EDGEVPN_DEPTH=2 loses every two.</summary>
public sealed class CollisionTests
{
    private static readonly int Depth = int.Parse(Environment.GetEnvironmentVariable("EDGEVPN_DEPTH") ?? "1");

    /// <summary>Seconds between the two acts: at once, while the first request is on its way, while its answer is, and after.</summary>
    private static readonly double[] Gaps = [0, 0.004, 0.03, 0.08];

    public enum Act
    {
        ChildRekey,
        IkeRekey,
        Exhaust,
        Close,
        Liveness,
    }

    public static TheoryData<Act, Act> Pairs()
    {
        var pairs = new TheoryData<Act, Act>();
        foreach (var first in Enum.GetValues<Act>())
        {
            foreach (var second in Enum.GetValues<Act>()) pairs.Add(first, second);
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Two_acts_at_once_leave_both_ends_agreeing_whatever_datagram_is_lost(Act first, Act second) =>
        Parallel.ForEach(
            from firstIsInitiator in new[] { true, false }
            from secondIsInitiator in new[] { true, false }
            from gap in Gaps
            from seed in new ulong[] { 1, 2 }
            select (firstIsInitiator, secondIsInitiator, gap, seed),
            scenario =>
            {
                var sent = Play(new Scenario(first, scenario.firstIsInitiator, second, scenario.secondIsInitiator, scenario.gap, scenario.seed, []));
                foreach (var lost in Losses(sent, Depth))
                    Play(new Scenario(first, scenario.firstIsInitiator, second, scenario.secondIsInitiator, scenario.gap, scenario.seed, lost));
            });

    /// <summary>Both ends rekey the same SA at once, under other rules than the engine's own.</summary>
    internal static void Collide(ulong seed, bool child, Func<IkeEndpointOptions, IkeEndpointOptions> options)
    {
        var act = child ? Act.ChildRekey : Act.IkeRekey;
        Play(new Scenario(act, true, act, false, 0, seed, []), options);
    }

    private static IEnumerable<int[]> Losses(int sent, int depth)
    {
        for (var a = 0; a < sent; a++)
        {
            yield return [a];
            for (var b = a + 1; depth > 1 && b < sent + 2; b++) yield return [a, b];
        }
    }

    private static IkeEndpointOptions InFragments(IkeEndpointOptions options) => options with { FragmentOctets = 200 };

    /// <returns>How many datagrams went over the wire.</returns>
    private static int Play(Scenario scenario, Func<IkeEndpointOptions, IkeEndpointOptions>? options = null)
    {
        using var pair = Pair.Connected(scenario.Seed, options: options ?? (scenario.Seed == 2 ? InFragments : null));
        var traffic = Traffic.On(pair);
        pair.Run(TimeSpan.FromSeconds(3));
        var sent = 0;
        pair.ToInitiator.Drops = pair.ToResponder.Drops = _ => scenario.Lost.Contains(sent++);
        var begun = pair.Now;
        Do(pair, scenario.First, scenario.FirstIsInitiator, traffic);
        if (scenario.Gap > 0) pair.Run(TimeSpan.FromSeconds(scenario.Gap));
        Do(pair, scenario.Second, scenario.SecondIsInitiator, traffic);
        pair.Drive();
        var count = sent;
        pair.Run(TimeSpan.FromMinutes(3)); // what never learned of its end is found dead (45 s), retries have come
        pair.ToInitiator.Drops = pair.ToResponder.Drops = null;
        pair.Drive();
        try
        {
            pair.AssertSameSas();
            if (!scenario.Closes) pair.AssertOneIkeSa();
            if (!scenario.Closes && !scenario.Exhausts) pair.AssertAgreement();
            pair.AssertNoOrphans();
            Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{scenario} from {begun}", e);
        }

        return count;
    }

    private static void Do(Pair pair, Act act, bool byInitiator, Traffic traffic)
    {
        var side = byInitiator ? pair.Initiator : pair.Responder;
        switch (act)
        {
            case Act.ChildRekey:
                side.RekeyChildren(pair.Now);
                break;
            case Act.IkeRekey:
                side.RekeyIke(pair.Now);
                break;
            case Act.Exhaust:
                traffic.Stop();
                side.ExhaustChildren(pair.Now);
                break;
            case Act.Close:
                traffic.Stop();
                side.Close(pair.Now);
                break;
            case Act.Liveness:
                side.CheckLiveness(pair.Now);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(act));
        }
    }

    private sealed record Scenario(Act First, bool FirstIsInitiator, Act Second, bool SecondIsInitiator, double Gap, ulong Seed, int[] Lost)
    {
        public bool Closes => First == Act.Close || Second == Act.Close;

        public bool Exhausts => First == Act.Exhaust || Second == Act.Exhaust;

        public override string ToString() =>
            $"{First} by {Name(FirstIsInitiator)}, {Gap} s later {Second} by {Name(SecondIsInitiator)}, seed {Seed}, lost [{string.Join(", ", Lost)}]";

        private static string Name(bool initiator) => initiator ? "initiator" : "responder";
    }
}
