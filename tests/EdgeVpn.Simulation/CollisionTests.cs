using EdgeVpn.Ipsec.Ike;
using Xunit;

namespace EdgeVpn.Simulation;

/// <summary>Every pair of acts at once, in both orders, with every single datagram lost (EDGEVPN_DEPTH=2: every two), and every triple.</summary>
public sealed class CollisionTests
{
    private static readonly int Depth = int.Parse(Environment.GetEnvironmentVariable("EDGEVPN_DEPTH") ?? "1");

    /// <summary>Seconds between two acts: at once, while the first request is on its way, while its answer is, and after.</summary>
    private static readonly double[] Gaps = [0, 0.004, 0.03, 0.08];

    public enum Act
    {
        ChildRekey,
        IkeRekey,
        Exhaust,
        Close,
        Liveness,

        /// <summary>One more pair for the same traffic.</summary>
        NewChild,

        /// <summary>The end that called makes an IKE SA beside the old one; the other cannot, and asks whether its peer lives.</summary>
        Reauthenticate,

        /// <summary>The initiator's address changes, and the old one is gone at once. There is none for the responder: it asks whether the peer lives.</summary>
        Move,
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
            from seed in new ulong[] { 1, InFragmentsSeed, SlowlySeed, FurtherKeyExchangesSeed }
            where seed != FurtherKeyExchangesSeed || gap is 0 or 0.03
            where (!IsLong(first) && !IsLong(second)) || (seed is 1 or FurtherKeyExchangesSeed && gap is 0 or 0.03)
            select (firstIsInitiator, secondIsInitiator, gap, seed),
            scenario =>
            {
                Step[] steps = [new(first, scenario.firstIsInitiator), new(second, scenario.secondIsInitiator)];
                var sent = Play(new Scenario(steps, scenario.gap, scenario.seed, []));
                foreach (var lost in Losses(sent, Depth)) Play(new Scenario(steps, scenario.gap, scenario.seed, lost));
            });

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Three_acts_at_once_leave_both_ends_agreeing(Act first, Act second) => Parallel.ForEach(
        from third in Enum.GetValues<Act>()
        from sides in Enumerable.Range(0, 8)
        from gap in new[] { 0, 0.03 }
        from seed in new ulong[] { 1, FurtherKeyExchangesSeed }
        where seed == 1 || !(IsLong(first) || IsLong(second) || IsLong(third))
        select new Scenario([new(first, (sides & 1) == 0), new(second, (sides & 2) == 0), new(third, (sides & 4) == 0)], gap, seed, []),
        static scenario => Play(scenario));

    /// <summary>Both ends rekey the same SA at once, under other rules than the engine's own.</summary>
    internal static void Collide(ulong seed, bool child, Func<IkeEndpointOptions, IkeEndpointOptions> options)
    {
        var act = child ? Act.ChildRekey : Act.IkeRekey;
        Play(new Scenario([new(act, true), new(act, false)], 0, seed, []), options);
    }

    /// <summary>One act of the initiator's.</summary>
    /// <param name="planted">What both engines say instead.</param>
    internal static void Alone(Act act, ulong seed, Func<IkeOutput, IkeOutput?>? planted) => Play(new Scenario([new(act, true)], 0, seed, []), planted: planted);

    /// <summary>Acts of many datagrams, or that only differ from others in little: played in fewer variants.</summary>
    private static bool IsLong(Act act) => act is Act.Move or Act.Reauthenticate or Act.NewChild;

    private static IEnumerable<int[]> Losses(int sent, int depth)
    {
        for (var a = 0; a < sent; a++)
        {
            yield return [a];
            for (var b = a + 1; depth > 1 && b < sent + 2; b++) yield return [a, b];
        }
    }

    private const ulong InFragmentsSeed = 2;
    private const ulong SlowlySeed = 3;
    private const ulong FurtherKeyExchangesSeed = 4;

    private static IkeEndpointOptions InFragments(IkeEndpointOptions options) => options with { FragmentOctets = 200 };

    private static Func<IkeConnection, IkeConnection> Mobile(ulong seed) =>
        connection => (seed == FurtherKeyExchangesSeed ? Pair.WithFurtherKeyExchanges(connection) : connection) with { Mobike = true };

    /// <returns>How many datagrams went over the wire.</returns>
    private static int Play(Scenario scenario, Func<IkeEndpointOptions, IkeEndpointOptions>? options = null, Func<IkeOutput, IkeOutput?>? planted = null)
    {
        using var pair = Pair.Connected(
            scenario.Seed,
            scenario.Moves ? Mobile(scenario.Seed) : scenario.Seed switch { SlowlySeed => SlowWorkTests.WithPfs, FurtherKeyExchangesSeed => Pair.WithFurtherKeyExchanges, _ => null },
            options ?? scenario.Seed switch { InFragmentsSeed => InFragments, SlowlySeed => SlowWorkTests.Slowly, _ => null });
        foreach (var side in pair.Sides) side.Planted = planted;
        var traffic = Traffic.On(pair);
        pair.Run(TimeSpan.FromSeconds(3));
        var sent = 0;
        pair.ToInitiator.Drops = pair.ToResponder.Drops = _ => scenario.Lost.Contains(sent++);
        var begun = pair.Now;
        foreach (var step in scenario.Steps)
        {
            Do(pair, step, traffic);
            if (scenario.Gap > 0) pair.Run(TimeSpan.FromSeconds(scenario.Gap));
        }

        pair.Drive();
        var count = sent;
        pair.Run(TimeSpan.FromMinutes(3)); // what never learned of its end is found dead (45 s), retries have come
        pair.ToInitiator.Drops = pair.ToResponder.Drops = null;
        pair.Drive();
        try
        {
            pair.AssertSameSas();
            if (!scenario.Closes) pair.AssertOneIkeSa();
            if (!scenario.Closes && !scenario.Exhausts && !scenario.Adds) pair.AssertAgreement();
            pair.AssertNoOrphans();
            pair.AssertSamePaths();
            Assert.True(traffic.Violations.Count == 0, pair.Explain(string.Join('\n', traffic.Violations.Take(5))));
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{scenario} from {begun}", e);
        }

        return count;
    }

    private static void Do(Pair pair, Step step, Traffic traffic)
    {
        var side = step.ByInitiator ? pair.Initiator : pair.Responder;
        switch (step.Act)
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
            case Act.Move when step.ByInitiator:
                pair.Gone = side.Path.Local.Address;
                side.Move(new IpAddress(side.Path.Local.Address.Value + 1, false), pair.Now);
                break;
            case Act.NewChild:
                if (side.Endpoint.Sas.FirstOrDefault(static sa => sa.IsInForce) is { } sa) sa.Enqueue(new AnotherChild(), pair.Now);
                break;
            case Act.Reauthenticate when step.ByInitiator:
                side.Reauthenticate(pair.Now);
                break;
            case Act.Liveness or Act.Move or Act.Reauthenticate:
                side.CheckLiveness(pair.Now);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(step));
        }
    }

    private readonly record struct Step(Act Act, bool ByInitiator)
    {
        public override string ToString() => $"{Act} by {(ByInitiator ? "initiator" : "responder")}";
    }

    private sealed record Scenario(Step[] Steps, double Gap, ulong Seed, int[] Lost)
    {
        public bool Closes => Steps.Any(static step => step.Act == Act.Close);

        public bool Moves => Steps.Any(static step => step.Act == Act.Move);

        public bool Adds => Steps.Any(static step => step.Act == Act.NewChild);

        public bool Exhausts => Steps.Any(static step => step.Act == Act.Exhaust);

        public override string ToString() => $"{string.Join($", {Gap} s later ", Steps)}, seed {Seed}, lost [{string.Join(", ", Lost)}]";
    }
}
